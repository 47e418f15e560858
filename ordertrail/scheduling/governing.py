"""Keeping the price of a request, the bounds and the gaps of a schedule right while the world changes."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ordertrail.scheduling.bound import Bound
from ordertrail.scheduling.census import SAMPLE, Census
from ordertrail.scheduling.inspection import Solution, Stage, solve
from ordertrail.scheduling.kinds import Kind, Kinds, Plans
from ordertrail.scheduling.learning import Learner
from ordertrail.scheduling.records import OUT, QUEUED, Records
from ordertrail.scheduling.steering import CHEAPEST, DEAREST, JUMP, Steering
from ordertrail.scheduling.wheel import Wheel

# Where time is scaled, seconds are multiplied by its unit.

_LADDER = 4.0 ** np.arange(-2, 3)
"""Times the price there is: gaps are solved for these prices at once and told for others from them, so the
price may move by a factor of 16 before they must be solved for again."""

_OUTAGE, _MISSED = 300.0, 30
"""Seconds, and requests that the budget had room for: when both have passed and no look has proven anything,
it is the provider that fails. By time alone a few failures under a small budget would be an outage."""

_FEW = 10
"""Changes, of whatever class, after which one that has no gaps of its own yet gets some."""

_NEWS, _GROWN = 50, 0.25
"""Changes, and a part of those known before: with so many more what is known has moved enough for other gaps.
The 50 keep the first ones of all from asking one by one."""

_REMEMBERED = 700
"""Changes that each class goes on with once it has forgotten (`dwell`): no more are to be outgrown. A fourth
of all that there ever were would take longer and longer to come."""

_OFTEN, _SELDOM = 60.0, 6 * 3600.0
"""Seconds between two questions at the least, since answering takes a while; and after which one change is
news enough, or orders that seldom change would hardly ever be planned anew."""

_STRAYING, _DOUBLINGS = 1800.0, 8
"""Seconds, the longest pause between questions while the price strays; pauses double from `_OFTEN` on. So
many doublings are more than reach it, and without end they would make a number too large."""

_IDLE = 0.5
"""Of the budget: where less than this is wanted, a price below all that were solved for is low because there
is too little to ask, and other gaps would not change that."""

_CROWD = 50
"""Orders: with fewer, how many looks are wanted jumps by chance, and the controller is left to steer."""

_FADING = 0.999
"""What each order taken leaves of the worst lag before it, half after 700: one bad moment is not held against
the bound for ever."""

_MARGIN, _MOST_MARGIN = 0.02, 0.2
"""Of the bound: how long before it an order is due, at the least, since it is taken a while after it is due;
and at the most, since a lag as long as the bound would leave no gap at all."""

_WIDENINGS = 12
"""Doublings of the horizon at the most, to some 4,000 times itself: looks that are too many within that even
at the dearest price will not fit by waiting longer."""

_SMOOTHING = 300.0
"""Seconds over which looks that no gap asked for are averaged: they come in bursts, and what is left for
planned ones is not to jump with each."""


def _near(one: float, other: float) -> bool:
    return math.isfinite(one + other) and min(one, other) > 0 and abs(math.log(one / other)) < JUMP


class Question(NamedTuple):
    """Everything the gaps depend on, apart from the schedule, so that another thread may answer."""

    kinds: Sequence[Kind]
    stages: Sequence[Stage]
    prices: np.ndarray
    gaps: np.ndarray

    def answered(self) -> Sequence[Solution]:
        return solve(self.stages, self.prices, self.gaps)


class Governor:
    """`demand`: looks a second that the gaps planned now amount to. `prompted`: looks sent that no gap asked
    for."""

    def __init__(
        self,
        *,
        rate: float,
        bound: Bound,
        records: Records,
        kinds: Kinds,
        plans: Plans,
        wheel: Wheel,
        learner: Learner,
    ) -> None:
        self.rate = rate
        self.demand = 0.0
        self.prompted = 0
        self._failing = False
        self._unit = plans.ages.unit
        self._bound = bound
        self._records = records
        self._kinds = kinds
        self._plans = plans
        self._wheel = wheel
        self._learner = learner
        self._steering = Steering(self._unit)
        self._jumped = True
        self._worst = 0.0
        self._prompts = 0.0
        self._usual_demand = 0.0
        self._tended = -math.inf
        self._asked_at = -math.inf
        self._changes_then = 0
        self._orders_then = 0
        self._seen_then = 0
        self._answered_at = math.inf
        self._recovered = False
        self._strayed = 0
        self._regrouped = False
        self.bounds = bound.of_none(rate)
        self._bind()

    @property
    def price(self) -> float:
        return self._plans.price

    def set_rate(self, rate: float) -> None:
        if rate != self.rate:
            self._jumped = self._jumped or not _near(rate, self.rate)
            self.rate = rate

    def regrouped(self) -> None:
        """As many orders as there are when the bounds are looked after next are usual."""
        self._regrouped = True

    def late(self, lag: float) -> None:
        """An order was taken that long after it was due."""
        self._worst = max(lag, _FADING * self._worst, 0.0)

    def answered(self, now: float) -> None:
        """A look has proven something."""
        if self._failing:
            self._failing = False
            self._recovered = self._recovered or self._is_out(now)
            self._jumped = self._jumped or self._recovered
        self._answered_at = now

    def failed(self, now: float) -> bool:
        """A look has proven nothing. Whether others have, of late: then it may be for its order's reasons."""
        self._failing = True
        self._answered_at = min(self._answered_at, now)
        return not self._is_out(now)

    def question(self, now: float) -> Question | None:
        if not self._is_curious(now):
            return None
        self._asked_at, self._changes_then = now, self._learner.changes
        self._strayed = self._strayed + 1 if self._strays() else 0
        self._kinds.expected()
        kinds = self._kinds.staged()
        place = {kind.number: at for at, kind in enumerate(kinds)}
        of_state = {
            kind.state: place[kind.planned.number]
            for kind in sorted(self._kinds, key=lambda kind: kind.orders)
            if kind.planned.number in place
        }
        for kind in self._kinds:
            kind.refresh()
        stages = [kind.stage(self.longest(kind), of_state) for kind in kinds]
        longest = 1.2 * max(stage.bound for stage in stages)
        gaps = self._plans.ages.gaps(self._plans.least, longest)
        return Question(kinds, stages, self._steering.price * _LADDER, gaps)

    def learn(self, question: Question, solutions: Sequence[Solution]) -> None:
        for kind in self._kinds:
            kind.solution = None
        for kind, stage, solution in zip(question.kinds, question.stages, solutions, strict=True):
            kind.adopt(stage, solution)
        self._plans.prices = question.prices
        self._plans.set_price(self._steering.price)

    def steer(self, now: float, new: int) -> None:
        """`new`: orders waiting for their first look."""
        passed, self._tended = now - self._tended, now
        orders = sum(kind.orders for kind in self._kinds)
        watching = sum(kind.orders for kind in self._kinds if kind.watching)
        self.bounds = self._bound.now(orders - watching, watching, self.rate, now, anew=self._regrouped)
        self._regrouped = self._regrouped and not orders
        self._bind()
        if math.isinf(self.rate):
            self._steering.price = CHEAPEST
            self._plans.set_price(CHEAPEST)
        if not orders or math.isinf(self.rate) or self.rate <= 0:
            return
        allowed = self._allowed(passed)
        horizon = self._steering.horizon(orders, self.rate)
        if 0 < passed < math.inf:
            self._usual_demand += -math.expm1(-passed / horizon) * (self.demand - self._usual_demand)
        if self._has_jumped(orders, orders - new, allowed, horizon, now):
            self._jumped, self._steering.solved_at, self._orders_then = False, now, orders
            self._seen_then = orders - new
            self._solve(now, horizon, allowed, new)
            self._plans.set_price(self._steering.price)
            self._rekey(now)
            return
        lag = max(0.0, now - self._wheel.next_due())
        self._steering.adjust(passed, self.demand, allowed, orders, lag)
        if abs(math.log(self._steering.price / self._plans.price)) > 0.01:
            self._plans.set_price(self._steering.price)

    def _is_out(self, now: float) -> bool:
        return now - self._answered_at > max(_OUTAGE * self._unit, _MISSED / max(self.rate, 1e-9))

    def _is_curious(self, now: float) -> bool:
        staged = self._kinds.staged()
        if not staged or now - self._asked_at < _OFTEN * self._unit:
            return False
        if self._strays():
            patience = min(_OFTEN * 2.0 ** min(self._strayed, _DOUBLINGS), _STRAYING) * self._unit
            return bool(now - self._asked_at >= patience)
        news = self._learner.changes - self._changes_then
        if self._asked_at == -math.inf:
            return True
        if news > _FEW and any(kind.solution is None for kind in staged):
            return True
        if news > 0 and now - self._asked_at > _SELDOM * self._unit:
            return True
        return news > _NEWS + _GROWN * min(self._learner.changes, _REMEMBERED * len(self._kinds.all))

    def _strays(self) -> bool:
        """Whether the price is none that gaps were solved for. One that goes on straying is in a backlog that
        no price fits: it is asked about less and less often."""
        price, prices = self._steering.price, self._plans.prices
        return bool(price > prices[-1] or (price < prices[0] and self.demand > _IDLE * self.rate))

    def _bind(self) -> None:
        bound = self.bounds.effective
        margin = max(2.0 * self._unit + self._worst, _MARGIN * bound if math.isfinite(bound) else 0.0)
        self._margin = min(margin, _MOST_MARGIN * bound)
        self.open_bound = self.bounds.effective - self._margin
        self.watching_bound = self.bounds.watching_effective - self._margin

    def longest(self, kind: Kind) -> float:
        """The longest gap to plan."""
        return self.watching_bound if kind.watching else self.open_bound

    def _allowed(self, passed: float) -> float:
        """Requests a second that are left for planned looks."""
        if 0 < passed < math.inf:
            part = -math.expm1(-passed / (_SMOOTHING * self._unit))
            self._prompts += part * (self.prompted / passed - self._prompts)
            self.prompted = 0
        return max(self.rate - self._prompts, self.rate / 2)

    def _has_jumped(self, orders: int, seen: int, allowed: float, horizon: float, now: float) -> bool:
        """`seen`: orders that have had their first look; before any has there is nothing to plan, and as
        they come in, each doubling of theirs makes another fleet."""
        if self._jumped or seen >= 2 * max(1, self._seen_then):
            return seen > 0
        if orders < _CROWD:
            return False
        grown = abs(math.log(orders / max(1, self._orders_then))) > JUMP
        off = abs(math.log(max(self._usual_demand, 1e-9) / allowed)) > JUMP
        return now - self._steering.solved_at > horizon and (grown or off)

    def _solve(self, now: float, horizon: float, allowed: float, new: int) -> None:
        """What is overdue is looked at whatever the price: the horizon is one within which that fits."""
        sample = Census(self._records, self._kinds.all, SAMPLE)
        if not len(sample):
            return
        bounds = sample.bounds(self.bounds, self._margin)
        plans, ages = self._plans, self._plans.ages

        def wanted(price: float) -> float:
            return sample.wanted(plans, price, now, horizon, bounds, ages)

        def left() -> float:
            return allowed * horizon - min(new, allowed * horizon / 2)

        for _ in range(_WIDENINGS):
            if wanted(DEAREST) <= left():
                break
            horizon *= 2
        self._steering.solve(wanted, left())

    def _rekey(self, now: float) -> None:
        census = Census(self._records, self._kinds.all)
        if not len(census):
            return
        bounds = census.bounds(self.bounds, self._margin)
        at = census.dues(self._plans, self._steering.price, census.last, bounds, self._plans.ages)
        asked = (census.last < census.wanted_by) & (census.wanted_by < at) & (now < census.wanted_by)
        at = np.where(asked, census.wanted_by + self._plans.just, at)
        gaps = np.maximum(at - census.last, self._plans.just)
        gaps = np.where(census.unproven, census.gap, gaps)
        soon = np.minimum(census.due, at)
        at = np.where(census.unproven | (census.failures > 0), soon, at)
        if not self._recovered:
            keeps_its_place = census.unproven | ~census.looked
            at = np.where(keeps_its_place, np.minimum(census.due, now + bounds), at)
        at, self._recovered = np.maximum(at, now), False
        view = self._records.view()
        view["due"][census.numbers] = at
        view["gap"][census.numbers] = gaps
        counted = view["gap"][np.isin(view["status"], (QUEUED, OUT))].astype(np.float64)
        self.demand = self._usual_demand = float((1.0 / counted).sum())
        self._wheel.fill(census.numbers, at)
