"""Orders that nothing can be made of leave the budget to the others, and are found again all the same."""

from random import Random

import pytest

from ordertrail.scheduling.facts import Expectation, Facts, Priors
from ordertrail.scheduling.schedule import Schedule

HOUR = 3600.0
PRIORS = Priors(
    {
        "a/prep": Expectation(dwell=30.0, then={"a/queued": 1.0}),
        "a/queued": Expectation(dwell=1500.0, then={"a/done": 1.0}),
        "a/done": Expectation(dwell=1e6, watching=True),
    }
)
RATE = 0.5


def schedule(rate: float = RATE, bound: float | None = None) -> Schedule:
    return Schedule(rate=rate, priors=PRIORS, bound=bound, learns=False, seed=1)


class Played:
    """A worker's loop at one request each two seconds. `failing` fail alone; all fail that way, or as the
    provider's failures, while it is `away`."""

    def __init__(self, asked: Schedule, failing: set[str], away: str = "") -> None:
        self.asked, self.failing, self.away = asked, failing, away
        self.now, self.looks = 0.0, dict[str, list[float]]()

    def until(self, end: float) -> dict[str, list[float]]:
        """When each order was looked at."""
        self.looks = {}
        while self.now < end:
            if self.now % 30.0 < 1 / RATE:
                self.asked.tend(self.now)
            order = self.asked.take(self.now)
            if order is not None:
                self.looks.setdefault(order, []).append(self.now)
                if order in self.failing or self.away:
                    self.asked.failed(order, self.now, alone=order in self.failing or self.away == "alone")
                else:
                    self.asked.looked(order, None, (), self.now)
            self.now += 1 / RATE
        return self.looks


def filled(asked: Schedule, live: int = 100, failing: int = 15) -> set[str]:
    """The names of those that fail, last seen in a state that is short."""
    for number in range(live):
        asked.add(f"live{number}", Facts("a/queued", -60.0, 0.0), 0.0, last=0.0)
    names = {f"failing{number}" for number in range(failing)}
    for name in sorted(names):
        asked.add(name, Facts("a/prep", -5.0, 0.0), 0.0, last=0.0)
    return names


def failed_alone(asked: Schedule, at: float) -> float:
    """Gap until the next look at order a, which fails while another order is answered."""
    asked.ask("other")
    taken = {asked.take(at), asked.take(at)}
    assert taken == {"a", "other"}
    asked.looked("other", None, (), at)
    asked.failed("a", at, alone=True)
    return asked._records.get(asked._numbers["a"]).due - at


def failures_between(asked: Schedule, count: int) -> list[float]:
    """Gaps between so many looks at order a."""
    asked.add("other", Facts("a/done", -5.0, 0.0, watching=True), 0.0, last=0.0)
    at, gaps = 0.0, list[float]()
    for _ in range(count):
        gaps.append(failed_alone(asked, at))
        at += gaps[-1] + 1.0
    return gaps


def test_orders_that_fail_alone_leave_the_budget_to_the_others() -> None:
    asked = schedule()
    play = Played(asked, filled(asked))
    play.until(2 * HOUR)

    looks = play.until(4 * HOUR)

    spent = sum(len(found) for order, found in looks.items() if order in play.failing)
    assert spent < 0.05 * sum(map(len, looks.values()))
    assert sum(map(len, looks.values())) > 0.97 * 2 * HOUR * RATE
    assert asked._governor.demand == pytest.approx(RATE, rel=0.15)


def test_pauses_double_beyond_what_was_planned_up_to_the_bound() -> None:
    asked = schedule(bound=900.0)
    asked.add("a", Facts("a/prep", -5.0, 0.0), -60.0, last=-60.0)
    asked.tend(0.0)

    gaps = failures_between(asked, 12)

    assert gaps[:4] == pytest.approx([5.0, 10.0, 20.0, 40.0], rel=0.2)
    assert 850 < gaps[-1] <= 900


def test_an_order_that_was_never_seen_is_tried_quickly_at_first_and_within_its_bound_for_ever() -> None:
    asked = schedule(bound=2 * HOUR)
    asked.add("a", Facts("", None, 0.0), 0.0)
    asked.tend(0.0)

    gaps = failures_between(asked, 14)

    assert sum(gaps[:3]) < 60
    assert sum(gaps[:8]) < 1500
    assert 1.9 * HOUR < gaps[-1] <= 2 * HOUR


def test_an_order_is_looked_at_when_a_person_wants_it_whatever_its_pause() -> None:
    asked = schedule(bound=2 * HOUR)
    asked.add("a", Facts("a/prep", -5.0, 0.0, wanted_by=1000.0), -60.0, last=-60.0)

    gaps = failures_between(asked, 8)

    assert sum(gaps) + 7 == pytest.approx(1000.0, abs=6.0)


def test_an_answer_ends_the_pauses() -> None:
    asked = schedule(bound=2 * HOUR)
    asked.add("a", Facts("a/prep", -5.0, 0.0), -60.0, last=-60.0)
    failures_between(asked, 8)

    asked.ask("a")
    asked.take(5000.0)
    asked.looked("a", None, (), 5000.0)
    asked.ask("a")

    assert failed_alone(asked, 5100.0) == pytest.approx(5.0)


def test_a_budget_set_anew_does_not_bring_failing_orders_back_before_their_time() -> None:
    asked = schedule()
    play = Played(asked, filled(asked))
    play.until(2 * HOUR)

    asked.set_rate(RATE / 2)
    looks = play.until(2 * HOUR + 300)

    assert sum(order in play.failing for order in looks) <= 5


@pytest.mark.parametrize("how", ["alone", "provider"])
def test_after_hours_in_which_every_look_failed_all_orders_are_soon_looked_at(how: str) -> None:
    asked = schedule()
    filled(asked)
    play = Played(asked, set())
    play.until(2 * HOUR)
    play.away = how
    play.until(8 * HOUR)

    play.away = ""
    looks = play.until(8 * HOUR + 20 * 60)

    assert len(looks) == 115


def test_looks_that_fail_now_and_then_leave_the_price_where_it_is() -> None:
    rate, rng, free, prices = 0.03, Random(3), 0.0, list[float]()
    asked = schedule(rate=rate)
    for number in range(80):
        state = "a/queued" if number % 2 else "a/done"
        asked.add(f"o{number}", Facts(state, -60.0, 0.0, watching=state == "a/done"), 0.0, last=0.0)

    for tick in range(24 * 720):
        now = 5.0 * tick
        asked.tend(now)
        order = asked.take(now) if now >= free else None
        if order is not None:
            free = now + 1 / rate
            if rng.random() < 1 / 7:
                asked.failed(order, now, alone=True)
            else:
                asked.looked(order, None, (), now)
        prices.append(asked.price)

    settled = prices[len(prices) // 2 :]
    assert max(settled) < 5 * min(settled)
