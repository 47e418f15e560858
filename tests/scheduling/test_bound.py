"""How long an order may go unlooked by default: by the orders there are, not by how long a machine is up."""

import pytest

from ordertrail.scheduling.bound import Bound
from ordertrail.scheduling.facts import Facts, Priors
from ordertrail.scheduling.schedule import Schedule

HOUR, DAY = 3600.0, 86_400.0
RATE = 5.0
ORDERS = 10_000
A_TENTH = ORDERS / (0.1 * RATE)


def filled(asked: Schedule, now: float, orders: range) -> Schedule:
    for number in orders:
        asked.add(f"o{number}", Facts("a/open", now - 60.0, now), now, last=now)
    return asked


@pytest.mark.parametrize("up", [1.0, 600.0, 10 * DAY])
def test_the_orders_of_a_start_are_the_usual_ones_however_long_the_machine_is_up(up: float) -> None:
    asked = filled(Schedule(rate=RATE / 10, priors=Priors()), up, range(ORDERS // 10))

    asked.tend(up)

    assert asked.bounds.promised == asked.bounds.effective == A_TENTH
    assert asked.bounds.claim == pytest.approx(0.1)


def test_what_a_start_promises_takes_a_tenth() -> None:
    bound = Bound(None)
    assert bound.of_none(RATE).feasible

    bounds = bound.now(ORDERS, 0, RATE, 600.0)

    assert bounds.promised == bounds.effective == A_TENTH
    assert bounds.claim == pytest.approx(0.1)


def test_a_worker_that_waits_for_its_first_order_does_not_get_used_to_none() -> None:
    bound = Bound(None)
    for minute in range(100):
        bound.now(0, 0, RATE, 60.0 * minute)

    assert bound.now(ORDERS, 0, RATE, 6000.0).promised == A_TENTH


def test_a_burst_of_new_orders_stretches_the_promise_and_does_not_weaken_it() -> None:
    bound = Bound(None)
    bound.now(ORDERS, 0, RATE, 0.0)

    bounds = bound.now(10 * ORDERS, 0, RATE, 30.0)

    assert bounds.promised == pytest.approx(A_TENTH, rel=0.02)
    assert bounds.effective == pytest.approx(2 * A_TENTH)
    assert bounds.claim == pytest.approx(1.0, rel=0.02)
    assert not bounds.feasible


def test_orders_taken_over_are_usual_at_once() -> None:
    asked = filled(Schedule(rate=RATE / 3, priors=Priors()), 0.0, range(500))
    asked.tend(0.0)

    filled(asked, 100.0, range(500, 4000))
    asked.regrouped()
    asked.set_rate(RATE)
    asked.tend(100.0)

    assert asked.bounds.claim == pytest.approx(0.1)
    assert asked.bounds.promised == asked.bounds.effective == pytest.approx(4000 / (0.1 * RATE))


def test_orders_given_away_are_not_waited_for() -> None:
    bound = Bound(None)
    bound.now(ORDERS, 0, RATE, 0.0)

    bounds = bound.now(ORDERS // 2, 0, RATE / 2, 5.0, anew=True)

    assert bounds.promised == A_TENTH
