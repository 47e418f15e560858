"""The classes a schedule's orders are in, with what is known of each, and gaps planned from it."""

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from ordertrail.scheduling.ages import BINS, Ages
from ordertrail.scheduling.draws import Curve
from ordertrail.scheduling.dwell import Dwell
from ordertrail.scheduling.facts import USUAL_PRIORITY, WATCH_WEIGHT, Priors
from ordertrail.scheduling.inspection import FINAL, Solution, Stage

PRIORITIES = 10
MOST = 2_000
"""Classes that are told apart: beyond them counters no longer count."""

_LEAST_PRIORITY = 0.5
_NEAR = 0.995
_AT_ONCE = 0.5
_PART = 0.1
_SIMILAR, _NEARLY = 1.25, 60.0
_OWN = 5.0
"""Changes after which a class with a counter has gaps of its own."""


def weight_of(priority: int) -> float:
    return max(priority, _LEAST_PRIORITY) / USUAL_PRIORITY


class Kind:
    """A class of orders that are treated alike. `watching`: after a final phase; `dated`: with a deadline.
    `like`: the class of the same state whose gaps are this one's as long as too little is known of it."""

    def __init__(
        self,
        number: int,
        state: str,
        *,
        watching: bool,
        dated: bool,
        ages: Ages,
        priors: Priors,
        like: "Kind | None" = None,
    ) -> None:
        self.number = number
        self.state = state
        self.watching = watching
        self.dated = dated
        self.like = like
        self.expected = priors.of(state)
        self.recurring = self.expected.recurring
        self.weight = WATCH_WEIGHT if watching else 1.0
        self.dwell = Dwell(ages, self.expected, dated=dated, scale=priors.scale)
        self.mean = self.expected.dwell * priors.scale
        stop = self.expected.stop
        self.stop = None if stop is None else stop * priors.scale
        self.lateness, self.changes = 0.0, 0.0
        self.orders = 0
        self.solution: Solution | None = None
        self.span, self.split = math.inf, 0
        self.refresh()

    @property
    def planned(self) -> "Kind":
        """The class whose gaps are solved for in its place, or itself."""
        return self if self.like is None or self.dwell.seen >= _OWN else self.like

    def refresh(self) -> None:
        """Draw from now on by what has been learned."""
        dwell = self.dwell
        hazards = dwell.hazards(fine=False)
        self.curve = Curve(dwell.ages, hazards)
        self.late = Curve(dwell.ages, dwell.hazards_after(fine=False)) if self.dated else None
        self._rates = np.sum(list(hazards.values()), axis=0)

    def stays(
        self, entered: np.ndarray, deadline: np.ndarray, start: np.ndarray, end: np.ndarray
    ) -> np.ndarray:
        """How likely orders stay from one moment to another."""
        edges = self.dwell.ages.edges

        def hazard(curve: Curve, begun: np.ndarray, until: np.ndarray) -> np.ndarray:
            summed = np.interp(until - begun, edges, curve.summed)
            return np.asarray(summed - np.interp(start - begun, edges, curve.summed))

        if self.late is None:
            return np.asarray(np.exp(-hazard(self.curve, entered, end)))
        early = hazard(self.curve, entered, np.clip(end, start, np.maximum(start, deadline)))
        late = np.maximum(hazard(self.late, deadline, end), 0.0)
        return np.asarray(np.exp(-early - np.where(end > deadline, late, 0.0)))

    def noted(self, lateness: float) -> None:
        """One more change was seen that late."""
        self.lateness += lateness
        self.changes += 1.0
        if self.changes > 200:
            self.lateness, self.changes = 0.5 * self.lateness, 0.5 * self.changes

    def stage(self, bound: float, of_state: Mapping[str, int]) -> Stage:
        """Its inspection problem; `of_state`: what number a state's stage has."""
        ages = self.dwell.ages
        span = self.dwell.span if self.dated and math.isfinite(self.dwell.span) else None
        before = int(np.searchsorted(ages.edges, span * _NEAR)) if span else BINS
        edges = np.concatenate([ages.edges[:before], span + ages.edges]) if span else ages.edges
        causes: dict[int, np.ndarray] = {}
        early, late = self.dwell.hazards(), self.dwell.hazards_after()
        none = np.zeros(BINS)
        for target in dict.fromkeys([*early, *late]):
            hazard = early.get(target, none)
            whole = np.concatenate([hazard[:before], late.get(target, none)]) if span else hazard
            cause = of_state.get(target, FINAL)
            causes[cause] = causes.get(cause, 0.0) + whole
        if self.stop is not None:
            kept = max(2, int(np.searchsorted(edges, self.stop)))
            edges = np.concatenate([edges[:kept], [self.stop]])[: len(edges)]
            causes = {cause: hazard[: len(edges) - 1] for cause, hazard in causes.items()}
        return Stage(edges, causes, self.weight, bound, span, ages.unit)

    def adopt(self, stage: Stage, solution: Solution) -> None:
        self.solution = solution
        self.span = math.inf if stage.deadline is None else stage.deadline
        self.split = int(np.searchsorted(stage.edges, self.span))


