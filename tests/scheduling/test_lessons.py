"""A schedule learns from lives that others have watched as it does from its own looks."""

import numpy as np
import pytest

from ordertrail.scheduling.facts import Expectation, Facts, Priors
from ordertrail.scheduling.lessons import Life, Sight
from ordertrail.scheduling.schedule import Schedule

PRIORS = Priors(
    {"a/busy": Expectation(dwell=6_000.0, then={"a/done": 1.0}), "a/done": Expectation(dwell=9e5)}
)
LASTED, APART = 600.0, 60.0


def schedule() -> Schedule:
    return Schedule(rate=1.0, priors=PRIORS, seed=3)


def life(begun: float) -> Life:
    """Looked at every minute, busy for ten."""
    done = begun + LASTED
    busy = Sight(Facts("a/busy", begun - APART, begun), ["a/busy"])
    over = Sight(Facts("a/done", done - APART, done, watching=True), ["a/done"])
    return Life([busy, over], done + 60 * APART)


def watched(one: Schedule, begun: float) -> None:
    name = str(begun)
    one.add(name, Facts("a/busy", begun - APART, begun), begun, last=begun)
    for minute in range(1, 10):
        one.looked(name, None, (), begun + minute * APART)
    over = begun + LASTED
    one.looked(name, Facts("a/done", over - APART, over, watching=True), ["a/done"], over)


def mean(one: Schedule) -> float:
    """Seconds in `busy` by what was learned."""
    hazards = sum(one._kinds.of("a/busy", False, False).dwell.hazards().values())
    edges = one._ages.edges
    alive = np.exp(-np.concatenate([[0.0], np.cumsum(hazards * np.diff(edges))]))
    return float(((alive[1:] + alive[:-1]) / 2 * np.diff(edges)).sum())


def test_lives_teach_what_looks_would_have_taught() -> None:
    seen, told = schedule(), schedule()
    for number in range(300):
        watched(seen, 1000.0 * number)

    told.study(life(1000.0 * number) for number in range(300))

    assert mean(schedule()) > 3_000
    assert mean(told) == pytest.approx(LASTED, rel=0.1)
    assert mean(told) == pytest.approx(mean(seen), rel=0.05)
    assert len(told) == sum(kind.orders for kind in told._kinds) == 0


def test_those_that_stay_on_count_for_as_long_as_they_were_watched() -> None:
    one, other = schedule(), schedule()
    staying = Life(life(0.0).sights[:1], 20_000.0)

    one.study([life(0.0)] * 20)
    other.study([life(0.0), staying] * 20)

    assert mean(other) > 3 * mean(one)


def test_a_life_whose_clock_went_back_is_learned_from_all_the_same() -> None:
    one = schedule()
    busy, over = life(0.0).sights

    one.study(
        [Life([busy, Sight(over.facts._replace(entered_after=-500.0, entered_by=-400.0), ["a/done"])], 0.0)]
    )

    assert np.isfinite(mean(one))
