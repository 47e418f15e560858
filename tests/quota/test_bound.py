import math

import numpy as np
import pytest

from ordertrail.quota.baselines import BASELINES
from ordertrail.quota.bound import Relaxed
from ordertrail.quota.inspection import BEHIND, chances, check
from ordertrail.quota.paths import draw_paths
from ordertrail.quota.score import score
from ordertrail.quota.world import Trial, play
from tests.quota.fleets import PAYING, SMALL, memoryless

MEAN, PER_MINUTE = 7200.0, 2.0


def evenly(gap: float) -> tuple[float, float]:
    """Lateness, and requests a minute, of looks so far apart at orders that end at a constant rate."""
    ends = 1 - math.exp(-gap / MEAN)
    return gap / ends - MEAN, PER_MINUTE * (1 + 1 / ends)


@pytest.mark.parametrize("gap", [120.0, 900.0, 3600.0])
def test_at_a_constant_rate_the_bound_is_what_even_gaps_come_to(gap: float) -> None:
    lateness, budget = evenly(gap)

    bound = Relaxed(memoryless(MEAN, PER_MINUTE, budget)).bound(budget)

    assert bound.lateness == pytest.approx(lateness, rel=0.01)


def test_at_a_constant_rate_the_best_gap_is_the_same_at_any_age() -> None:
    stay = memoryless(MEAN, PER_MINUTE, 10).kinds[0].stays["executing"]

    checked = check(chances(stay), [np.full(len(BEHIND), 100.0)], 100.0)

    middle = checked.gap[(checked.ages > 100) & (checked.ages < 3 * MEAN)]
    assert middle.std() / middle.mean() < 0.1


def test_a_look_is_due_right_after_a_deadline() -> None:
    relaxed = Relaxed(SMALL)

    _, solved = relaxed.solve(20.0)
    checked = solved[PAYING.name, "new"]

    last_before = int(np.flatnonzero(checked.ages < 3300)[-1])
    path = [checked.ages[last_before]]
    while path[-1] < 3600:
        path.append(path[-1] + np.interp(path[-1], checked.ages, checked.gap))
    assert 3600 <= path[-1] < 3900


def test_no_baseline_beats_the_bound() -> None:
    paths = draw_paths(SMALL, 2 * 86400, 1)
    bound = Relaxed(SMALL).bound(SMALL.budget).lateness

    for make in BASELINES.values():
        played = play(paths, make(paths, SMALL.budget), Trial(SMALL.budget))

        assert score(played).mean > bound


def test_twice_the_budget_more_than_halves_the_bound_and_the_price() -> None:
    relaxed = Relaxed(SMALL)

    once, twice = relaxed.bound(12), relaxed.bound(24)

    assert twice.lateness < once.lateness / 2
    assert twice.price < once.price
