"""What a schedule has learned outlives it."""

import json

import numpy as np
import pytest

from ordertrail.scheduling import memory
from ordertrail.scheduling.ages import Ages
from ordertrail.scheduling.facts import Expectation, Facts, Priors
from ordertrail.scheduling.kinds import Kind, Kinds
from ordertrail.scheduling.schedule import Schedule

PRIORS = Priors(
    {"a/busy": Expectation(dwell=6_000.0, then={"a/done": 1.0}), "a/done": Expectation(dwell=9e5)}
)
DONE = Facts("a/done", 0.0, 0.0, watching=True)


def schedule() -> Schedule:
    return Schedule(rate=1.0, priors=PRIORS, seed=3)


def taught(orders: int = 300) -> Schedule:
    """By orders that stay for ten minutes with a deadline in a quarter of an hour."""
    one = schedule()
    for number in range(orders):
        begun = 5.0 * number
        one.add(f"o{number}", Facts("a/busy", begun, begun, deadline=begun + 900), begun, last=begun)
        one.looked(f"o{number}", DONE, ["a/done"], begun + 600.0)
    return one


def kind(one: Schedule) -> Kind:
    return one._kinds.of("a/busy", False, True)


def test_a_schedule_begins_with_what_another_has_learned() -> None:
    one, two = taught(), schedule()

    two.recall(one.memory())

    for target, hazard in kind(one).dwell.hazards().items():
        assert np.allclose(kind(two).dwell.hazards()[target], hazard)
    assert kind(two).dwell.span == pytest.approx(900.0)
    assert two.memory() == one.memory()


def test_what_was_learned_moves_the_next_look() -> None:
    wise, naive = schedule(), schedule()
    wise.recall(taught().memory())

    for one in (wise, naive):
        for number in range(100):
            one.add(f"o{number}", Facts("a/busy", 0.0, 0.0, deadline=900.0), 0.0, last=0.0)
        one.tend(1.0)

    assert wise.outlook(1.0).lateness != naive.outlook(1.0).lateness


def test_a_schedule_that_saw_nothing_has_nothing_to_tell() -> None:
    assert json.loads(schedule().memory())["classes"] == []


@pytest.mark.parametrize("words", ["", "{}", "nonsense", '{"unit": 1, "bins": 3}'])
def test_words_that_are_no_memory_are_refused(words: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 the decoder's own words
        schedule().recall(words)


def test_a_memory_of_another_time_scale_is_refused() -> None:
    words = memory.told(Kinds(Ages(0.01), PRIORS), Ages(0.01), 3)

    with pytest.raises(ValueError, match=r"units of 0\.01 s, not 1 s"):
        schedule().recall(words)


def test_counts_beyond_the_grid_change_nothing() -> None:
    words = json.loads(taught().memory())
    words["classes"][-1]["before"]["part"]["193"] = 1.0
    one = schedule()

    with pytest.raises(ValueError, match="192 bins"):
        one.recall(json.dumps(words))
    assert one.memory() == schedule().memory()
