"""What truly happens to every order of a fleet, drawn once from a seed, so that every policy faces the same.

The orders there are at second 0 are as many and as old as in a fleet that has been running for ever.
"""

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ordertrail.quota.fleets import Fleet, FleetError, Kind, Stay
from ordertrail.quota.laws import Draw, Numbers

NEVER = np.inf
MOST_ORDERS = 5_000_000
_LONGEST = 120 * 86400.0


@dataclass(frozen=True)
class Paths:
    """Orders by time of arrival. Steps of order i stand at first[i] … first[i + 1]: when it changed (`at`),
    to which class (`to`), and the `weight` of the change. `began`: the class it arrived in, `known`: when it
    truly entered that. `stops`: when watching it ends if it is not over before. Seconds; classes as in
    `fleet.classes`."""

    fleet: Fleet
    until: float
    arrives: "array[float]"
    began: "array[int]"
    first: "array[int]"
    at: "array[float]"
    to: "array[int]"
    weight: Numbers
    stops: "array[float]"
    known: "array[float]"

    def __len__(self) -> int:
        return len(self.arrives)


@dataclass(frozen=True)
class Shock:
    """From second `at` on states last `slower` times as long, and `burst` orders arrive at once."""

    at: float
    slower: float = 1.0
    burst: int = 0


CALM = Shock(math.inf)


@dataclass
class _Drawn:
    """One row an order: when it entered each class, and until when it is watched."""

    entered: Numbers
    stops: Numbers
    arrives: Numbers


def draw_paths(fleet: Fleet, until: float, seed: int, shock: Shock = CALM) -> Paths:
    """Raises FleetError for a fleet without orders, or with more than can be held."""
    rng = np.random.default_rng(seed)
    reach = min(_LONGEST, max(_longest_life(kind) for kind in fleet.kinds))
    expected = fleet.per_minute / 60 * (reach + until)
    if expected > MOST_ORDERS:
        raise FleetError(
            f"{expected:,.0f} orders are more than the {MOST_ORDERS:,} that can be played through"
        )
    n = int(rng.poisson(expected))
    arrives = np.sort(np.append(rng.uniform(-reach, until, n), np.full(shock.burst, shock.at)))
    n += shock.burst
    shares = np.array([kind.share for kind in fleet.kinds])
    kinds = rng.choice(len(fleet.kinds), size=n, p=shares / shares.sum())
    drawn = _draw_all(fleet, arrives, kinds, rng, shock)
    paths = _packed(fleet, until, drawn, rng)
    if not len(paths):
        raise FleetError(f"{fleet.name} has no orders in {until / 86400:g} days: let more arrive")
    return paths


def residence(paths: Paths) -> tuple[Numbers, Numbers]:
    """By class: how many orders are in it on average, and how many leave it a second."""
    orders, classes = len(paths), len(paths.fleet.classes)
    starts = np.array(paths.first[:-1]) + np.arange(orders)
    begins = np.insert(np.array(paths.at), np.array(paths.first[:-1]), np.array(paths.arrives))
    codes = np.insert(np.array(paths.to), np.array(paths.first[:-1]), np.array(paths.began))
    ends = np.append(begins[1:], paths.until)
    lasts = np.append(starts[1:], len(begins)) - 1
    ends[lasts] = np.minimum(np.array(paths.stops), paths.until)
    over = np.array([stay.over for stay in paths.fleet.stays()])
    spent = np.where(over[codes], 0.0, np.maximum(ends - begins, 0.0))
    left = np.ones(len(begins))
    left[lasts] = 0.0
    held = np.bincount(codes, weights=spent, minlength=classes) / paths.until
    return held, np.bincount(codes, weights=left, minlength=classes) / paths.until


def _longest_life(kind: Kind) -> float:
    """Seconds after which few orders are left to be watched."""
    left: dict[str, float] = {}
    for state in reversed(kind.order):
        left[state] = _left(kind, state, left)
    return left[kind.first]


def _left(kind: Kind, state: str, after: Mapping[str, float]) -> float:
    stay = kind.stay(state)
    if stay.over:
        return 0.0
    lasts = kind.lasts(state)
    if not math.isfinite(lasts):
        raise FleetError(f"{kind.name}: some orders stay in {state} for ever: say a deadline, or watch_for")
    return lasts + max((after[target] for target in stay.targets), default=0.0)


