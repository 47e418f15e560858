"""How long orders stay in one class, and what for: cause-specific hazards by age, learned from intervals.

Events and exposure are counted on log bins of age, and on further ones of the time since the deadline once it
is past. A hazard is (n + α) / (e + α / h⁰): a Gamma prior of mean h⁰ and weight α. Wide bins are estimated
under the document's h⁰, each half of a bin under the bin's own estimate, so that a finer bin speaks for
itself only as far as it has seen events. Old events count less once there are enough new ones: forgetting is
by events, never by the clock, or rare states would be forgotten between two orders.
"""

import math
from collections.abc import Iterable, Mapping

import numpy as np

from ordertrail.scheduling.ages import BINS, Ages
from ordertrail.scheduling.facts import Expectation, Law

ALPHA = 0.5
"""Events that a prior is worth, over all ages."""

REFINING = 2.0
"""Events that a bin's estimate is worth to each of its halves."""

REMEMBERED = 1000.0
KEPT = 0.7
ELSEWHERE = "?"
"""The cause of what nothing lets expect."""

_WIDEST = 8
_RARE = 0.02
_FLOOR = 1 / 1000
_AFTER_DEADLINE = 60.0

Counts = list[float]


class Tally:
    """Events by target, and exposure, on one axis of bins. Adding exposure takes the same time however many
    bins it spans: bins entered and left are counted, and summed up when somebody asks."""

    def __init__(self, ages: Ages) -> None:
        self._ages = ages
        self.events: dict[str, Counts] = {}
        self.part: Counts = [0.0] * (BINS + 1)
        self.full: Counts = [0.0] * (BINS + 2)

    def exposed(self, start: float, first: int, end: float, last: int) -> None:
        """From age `start` in bin `first` to age `end` in bin `last`."""
        if first == last:
            self.part[first] += end - start
            return
        edges = self._ages.listed
        self.part[first] += edges[first + 1] - start
        self.full[first + 1] += 1.0
        self.full[last] -= 1.0
        self.part[last] += end - edges[last]

    def changed(self, target: str, place: int) -> None:
        counts = self.events.get(target)
        if counts is None:
            counts = self.events[target] = [0.0] * BINS
        counts[place] += 1.0

    def exposure(self) -> np.ndarray:
        full = np.cumsum(self.full[:BINS]) * np.diff(self._ages.edges)
        exposure: np.ndarray = np.maximum(full + np.array(self.part[:BINS]), 0.0)
        return exposure

    def scale(self, factor: float) -> None:
        self.part = [factor * value for value in self.part]
        self.full = [factor * value for value in self.full]
        for target, counts in self.events.items():
            self.events[target] = [factor * count for count in counts]

    def total(self) -> float:
        return sum(map(sum, self.events.values()))


class Dwell:
    """What is known of one class. `dated`: its orders have a deadline; `span`: seconds from entering it to
    the deadline, typically."""

    def __init__(self, ages: Ages, expected: Expectation, *, dated: bool, scale: float = 1.0) -> None:
        self.ages = ages
        self.before = Tally(ages)
        self.after = Tally(ages) if dated else None
        self.span = math.inf
        self.sights = 0
        self.seen = 0.0
        self._expected = expected
        self._scale = scale

    @property
    def targets(self) -> list[str]:
        learned = [*self.before.events, *(self.after.events if self.after else ())]
        told = [*self._expected.then, *self._expected.after_deadline, *(self._expected.laws or ())]
        return list(dict.fromkeys([*told, *learned, ELSEWHERE]))

    def aim(self, span: float) -> None:
        """One more order's time from entry to deadline. One beyond all ages is as good as none: some provider
        has said a time that is not to be believed."""
        if 0 < span < self.ages.last:
            self.span = span if self.span == math.inf else self.span + 0.05 * (span - self.span)

    def changed(self, target: str, place: int, *, late: bool) -> None:
        tally = self.after if late and self.after is not None else self.before
        tally.changed(target, place)
        self.seen += 1.0
        if self.seen > REMEMBERED:
            self.seen *= KEPT
            self.before.scale(KEPT)
            if self.after is not None:
                self.after.scale(KEPT)

    def hazards(self, *, fine: bool = True) -> Mapping[str, np.ndarray]:
        """By target, per bin of age. Never zero. Not `fine`: without what is finer than a factor of two of
        age, to draw by: drawing by the finer estimate would confirm whatever peaks it has between two
        looks."""
        expected, ages = self._expected, self.ages
        if expected.laws is not None:
            return _with_floor(_told(expected.laws, ages), ages)
        rate = 1.0 / (expected.dwell * self._scale)
        priors = {target: _prior(expected.then, target) * rate for target in self.targets}
        found = _learned(self.before, priors, fine)
        return _with_floor(found, ages) if expected.then else found

    def hazards_after(self, *, fine: bool = True) -> Mapping[str, np.ndarray]:
        """The same per bin of the time since the deadline."""
        if self.after is None:
            return {}
        rate = 1.0 / (_AFTER_DEADLINE * self._scale)
        told = self._expected.after_deadline or self._expected.then
        priors = {target: _prior(told, target) * rate for target in self.targets}
        return _with_floor(_learned(self.after, priors, fine), self.ages)