class Plan(NamedTuple):
    """Gaps at the edges of the grid of ages: `before` a deadline or without one, and `after` it, by the time
    since; `span`: where on `before` the deadline lies."""

    before: list[float]
    after: list[float] | None
    span: float


class Plans:
    """Gaps by class and priority at one price; a priority ρ times the usual one lowers the price to μ/ρ."""

    def __init__(self, ages: Ages, least: float, least_watching: float) -> None:
        self.ages = ages
        self.least = least
        self.least_watching = least_watching
        self.just = _AT_ONCE * min(1.0, ages.unit)
        self.prices = np.ones(1)
        self.price = 1.0
        self._plans: dict[int, Plan] = {}

    def set_price(self, price: float) -> None:
        self.price = price
        self._plans.clear()

    def least_of(self, kind: Kind) -> float:
        return self.least_watching if kind.watching else self.least

    def of(self, kind: Kind, priority: int) -> Plan:
        key = kind.number * PRIORITIES + priority
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = self.made(kind, self.price / weight_of(priority))
        return plan

    def made(self, kind: Kind, price: float) -> Plan:
        if kind.solution is None and kind.like is not None:
            kind = kind.like
        gaps = self._gaps(kind, price)
        if gaps is None:
            rough = np.sqrt(2 * price / (kind.weight * np.append(kind._rates, kind._rates[-1])))
            return Plan(np.maximum(rough, self.least).tolist(), None, math.inf)
        if math.isinf(kind.span):
            return Plan(_filled(gaps), None, math.inf)
        return Plan(self._to_deadline(kind, gaps), _filled(gaps[kind.split :]), kind.span)

    def _gaps(self, kind: Kind, price: float) -> np.ndarray | None:
        """Between the two nearest prices that were solved for; outside of them as the square root goes."""
        if kind.solution is None or len(kind.solution.gaps) != len(self.prices):
            return None
        solved = kind.solution.gaps
        inside = min(max(price, self.prices[0]), self.prices[-1])
        at = min(int(np.searchsorted(self.prices, inside, side="right")) - 1, len(self.prices) - 2)
        part = math.log(inside / self.prices[at]) / math.log(self.prices[at + 1] / self.prices[at])
        gaps = np.exp(np.log(solved[at]) * (1 - part) + np.log(solved[at + 1]) * part)
        return np.asarray(np.maximum(gaps * math.sqrt(price / inside), self.least))

    def _to_deadline(self, kind: Kind, gaps: np.ndarray) -> list[float]:
        """From the last edge before the deadline on, straight to the gap right at the deadline; what is older
        than usual and has its deadline still to come is looked at ten times until then."""
        edges, before = self.ages.edges, gaps[: kind.split]
        last = kind.split - 1
        beyond = np.full(BINS - last, max(self.least, _PART * kind.span))
        if len(beyond):
            width = (edges[last + 1] - edges[last]) / (kind.span - edges[last])
            beyond[0] = before[last] + width * (gaps[kind.split] - before[last])
        return _filled(np.concatenate([before, beyond]))


