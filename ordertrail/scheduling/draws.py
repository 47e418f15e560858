"""When it happened: one draw of the moment of a change from the interval it is known to lie in.

Changes are censored to intervals, and so is the entry before them (Turnbull 1976; De Gruttola & Lagakos
1989). A draw from the hazards of now stands for what was not seen, the hazards learn from the draw:
stochastic EM on line (Celeux & Diebolt 1985; Cappé & Moulines 2009). Where steps were skipped, several ways
to place them all are drawn and one is chosen by how well the further steps fit into the time left: a state of
0.6 s seen only within gaps of 30 s must not come out as one of 15 s.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from random import Random

import numpy as np

from ordertrail.scheduling.ages import Ages

_PATHS = 12
_TRIES = 8


class Curve:
    """Cumulative hazard of one class by age, in all, and what part of it leads where."""

    def __init__(self, ages: Ages, hazards: Mapping[str, np.ndarray]) -> None:
        total = np.sum(list(hazards.values()), axis=0)
        self.edges = ages.listed
        self.rates: list[float] = total.tolist()
        self.summed: list[float] = np.concatenate([[0.0], np.cumsum(total * np.diff(ages.edges))]).tolist()
        self.shares: dict[str, list[float]] = {t: (h / total).tolist() for t, h in hazards.items()}

    def at(self, age: float) -> float:
        place = min(bisect_right(self.edges, age) - 1, len(self.rates) - 1)
        return self.summed[place] + self.rates[place] * max(0.0, age - self.edges[place])

    def age_at(self, hazard: float) -> float:
        place = min(bisect_right(self.summed, hazard) - 1, len(self.rates) - 1)
        return self.edges[place] + (hazard - self.summed[place]) / self.rates[place]

    def share(self, target: str, age: float) -> float:
        shares = self.shares.get(target)
        if shares is None:
            return 1e-3
        return shares[min(bisect_right(self.edges, age) - 1, len(shares) - 1)]

    def drawn(self, target: str, start: float, end: float, rng: Random) -> tuple[float, float]:
        """An age within (start, end] at which it is left for the target, and how likely leaving by then
        is."""
        begins = self.at(start)
        mass = -math.expm1(begins - self.at(end))
        age = end
        for _ in range(_TRIES):
            age = self.age_at(begins - math.log1p(-rng.random() * mass))
            if rng.random() < self.share(target, age):
                break
        age = min(max(age, start), end)
        return age, mass * self.share(target, age)


class Before:
    """The class an order was in: `entered` then, its hazards after the deadline those of `late`."""

    def __init__(self, curve: Curve, entered: float, late: Curve | None, deadline: float) -> None:
        self._curve = curve
        self._entered = entered
        self._late = late
        self._deadline = deadline

    def drawn(self, target: str, last: float, now: float, rng: Random) -> tuple[float, float]:
        """A moment within (last, now], and how likely leaving by then is."""
        entered, deadline = self._entered, self._deadline
        if self._late is None or now <= deadline:
            age, mass = self._curve.drawn(target, max(0.0, last - entered), now - entered, rng)
            return entered + age, mass
        start = max(last, deadline)
        late = self._late.at(now - deadline) - self._late.at(start - deadline)
        early = 0.0
        if last < deadline:
            early = self._curve.at(deadline - entered) - self._curve.at(max(0.0, last - entered))
        before = -math.expm1(-early) * self._curve.share(target, deadline - entered)
        after = math.exp(-early) * -math.expm1(-late) * self._late.share(target, now - deadline)
        if rng.random() * (before + after) < before:
            age, mass = self._curve.drawn(target, max(0.0, last - entered), deadline - entered, rng)
            return entered + age, mass
        age, mass = self._late.drawn(target, start - deadline, now - deadline, rng)
        return deadline + age, mass


def drawn_path(
    before: Before, steps: Sequence[str], curves: Sequence[Curve], last: float, now: float, rng: Random
) -> tuple[list[float], float]:
    """When each step was taken, in order; and when the last one was on average, as likely as each way is.

    `curves`: of the classes stepped into, the last one included.
    """
    paths, weights = [], []
    for _ in range(_PATHS):
        at, weight = before.drawn(steps[0], last, now, rng)
        path = [at]
        for target, curve in zip(steps[1:], curves, strict=False):
            age, mass = curve.drawn(target, 0.0, now - at, rng)
            at, weight = at + age, weight * mass
            path.append(at)
        paths.append(path)
        weights.append(weight * math.exp(-min(700.0, curves[-1].at(now - at))) + 1e-300)
    mean = sum(weight * path[-1] for weight, path in zip(weights, paths, strict=True)) / sum(weights)
    return rng.choices(paths, weights)[0], mean