def _prior(then: Mapping[str, float], target: str) -> float:
    return max(then.get(target, 0.0), _RARE if target == ELSEWHERE or not then else _RARE / 4)


def _learned(tally: Tally, priors: Mapping[str, float], fine: bool) -> dict[str, np.ndarray]:
    exposure = tally.exposure()
    nothing = [0.0] * BINS
    found = {}
    for target, prior in priors.items():
        events = np.array(tally.events.get(target, nothing))
        wide = _wide(events, exposure, prior)
        found[target] = _refined(events, exposure, wide) if fine else _smoothed(wide)
    return found


def _wide(events: np.ndarray, exposure: np.ndarray, prior: float) -> np.ndarray:
    weight = ALPHA * _WIDEST / BINS
    return np.asarray((_sums(events, _WIDEST) + weight) / (_sums(exposure, _WIDEST) + weight / prior))


def _smoothed(wide: np.ndarray) -> np.ndarray:
    """Wide bins' estimates at their middles, logarithms straight between them."""
    middles = np.arange(len(wide)) * _WIDEST + (_WIDEST - 1) / 2
    return np.asarray(np.exp(np.interp(np.arange(BINS), middles, np.log(wide))))


def _refined(events: np.ndarray, exposure: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """From wide bins to narrow ones, each under the estimate of the one it is a half of."""
    width = _WIDEST
    while width > 1:
        width //= 2
        parent = np.repeat(estimate, 2)
        estimate = (_sums(events, width) + REFINING) / (_sums(exposure, width) + REFINING / parent)
    return estimate


def _sums(values: np.ndarray, width: int) -> np.ndarray:
    return np.asarray(values.reshape(-1, width).sum(axis=1))


def _told(laws: Mapping[str, Law], ages: Ages) -> dict[str, np.ndarray]:
    """Hazards from the probabilities of having left for each target by an age."""
    incidence = {target: np.diff(law(ages.edges)) for target, law in laws.items()}
    alive = 1.0 - np.concatenate([[0.0], np.cumsum(_sum(incidence.values()))])
    alive = np.maximum(alive, 1e-9)
    total = -np.log(np.maximum(alive[1:], 1e-9) / alive[:-1]) / np.diff(ages.edges)
    left = np.maximum(_sum(incidence.values()), 1e-300)
    return {target: total * values / left for target, values in incidence.items()}


def _sum(values: Iterable[np.ndarray]) -> np.ndarray:
    total: np.ndarray = np.sum(list(values), axis=0)
    return total


def _with_floor(hazards: Mapping[str, np.ndarray], ages: Ages) -> dict[str, np.ndarray]:
    """What is overdue by far beyond all that was seen may still happen: 1 / (1000 age) at the least."""
    middles = (ages.edges[1:] + ages.edges[:-1]) / 2
    lacking = np.maximum(0.0, _FLOOR / (middles + ages.unit) - _sum(hazards.values()))
    lacking = np.maximum(lacking, 1e-12)
    return {**hazards, ELSEWHERE: hazards.get(ELSEWHERE, np.zeros(BINS)) + lacking}