def _filled(gaps: np.ndarray) -> list[float]:
    """One for each edge, the last one repeated where there are fewer."""
    values: list[float] = gaps[: BINS + 1].tolist()
    return values + [values[-1]] * (BINS + 1 - len(values))


def due(plan: Plan, ages: Ages, entered: float, deadline: float, now: float) -> float:
    """When to look next after a look `now`."""
    if plan.after is not None and now >= deadline:
        return now + ages.between(plan.after, now - deadline)
    age = now - entered
    gap = ages.between(plan.before, age)
    if plan.after is None or deadline == math.inf:
        return now + gap
    just = _AT_ONCE * ages.unit
    left, usually_left = deadline - now, plan.span - age
    over = gap - usually_left
    if over >= 0 and left <= _SIMILAR * max(usually_left, 0.0) + _NEARLY * ages.unit:
        return deadline + max(over, just)
    if usually_left <= 0:
        gap = max(gap, _PART * plan.span)
    return now + (gap if gap <= left else left + just)


def dues(plan: Plan, ages: Ages, entered: np.ndarray, deadline: np.ndarray, now: np.ndarray) -> np.ndarray:
    """The same for many orders of one class and priority."""
    age = now - entered
    gap = np.interp(age, ages.edges, plan.before)
    if plan.after is None:
        return np.asarray(now + gap)
    just = _AT_ONCE * ages.unit
    left, usually_left = deadline - now, plan.span - age
    over = gap - usually_left
    crossing = (over >= 0) & (left <= _SIMILAR * np.maximum(usually_left, 0.0) + _NEARLY * ages.unit)
    gap = np.where(usually_left <= 0, np.maximum(gap, _PART * plan.span), gap)
    within = now + np.where(gap <= left, gap, left + just)
    early = np.where(crossing & np.isfinite(deadline), deadline + np.maximum(over, just), within)
    late = now + np.interp(now - np.minimum(deadline, now), ages.edges, plan.after)
    return np.asarray(np.where(now < deadline, early, late))


class Kinds:
    """All classes met so far."""

    def __init__(self, ages: Ages, priors: Priors) -> None:
        self._ages = ages
        self._priors = priors
        self._found: dict[tuple[str, bool, bool], Kind] = {}
        self.all: list[Kind] = []

    def __iter__(self) -> Iterator[Kind]:
        return iter(self.all)

    def of(self, state: str, watching: bool, dated: bool) -> Kind:
        kind = self._found.get((state, watching, dated))
        return kind or self._new(state, watching, dated)

    def _new(self, state: str, watching: bool, dated: bool) -> Kind:
        if len(self.all) >= MOST:
            state = _without_counter(state)
            if (known := self._found.get((state, watching, dated))) is not None:
                return known
        like = None if dated else self._like(state, watching)
        kind = Kind(
            len(self.all),
            state,
            watching=watching,
            dated=dated,
            ages=self._ages,
            priors=self._priors,
            like=like,
        )
        self.all.append(kind)
        self._found[state, watching, dated] = kind
        return kind

    def _like(self, state: str, watching: bool) -> Kind | None:
        plain = _without_counter(state)
        is_told_apart = plain != state and self._priors.of(plain) != self._priors.of(state)
        return None if plain == state or is_told_apart else self.of(plain, watching, False)

    def expected(self) -> None:
        """Meet the classes that those met so far are expected to lead to."""
        for kind in self.all:
            for target in [*kind.expected.then, *kind.expected.after_deadline]:
                if not any(known.state == target for known in self.all):
                    self._new(target, self._priors.of(target).watching, False)

    def staged(self) -> list[Kind]:
        """Those whose gaps are worth solving for."""
        needed = {kind.planned.number for kind in self.all if kind.orders}
        return [
            kind
            for kind in self.all
            if kind.planned is kind
            and not kind.recurring
            and (kind.number in needed or kind.expected.then or kind.dwell.seen)
        ]


def _without_counter(state: str) -> str:
    return "/".join(state.split("/")[:2])
