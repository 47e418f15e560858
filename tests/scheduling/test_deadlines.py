"""Deadlines that are not where they usually are."""

import math

import numpy as np
import pytest

from ordertrail.scheduling.ages import Ages
from ordertrail.scheduling.facts import USUAL_PRIORITY, Expectation, Facts, Priors
from ordertrail.scheduling.inspection import Solution
from ordertrail.scheduling.kinds import Kind, Plans, due
from ordertrail.scheduling.schedule import Schedule
from ordertrail.scheduling.standing import aimed, estimate

DAY = 86_400.0
SPAN = 3 * DAY
PRIORS = Priors(
    {
        "a/waiting": Expectation(dwell=10 * DAY, then={"a/paid": 0.1}, after_deadline={"a/expired": 1.0}),
        "a/paid": Expectation(dwell=1e7, watching=True),
        "a/expired": Expectation(dwell=1e7, watching=True),
    }
)


def waiting(span: float = math.inf) -> Kind:
    kind = Kind(0, "a/waiting", watching=False, dated=True, ages=Ages(), priors=PRIORS)
    kind.dwell.aim(span)
    return kind


@pytest.mark.parametrize("over", [0.005, 0.02, 0.034, 0.05])
def test_an_order_whose_deadline_is_later_than_usual_is_not_asked_for_all_the_time(over: float) -> None:
    schedule = Schedule(rate=0.01, priors=PRIORS, bound=DAY, learns=False, seed=1)
    for number in range(300):
        schedule.add(f"usual{number}", Facts("a/waiting", 0.0, 0.0, deadline=SPAN), 0.0, last=0.0)
    schedule.tend(0.0)
    entered = -(1 + over) * SPAN
    schedule.add("late", Facts("a/waiting", entered, entered, deadline=DAY), 0.0, last=0.0)

    looks, now = 0, 0.0
    while now < 2 * 3600.0:
        order = schedule.take(now)
        if order is None:
            now += 2.0
        else:
            schedule.looked(order, None, (), now)
            looks += order == "late"

    assert looks <= 3


@pytest.mark.parametrize("short", [0.2, 2.0, 30.0, 600.0])
def test_an_order_looked_at_just_before_its_deadline_is_looked_at_right_after_it(short: float) -> None:
    """Even where the plan looks that short of the deadline once more."""
    ages, split = Ages(), 150
    edges, span = ages.edges, float(ages.edges[149] + 0.4 * (ages.edges[150] - ages.edges[149]))
    kind, plans = waiting(span), Plans(ages, 1.0, 1.0)
    before, after = np.full(split, span / 20), np.full(len(edges), 3.0)
    before[-1] = span - edges[split - 1] - short
    gaps = np.concatenate([before, after])[None, :].repeat(2, axis=0)
    kind.span, kind.split, kind.solution = span, split, Solution(gaps, gaps)
    plans.prices = np.array([1.0, 2.0])
    plan = plans.of(kind, USUAL_PRIORITY)

    for left in (0.1, 1.0, 10.0, 100.0):
        assert due(plan, ages, -span + left, left, 0.0) <= left + 4.0
    at = due(plan, ages, -float(edges[split - 1]), span - float(edges[split - 1]), 0.0)
    assert at == pytest.approx(before[-1])


def test_an_entry_that_is_not_known_does_not_move_the_usual_time_until_a_deadline() -> None:
    kind = waiting(SPAN)
    for _ in range(100):
        aimed(kind, Facts("a/waiting", -DAY, 0.0, deadline=SPAN - DAY), -0.5 * DAY)
        aimed(kind, Facts("a/waiting", None, 0.0, deadline=0.1 * DAY), 0.0)
    assert kind.dwell.span == SPAN


def test_an_entry_that_is_known_moves_it() -> None:
    kind = waiting(SPAN)
    for _ in range(100):
        aimed(kind, Facts("a/waiting", -60.0, 0.0, deadline=DAY), -30.0)
    assert kind.dwell.span == pytest.approx(DAY, rel=0.02)


@pytest.mark.parametrize("after", [None, -DAY])
def test_however_little_is_known_of_an_entry_the_usual_time_is_no_shorter_than_what_is_left(
    after: float | None,
) -> None:
    kind = waiting(SPAN / 2)
    for _ in range(100):
        aimed(kind, Facts("a/waiting", after, 0.0, deadline=SPAN), 0.0)
    assert kind.dwell.span == pytest.approx(SPAN, rel=0.02)


def test_what_is_told_first_is_taken_for_want_of_better() -> None:
    kind = waiting()
    aimed(kind, Facts("a/waiting", None, 0.0, deadline=DAY), 0.0)
    assert kind.dwell.span == DAY


@pytest.mark.parametrize(
    ("deadline", "entered"),
    [(SPAN - 0.25 * DAY, -0.25 * DAY), (SPAN + DAY, 0.0), (DAY, -DAY), (None, -0.5 * DAY)],
)
def test_a_class_was_entered_as_long_before_its_deadline_as_is_usual_and_within_what_is_known(
    deadline: float | None, entered: float
) -> None:
    assert estimate(Facts("a/waiting", -DAY, 0.0, deadline=deadline), waiting(SPAN)) == entered


def first_looks(schedule: Schedule, *, waited: float, span: float, count: int = 200) -> list[float]:
    """Orders placed and tracked an hour apart, first looked at later; when each was entered, as taken."""
    entered = []
    for number in range(count):
        placed, order = 3600.0 * number, str(number)
        schedule.add(order, Facts("", None, placed), placed)
        assert schedule.take(placed + waited) == order
        facts = Facts("a/waiting", None, placed + waited, deadline=placed + span)
        schedule.looked(order, facts, (), placed + waited)
        entered.append(schedule._records.get(schedule._numbers[order]).entered - placed)
        schedule.remove(order)
    return entered


def test_orders_that_waited_for_their_first_look_are_as_old_as_they_are() -> None:
    schedule = Schedule(rate=1.0, priors=PRIORS, seed=1)
    first_looks(schedule, waited=5.0, span=SPAN)

    assert first_looks(schedule, waited=DAY, span=SPAN) == pytest.approx([0.0] * 200, abs=60.0)


@pytest.mark.parametrize("factor", [0.1, 10.0])
def test_a_provider_that_sets_other_deadlines_from_now_on_makes_no_new_order_older(factor: float) -> None:
    schedule = Schedule(rate=1.0, priors=PRIORS, seed=1)
    first_looks(schedule, waited=5.0, span=SPAN)

    assert max(first_looks(schedule, waited=5.0, span=factor * SPAN)) <= 5.0
    assert min(first_looks(schedule, waited=5.0, span=factor * SPAN)) >= 0.0
    late = first_looks(schedule, waited=0.5 * factor * SPAN, span=factor * SPAN)
    assert late == pytest.approx([0.0] * 200, abs=0.01 * factor * SPAN)


@pytest.mark.parametrize(
    ("deadline", "entered"), [(SPAN - 2 * DAY, -2 * DAY), (SPAN + DAY, 0.0), (None, 0.0)]
)
def test_an_order_never_seen_before_is_as_old_as_its_deadline_tells(
    deadline: float | None, entered: float
) -> None:
    assert estimate(Facts("a/waiting", None, 0.0, deadline=deadline), waiting(SPAN)) == entered
