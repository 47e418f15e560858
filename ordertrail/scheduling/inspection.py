"""When to look next at an order of a given class and age, for a given price of a request.

One order in one class is the optimum inspection problem of Barlow, Hunter & Proschan (1963): a look costs μ,
a change found late costs its lateness. Here with the classes that follow, since one look shows several
changes at once. u: age at this look, τ: the gap, g_u: density of leaving after a further r, S_u: probability
of staying:

    V_c(u) = min_τ { ∫₀^τ Σ_n g_u,n(r) · [w_c·(τ−r) + A_n(τ−r)] dr  +  S_u(τ) · (μ + V_c(u+τ)) }

A_n(x) is the same sum for class n, at age 0, for the gap x: what a look finds of an order that went on to n
x seconds ago, n's own successors included; A of a final class is μ. Keller's (1974) limit τ = √(2μ/(w·h)) is
what comes out where the hazard h hardly changes, and is the Whittle index of a memoryless order.

Solved backwards in age for several prices at once. No τ above the class's bound is considered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

FINAL = -1
_PASSES = 3
_SMALL = 250_000
_AFTER = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0)


@dataclass(frozen=True)
class Stage:
    """One class. `hazards`: per bin of `edges`, by target: the index of a stage, or FINAL. `deadline`: an age
    at which to consider looking just after; `unit`: how just. Ages end at the last edge."""

    edges: np.ndarray
    hazards: Mapping[int, np.ndarray]
    weight: float
    bound: float
    deadline: float | None = None
    unit: float = 1.0


class Solution(NamedTuple):
    """`gaps`: seconds to the next look, by price and edge of age; `arrival`: A, by price and gap."""

    gaps: np.ndarray
    arrival: np.ndarray


def solve(stages: Sequence[Stage], prices: np.ndarray, gaps: np.ndarray) -> list[Solution]:
    """One solution for each stage. `gaps`: those to choose from, ascending."""
    cells = _Cells(gaps)
    order, cyclic = _successors_first(stages)
    found: dict[int, Solution] = {}
    for _ in range(_PASSES if cyclic else 1):
        for index in order:
            arrivals = {n: found[n].arrival for n in stages[index].hazards if n in found}
            found[index] = _solved(stages[index], arrivals, prices, cells)
    return [found[index] for index in range(len(stages))]


class _Cells:
    """Gaps to choose from are also the cells within which a change may fall. `lag`: from the middle of each
    cell to the look at each gap, as place among the gaps."""

    def __init__(self, gaps: np.ndarray) -> None:
        self.gaps = gaps
        self.nodes = np.concatenate([[0.0], gaps])
        middles = (self.nodes[1:] + self.nodes[:-1]) / 2
        lags = gaps[:, None] - middles[None, :]
        self.seen = lags > 0
        self.index, self.part = _between(self.nodes, np.maximum(lags, 0.0))

    def kernel(self, arrival: np.ndarray) -> np.ndarray:
        """A at every lag: by price, cell, gap."""
        values = arrival[:, self.index] * (1 - self.part) + arrival[:, self.index + 1] * self.part
        return np.swapaxes(np.where(self.seen, values, 0.0), 1, 2)


class _Choices(NamedTuple):
    """What each gap costs but for what comes after: by (price,) age, choice."""

    cost: np.ndarray
    stays: np.ndarray
    gaps: np.ndarray


def _solved(stage: Stage, arrivals: Mapping[int, np.ndarray], prices: np.ndarray, cells: _Cells) -> Solution:
    choices = _plain_choices(stage, arrivals, prices, cells)
    if stage.deadline is not None:
        further = _choices_after_deadline(stage, arrivals, prices, cells)
        choices = _Choices(*(np.concatenate(pair, axis=-1) for pair in zip(choices, further, strict=True)))
    cost = np.where(choices.gaps <= stage.bound * 1.001, choices.cost, np.inf)
    cost[..., 0] = np.where(np.isinf(cost).all(axis=-1), choices.cost[..., 0], cost[..., 0])
    values, chosen = _backwards(stage.edges, choices._replace(cost=cost), prices)
    plain = len(cells.gaps)
    first = choices.cost[:, 0, :plain] + choices.stays[0, :plain] * (
        prices[:, None] + _at(values, stage.edges, choices.gaps[0, :plain])
    )
    arrival = np.concatenate([prices[:, None] + values[:, :1], first], axis=1)
    return Solution(chosen, arrival)


def _plain_choices(
    stage: Stage, arrivals: Mapping[int, np.ndarray], prices: np.ndarray, cells: _Cells
) -> _Choices:
    points = stage.edges[:, None] + cells.nodes[None, :]
    found = _found(stage, points)
    lateness = cells.gaps * np.cumsum(found.total, axis=-1) - np.cumsum(found.total * found.after, axis=-1)
    cost = np.broadcast_to(stage.weight * lateness, (len(prices), *lateness.shape)).copy()
    for target, mass in found.mass.items():
        if target in arrivals:
            _add_product(cost, mass, cells.kernel(arrivals[target]))
        else:
            cost += prices[:, None, None] * np.cumsum(mass, axis=-1)
    gaps = np.broadcast_to(cells.gaps, lateness.shape)
    return _Choices(cost, found.stays, gaps)


def _add_product(cost: np.ndarray, mass: np.ndarray, kernel: np.ndarray) -> None:
    """In portions too small for a linear algebra library to start threads for, which wait for each other."""
    rows = max(1, _SMALL // kernel.shape[-1] ** 2)
    for start in range(0, len(mass), rows):
        portion = slice(start, start + rows)
        cost[:, portion] += np.matmul(mass[portion], kernel)


def _choices_after_deadline(
    stage: Stage, arrivals: Mapping[int, np.ndarray], prices: np.ndarray, cells: _Cells
) -> _Choices:
    """Looking just after the deadline, from every age before it; what falls after it is a cell of its own."""
    assert stage.deadline is not None  # else there is nothing to look after
    offsets = stage.unit * np.array(_AFTER)
    ages = stage.edges[:, None, None]
    before = np.minimum(ages + cells.nodes, stage.deadline)
    before = np.broadcast_to(before, (len(stage.edges), len(offsets), len(cells.nodes)))
    ends = np.broadcast_to(stage.deadline + offsets[None, :, None], (*before.shape[:2], 1))
    points = np.concatenate([before, np.maximum(ends, ages)], axis=-1)
    found = _found(stage, points)
    gaps = stage.deadline + offsets[None, :] - stage.edges[:, None]
    lateness = (found.total * np.maximum(gaps[..., None] - found.after, 0.0)).sum(axis=-1)
    cost = np.broadcast_to(stage.weight * lateness, (len(prices), *lateness.shape)).copy()
    lags = np.maximum(gaps[..., None] - (points[..., 1:] + points[..., :-1]) / 2 + ages, 0.0)
    index, part = _between(cells.nodes, lags)
    for target, mass in found.mass.items():
        if target not in arrivals:
            cost += prices[:, None, None] * mass.sum(axis=-1)
            continue
        for cost_of_one, arrival in zip(cost, arrivals[target], strict=True):
            cost_of_one += (mass * (arrival[index] * (1 - part) + arrival[index + 1] * part)).sum(axis=-1)
    is_ahead = stage.edges[:, None] < stage.deadline
    return _Choices(np.where(is_ahead, cost, np.inf), found.stays[..., -1], np.where(is_ahead, gaps, np.inf))


class _Found(NamedTuple):
    """Per cell between points: probability of leaving within it (in all, and by target), how long after the
    first point on average, and the probability of staying to its end."""

    total: np.ndarray
    mass: dict[int, np.ndarray]
    after: np.ndarray
    stays: np.ndarray


def _found(stage: Stage, points: np.ndarray) -> _Found:
    widths = np.diff(stage.edges)
    summed = {
        target: np.concatenate([[0.0], np.cumsum(hazard * widths)])
        for target, hazard in stage.hazards.items()
    }
    clipped = np.minimum(points, stage.edges[-1])
    index, part = _between(stage.edges, clipped)
    at = {t: along[index] * (1 - part) + along[index + 1] * part for t, along in summed.items()}
    whole: np.ndarray = sum(at.values(), np.zeros(points.shape))
    grown = np.diff(whole, axis=-1)
    begins = np.exp(whole[..., :1] - whole[..., :-1])
    total = begins * -np.expm1(-grown)
    share = total / np.maximum(grown, 1e-300)
    mass = {target: share * np.diff(one, axis=-1) for target, one in at.items()}
    into = np.diff(clipped, axis=-1) * _mean_place(grown)
    after = clipped[..., :-1] - clipped[..., :1] + into
    return _Found(total, mass, after, np.exp(whole[..., :1] - whole[..., 1:]))


def _mean_place(grown: np.ndarray) -> np.ndarray:
    """Where within a cell of cumulative hazard z a change falls on average: 1/z - 1/(e^z - 1)."""
    z = np.clip(grown, 1e-3, 500.0)
    return np.asarray(np.where(grown < 1e-3, 0.5 - grown / 12, 1 / z - 1 / np.expm1(z)))


def _backwards(edges: np.ndarray, choices: _Choices, prices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values and best gaps by price and edge. A gap within one bin leads to a value between this edge's own,
    for which the equation is solved, and the next one's."""
    last = len(edges) - 1
    values = np.zeros((len(prices), last + 1))
    best = np.full(
        (len(prices), last + 1), choices.gaps[-1].max(where=np.isfinite(choices.gaps[-1]), initial=0)
    )
    index, part = _between(edges, edges[:, None] + choices.gaps)
    own = index == np.arange(last + 1)[:, None]
    keeps = 1.0 - np.where(own, choices.stays * (1 - part), 0.0)
    lower, upper = choices.stays * np.where(own, 0.0, 1 - part), choices.stays * part
    cost = (choices.cost + choices.stays * prices[:, None, None]) / keeps
    lower, upper = lower / keeps, upper / keeps
    rows = np.arange(len(prices))
    for at in range(last - 1, -1, -1):
        ahead = index[at]
        tried = cost[:, at] + lower[at] * values[:, ahead] + upper[at] * values[:, ahead + 1]
        chosen = tried.argmin(axis=1)
        values[:, at] = tried[rows, chosen]
        best[:, at] = choices.gaps[at, chosen]
    best[:, last] = best[:, last - 1]
    return values, best


