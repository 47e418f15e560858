"""Whatever happens to a schedule, no order is lost, none is out twice, and none waits beyond its bound."""

import math

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ordertrail.scheduling.facts import Expectation, Facts, Priors
from ordertrail.scheduling.schedule import Schedule

PRIORS = Priors(
    {
        "new": Expectation(dwell=300.0, then={"busy": 0.9, "gone": 0.1}, after_deadline={"gone": 1.0}),
        "busy": Expectation(dwell=60.0, then={"done": 1.0}),
        "gone": Expectation(dwell=1e6, watching=True),
        "done": Expectation(dwell=1e6, watching=True),
    }
)
BOUND = 900.0
NAMES = st.sampled_from([f"o{number}" for number in range(12)])
STATES = st.sampled_from(["a/new", "a/busy", "a/done", "a/gone", "a/unheard-of"])
WATCHING = {"a/done", "a/gone"}
DEADLINES = st.none() | st.floats(-50, 500) | st.floats(1e3, 1e12)


class AnyUse(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.schedule = Schedule(rate=10.0, priors=PRIORS, bound=BOUND, seed=1)
        self.now = 0.0
        self.orders: dict[str, float] = {}
        """By when each is to be looked at."""
        self.out: set[str] = set()

    def facts(self, state: str, deadline: float | None, priority: int = 5) -> Facts:
        until = None if deadline is None else self.now + deadline
        return Facts(state, self.now - 5.0, self.now, until, priority, state in WATCHING)

    @rule(
        order=NAMES,
        state=STATES,
        deadline=DEADLINES,
        known=st.booleans(),
    )
    def add(self, order: str, state: str, deadline: float | None, known: bool) -> None:
        self.schedule.add(order, self.facts(state, deadline), self.now, last=self.now if known else None)
        self.orders[order] = self.now + (BOUND if known else 0.0)
        self.out.discard(order)

    @rule(order=NAMES)
    def remove(self, order: str) -> None:
        self.schedule.remove(order)
        self.orders.pop(order, None)
        self.out.discard(order)

    @rule(order=NAMES)
    def ask(self, order: str) -> None:
        assert self.schedule.ask(order) == (order in self.orders)
        if order in self.orders and order not in self.out:
            self.orders[order] = self.now

    @rule(order=NAMES, priority=st.integers(0, 9), wanted=st.none() | st.floats(1, 2000))
    def prefer(self, order: str, priority: int, wanted: float | None) -> None:
        if order in self.orders:
            self.schedule.prefer(order, priority, None if wanted is None else self.now + wanted)

    @rule(order=NAMES, state=STATES, deadline=DEADLINES)
    def update(self, order: str, state: str, deadline: float | None) -> None:
        if order in self.orders and order not in self.out:
            self.schedule.update(order, self.facts(state, deadline), self.now)

    @rule(rate=st.sampled_from([0.5, 10.0, 200.0]))
    def set_rate(self, rate: float) -> None:
        self.schedule.set_rate(rate)

    @rule()
    def take(self) -> None:
        order = self.schedule.take(self.now)
        if order is not None:
            assert order in self.orders
            assert order not in self.out
            self.out.add(order)

    @precondition(lambda self: self.out)
    @rule(data=st.data(), how=st.sampled_from(["same", "new", "failed", "alone", "kept"]), state=STATES)
    def back(self, data: st.DataObject, how: str, state: str) -> None:
        order = data.draw(st.sampled_from(sorted(self.out)))
        self.out.discard(order)
        if how == "same":
            self.schedule.looked(order, None, (), self.now)
        elif how == "new":
            self.schedule.looked(order, self.facts(state, None), [state], self.now)
        elif how in ("failed", "alone"):
            self.schedule.failed(order, self.now, alone=how == "alone")
        else:
            self.schedule.kept(order, self.now)
        self.orders[order] = self.now + BOUND

    @rule(seconds=st.sampled_from([0.1, 5.0, 120.0, 2000.0]))
    def wait(self, seconds: float) -> None:
        """As a worker does: what is due is looked at meanwhile."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, max(self.now, self.schedule.next_due()) + 0.01)
            while (order := self.schedule.take(self.now)) is not None:
                assert order not in self.out
                self.schedule.looked(order, None, (), self.now)
                self.orders[order] = self.now + BOUND
            self.schedule.tend(self.now)
        assert not [one for one, by in self.orders.items() if one not in self.out and by < self.now]

    @invariant()
    def none_is_lost(self) -> None:
        assert len(self.schedule) == len(self.orders)
        assert all(order in self.schedule for order in self.orders)

    @invariant()
    def figures_are_figures(self) -> None:
        assert math.isfinite(self.schedule.price)
        assert self.schedule._governor.demand > -1e-3
        assert self.schedule.bounds.promised == BOUND


AnyUse.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnyUse = AnyUse.TestCase


def test_a_person_may_want_something_of_an_order_that_was_never_looked_at() -> None:
    schedule = Schedule(rate=1.0, priors=PRIORS)
    schedule.add("o", Facts("", None, 0.0), 0.0)
    assert schedule.take(1.0) == "o"
    schedule.kept("o", 1.0)

    schedule.prefer("o", 9, 500.0)

    assert schedule.take(1.0) == "o"


def test_an_infinite_bound_binds_nothing() -> None:
    schedule = Schedule(rate=1.0, priors=PRIORS, bound=math.inf)
    for number in range(100):
        schedule.add(f"o{number}", Facts("a/new", -1.0, 0.0), 0.0, last=0.0)

    schedule.tend(1.0)

    assert schedule.bounds.effective == math.inf
    assert schedule.outlook(1.0).lateness is not None
    assert 0 < schedule.next_due() < math.inf


def test_a_deadline_that_nobody_can_believe_is_planned_with_all_the_same() -> None:
    schedule = Schedule(rate=1.0, priors=PRIORS)
    for number in range(100):
        schedule.add(f"o{number}", Facts("a/new", -1.0, 0.0, deadline=1e12), 0.0, last=0.0)

    schedule.tend(1.0)

    assert 0 < schedule.next_due() < 1e6


def test_orders_that_come_in_one_by_one_are_soon_looked_at_as_often_as_the_budget_allows() -> None:
    schedule = Schedule(rate=1000.0, priors=PRIORS)
    for number in range(200):
        schedule.add(f"o{number}", Facts("", None, 0.0), 0.0)
    schedule.tend(0.0)

    for second in range(10):
        for _ in range(20):
            order = schedule.take(float(second))
            assert order is not None
            schedule.looked(order, Facts("a/busy", None, float(second)), ["a/busy"], float(second))
        schedule.tend(float(second))

    assert schedule.next_due() < 12.0
