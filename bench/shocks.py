"""What an outage, another pace of the provider, or many orders at once do to lateness, and for how long.

Each is held to a level: what lateness was before, or, where the pace has changed for good, what a schedule
that is told the new laws has in the same hours.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bench.cells import DAY, HOUR, WHOLE, Cell, Size, cell
from bench.watched import Watched
from ordertrail.quota.fleets import Fleet, slower
from ordertrail.quota.known_fleets import FLEETS
from ordertrail.quota.ours import best_blurs, learned, told
from ordertrail.quota.paths import Paths, Shock, draw_paths, residence
from ordertrail.quota.score import score
from ordertrail.quota.world import Played, Trial, play

BEFORE = 3 * DAY
SETTLED = 1.5 * DAY
ROUNDS, NEAR = 10.0, 1.10
OUTAGES = ("ordinalsbot", "xverse")
LOAD, PACES, ADAPTED = 0.4, {"ten times slower": 10.0, "ten times faster": 0.1}, 36 * HOUR
BURST, BURST_OVER, TWICE = 100_000, 30 * HOUR, 2.0
ANNOUNCED = 60.0
_WINDOW = 3 * HOUR
_LATER = 12 * HOUR


def run(size: Size = WHOLE) -> Iterator[Cell]:
    for name in OUTAGES:
        if size.takes(name):
            yield _outage(_part(name, size), size)
    if size.takes("xverse"):
        for case, factor in PACES.items():
            yield _pace(case, factor, _part("xverse", size), size)
    if size.takes("ordinalsbot"):
        yield _burst(_part("ordinalsbot", size), size)


def _part(name: str, size: Size) -> Fleet:
    return FLEETS[name].part(1.0 if size.orders is None else min(1.0, size.orders / 10_000))


def _outage(fleet: Fleet, size: Size) -> Cell:
    """A day in which nothing answers; then ten rounds, and the three hours after them."""
    back = BEFORE + DAY
    paths = draw_paths(fleet, back + 1.0 * DAY, size.seed)
    round_s = _orders(paths) / fleet.budget * 60
    played = play(
        paths, learned(paths, fleet.budget, seed=size.seed), Trial(fleet.budget, 0.0, ((BEFORE, back),))
    )
    return _held(
        "outage of a day", size, played, back + ROUNDS * round_s, _WINDOW, "before", _level(played), NEAR
    )


def _pace(case: str, factor: float, fleet: Fleet, size: Size) -> Cell:
    """The twelve hours from 36 hours after the change, over a schedule that is told the new laws."""
    fleet = replace(fleet, per_minute=fleet.per_minute * LOAD)
    settled = BEFORE + ADAPTED
    paths = draw_paths(fleet, settled + _LATER, size.seed, Shock(BEFORE, slower=factor))
    other = slower(fleet, factor)
    knowing = told(replace(paths, fleet=other), fleet.budget, blurs=best_blurs(other, fleet.budget))
    level = score(play(paths, knowing, Trial(fleet.budget)), settled).mean
    played = play(paths, learned(paths, fleet.budget, seed=size.seed), Trial(fleet.budget))
    return _held(case, size, played, settled, _LATER, "told the new laws", level, NEAR)


def _burst(fleet: Fleet, size: Size) -> Cell:
    """30 hours after ten times as many orders arrive at once as there were, and the three hours after."""
    many = round(BURST * fleet.budget / FLEETS["ordinalsbot"].budget)
    over = BEFORE + BURST_OVER
    paths = draw_paths(fleet, over + _WINDOW, size.seed, Shock(BEFORE, burst=many))
    policy = Watched(learned(paths, fleet.budget, seed=size.seed))
    played = play(paths, policy, Trial(fleet.budget))
    held = _held("100,000 at once", size, played, over, _WINDOW, "before", _level(played), TWICE)
    stretched = policy.first_stretched_after(BEFORE)
    return replace(
        held,
        bound_promised_s=policy.promised,
        bound_effective_s=policy.most_effective,
        met=held.holds and stretched is not None and stretched - BEFORE <= ANNOUNCED,
    )


def _held(
    case: str,
    size: Size,
    played: Played,
    first: float,
    lasting: float,
    baseline: str,
    level: float,
    goal: float,
) -> Cell:
    scored = score(played, first, first + lasting)
    return cell(case, size.seed, played, scored, baseline=baseline, baseline_s=level, goal=goal)


def _level(played: Played) -> float:
    """Of changes long enough before the shock for having been seen before it."""
    return score(played, SETTLED, BEFORE - 6 * HOUR).mean


def _orders(paths: Paths) -> float:
    held, _ = residence(paths)
    return float(np.sum(held))