def _at(values: np.ndarray, edges: np.ndarray, ages: np.ndarray) -> np.ndarray:
    index, part = _between(edges, ages)
    return np.asarray(values[:, index] * (1 - part) + values[:, index + 1] * part)


def _between(edges: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The interval each point is in and how far through it; what lies beyond is at the end."""
    reached = np.clip(np.searchsorted(edges, points, side="right") - 1, 0, len(edges) - 2)
    width = edges[reached + 1] - edges[reached]
    return reached, np.clip((points - edges[reached]) / width, 0.0, 1.0)


def _successors_first(stages: Sequence[Stage]) -> tuple[list[int], bool]:
    """Every stage after those it leads to, as far as there are no circles; whether there are any."""
    order: list[int] = []
    open_: set[int] = set()
    done: set[int] = set()
    cyclic = False
    for root in range(len(stages)):
        waiting = [(root, False)]
        while waiting:
            at, left = waiting.pop()
            if left:
                open_.discard(at)
                done.add(at)
                order.append(at)
            elif at in open_:
                cyclic = True
            elif at not in done:
                open_.add(at)
                waiting.append((at, True))
                targets = [target for target in stages[at].hazards if target != FINAL]
                cyclic = cyclic or any(target in open_ for target in targets)
                waiting += [
                    (target, False) for target in targets if target not in done and target not in open_
                ]
    return order, cyclic
