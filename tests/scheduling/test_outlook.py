import pytest

from ordertrail.scheduling.facts import Expectation, Facts, Priors
from ordertrail.scheduling.schedule import Schedule

DAY = 86_400.0


def schedule(rate: float = 1.0) -> Schedule:
    expected = {"a/busy": Expectation(dwell=600.0, then={"a/done": 1.0}), "a/done": Expectation(dwell=DAY)}
    return Schedule(rate=rate, priors=Priors(expected), learns=False)


def filled(rate: float, orders: int = 600) -> Schedule:
    one = schedule(rate)
    for number in range(orders):
        one.add(f"o{number}", Facts("a/busy", -1.0, 0.0), 0.0, last=0.0)
    for second in range(0, 120, 5):
        one.tend(float(second))
    return one


def test_nothing_is_expected_of_no_orders() -> None:
    told = schedule().outlook(0.0)

    assert (told.lateness, told.oldest, told.due) == (None, None, 0)


def test_twice_the_budget_makes_changes_about_half_as_late() -> None:
    one, two = filled(1.0).outlook(120.0), filled(2.0).outlook(120.0)

    assert one.lateness is not None
    assert two.lateness is not None
    assert one.lateness / two.lateness == pytest.approx(2.0, rel=0.25)


def test_what_waits_is_counted_by_its_reason() -> None:
    one = filled(1.0)
    one.add("new", Facts("", None, 0.0), 0.0)
    one.ask("o1")

    told = one.outlook(10_000.0)

    assert (told.new, told.asked) == (1, 1)
    assert told.due == 600
    assert told.oldest == 10_000.0


def test_one_order_that_starves_among_very_many_is_noticed() -> None:
    one = schedule(100.0)
    for number in range(90_000):
        one.add(f"o{number}", Facts("a/busy", 4000.0, 5000.0), 5000.0, last=5000.0)
    one.add("starved", Facts("a/busy", -1.0, 0.0), 0.0, last=-1000.0)

    assert one.outlook(6000.0).oldest == 7000.0


def test_an_order_that_never_answered_has_waited_since_it_came() -> None:
    waiting, failing = schedule(), schedule()
    for one in (waiting, failing):
        one.add("a", Facts("", None, 100.0), 100.0)
    failing.take(100.0)
    failing.failed("a", 100.0)

    assert waiting.outlook(400.0).oldest == 300.0
    assert failing.outlook(400.0).oldest == 300.0


def test_changes_of_orders_that_are_overdue_are_as_late_as_they_have_become() -> None:
    one = filled(1.0)

    soon, late = one.outlook(120.0).lateness, one.outlook(100_000.0).lateness

    assert soon is not None
    assert late is not None
    assert late == pytest.approx(50_000.0, rel=0.01)
    assert soon < 2_000.0