def _draw_all(fleet: Fleet, arrives: Numbers, kinds: NDArray[np.int64], rng: Draw, shock: Shock) -> _Drawn:
    entered = np.full((len(arrives), len(fleet.classes)), NEVER)
    stops = np.full(len(arrives), NEVER)
    codes = {(kind.name, state): code for code, (kind, state) in enumerate(fleet.classes)}
    for place, kind in enumerate(fleet.kinds):
        mine = np.flatnonzero(kinds == place)
        entered[mine, codes[kind.name, kind.first]] = arrives[mine]
        for state in kind.order:
            stay = kind.stay(state)
            here = mine[np.isfinite(entered[mine, codes[kind.name, state]])]
            if stay.over or not len(here):
                continue
            since = entered[here, codes[kind.name, state]]
            pace = np.where(since < shock.at, 1.0, shock.slower)
            dwell, target = _leave(stay, pace, rng)
            unwatched = dwell > stay.watch_for
            stops[here[unwatched]] = since[unwatched] + stay.watch_for
            for index, name in enumerate(stay.targets):
                gone = (target == index) & ~unwatched & np.isfinite(dwell)
                entered[here[gone], codes[kind.name, name]] = since[gone] + dwell[gone]
    return _Drawn(entered, stops, arrives)


def _leave(stay: Stay, pace: Numbers, rng: Draw) -> tuple[Numbers, NDArray[np.int64]]:
    """How long each stays, `pace` times as long as usual, and where it goes: an index of `stay.targets`."""
    n = len(pace)
    chosen = rng.random(n)
    dwell = np.full(n, NEVER)
    target = np.zeros(n, dtype=np.int64)
    above = 0.0
    for exit in stay.exits:
        mine = (chosen >= above) & (chosen < above + exit.share)
        above += exit.share
        dwell[mine] = exit.dwell.sample(rng, int(mine.sum())) * pace[mine]
        target[mine] = stay.targets.index(exit.to)
    if stay.deadline is not None:
        late = dwell > stay.deadline
        dwell[late] = stay.deadline + stay.grace * rng.random(int(late.sum()))
        target[late] = stay.targets.index(stay.late)
    return dwell, target


def _packed(fleet: Fleet, until: float, drawn: _Drawn, rng: Draw) -> Paths:
    """Only orders that are still to be watched at second 0, with steps that come by the end."""
    over = np.array([kind.stay(state).over for kind, state in fleet.classes])
    ended = np.where(over[None, :] & np.isfinite(drawn.entered), drawn.entered, -NEVER).max(axis=1)
    ends = np.where(np.isfinite(ended), ended, drawn.stops)
    kept = np.flatnonzero(ends > 0)
    rng.shuffle(kept)
    kept = kept[np.argsort(np.maximum(drawn.arrives[kept], 0.0), kind="stable")]
    entered, stops = drawn.entered[kept], drawn.stops[kept]
    order = np.argsort(entered, axis=1)
    times = np.take_along_axis(entered, order, axis=1)
    present = (times <= 0) | (np.arange(times.shape[1]) == 0)
    begins = present.sum(axis=1) - 1
    steps = np.isfinite(times) & (times <= until) & (np.arange(times.shape[1]) > begins[:, None])
    weights = np.array([stay.weight for stay in fleet.stays()])
    left = np.take_along_axis(
        order, np.maximum(np.arange(times.shape[1]) - 1, 0)[None, :].repeat(len(kept), 0), 1
    )
    rows = np.arange(len(kept))
    first = np.concatenate(([0], np.cumsum(steps.sum(axis=1))))
    return Paths(
        fleet=fleet,
        until=until,
        arrives=reals(np.maximum(drawn.arrives[kept], 0.0)),
        began=whole(order[rows, begins]),
        first=whole(first),
        at=reals(times[steps]),
        to=whole(order[steps]),
        weight=weights[left[steps]],
        stops=reals(stops),
        known=reals(times[rows, begins]),
    )


def reals(values: Numbers) -> "array[float]":
    """What a loop reads faster than numpy's arrays."""
    return array("d", values.tobytes())


def whole(values: NDArray[np.int64]) -> "array[int]":
    return array("q", values.astype(np.int64).tobytes())
