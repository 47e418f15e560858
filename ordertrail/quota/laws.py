"""Laws of how long a state lasts. Seconds; `sample` draws, `cdf` is the chance of no more than so long."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Draw = np.random.Generator
_ENOUGH = 1e-12


class Law(Protocol):
    @property
    def mean(self) -> float: ...
    def sample(self, rng: Draw, n: int) -> Numbers: ...
    def cdf(self, at: Numbers) -> Numbers: ...


@dataclass(frozen=True)
class LogNormal:
    median: float
    sigma: float

    @property
    def mean(self) -> float:
        return self.median * math.exp(self.sigma**2 / 2)

    def sample(self, rng: Draw, n: int) -> Numbers:
        return self.median * np.exp(self.sigma * rng.standard_normal(n))

    def cdf(self, at: Numbers) -> Numbers:
        def below(age: float) -> float:
            if age <= 0:
                return 0.0
            return 0.5 * math.erfc(-math.log(age / self.median) / (self.sigma * math.sqrt(2)))

        return _each(below, at)


@dataclass(frozen=True)
class Gamma:
    """`least` seconds, and then `shape` waits of `scale` seconds on average, such as blocks are."""

    least: float
    shape: float
    scale: float

    @property
    def mean(self) -> float:
        return self.least + self.shape * self.scale

    def sample(self, rng: Draw, n: int) -> Numbers:
        return self.least + rng.gamma(self.shape, self.scale, n)

    def cdf(self, at: Numbers) -> Numbers:
        return _each(lambda age: _incomplete_gamma(self.shape, (age - self.least) / self.scale), at)


@dataclass(frozen=True)
class Between:
    """Any moment of a stretch, each as likely."""

    first: float
    last: float

    @property
    def mean(self) -> float:
        return (self.first + self.last) / 2

    def sample(self, rng: Draw, n: int) -> Numbers:
        return rng.uniform(self.first, self.last, n)

    def cdf(self, at: Numbers) -> Numbers:
        return clipped((at - self.first) / max(self.last - self.first, _ENOUGH))


@dataclass(frozen=True)
class Slowed:
    """Another law, with every time so many times as long."""

    law: Law
    factor: float

    @property
    def mean(self) -> float:
        return self.law.mean * self.factor

    def sample(self, rng: Draw, n: int) -> Numbers:
        return self.law.sample(rng, n) * self.factor

    def cdf(self, at: Numbers) -> Numbers:
        return self.law.cdf(at / self.factor)


@dataclass(frozen=True)
class Weighed:
    """Drawn again from what was seen: (at least, at most, weight), any moment between as likely."""

    spans: tuple[tuple[float, float, float], ...]

    @property
    def mean(self) -> float:
        table = np.array(self.spans)
        return float((table[:, :2].mean(axis=1) * table[:, 2]).sum() / table[:, 2].sum())

    def sample(self, rng: Draw, n: int) -> Numbers:
        table = np.array(self.spans)
        chosen = table[rng.choice(len(table), size=n, p=table[:, 2] / table[:, 2].sum())]
        return np.asarray(chosen[:, 0] + rng.random(n) * (chosen[:, 1] - chosen[:, 0]))

    def cdf(self, at: Numbers) -> Numbers:
        table = np.array(self.spans)
        total = np.zeros_like(at)
        for first, last, weight in self.spans:
            total += weight * Between(first, last).cdf(at)
        return np.asarray(total / table[:, 2].sum())


def clipped(shares: Numbers) -> Numbers:
    """Kept within 0 and 1."""
    return np.asarray(np.minimum(np.maximum(shares, 0.0), 1.0))


def _each(below: Callable[[float], float], at: Numbers) -> Numbers:
    return np.array([below(float(age)) for age in at])


def _incomplete_gamma(shape: float, x: float) -> float:
    """The regularised lower incomplete gamma function: a series below the mean, then a continued fraction."""
    if x <= 0:
        return 0.0
    front = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1:
        return min(1.0, front * _series(shape, x))
    return max(0.0, 1.0 - front * _fraction(shape, x))


def _series(shape: float, x: float) -> float:
    term = total = 1.0 / shape
    n = shape
    while term > total * _ENOUGH:
        n += 1
        term *= x / n
        total += term
    return total


def _fraction(shape: float, x: float) -> float:
    """Lentz's algorithm."""
    tiny = 1e-300
    b = x + 1 - shape
    c, d = 1 / tiny, 1 / b
    value = d
    for i in range(1, 1000):
        step = -i * (i - shape)
        b += 2
        d = 1 / (_off_zero(step * d + b, tiny))
        c = _off_zero(b + step / c, tiny)
        value *= d * c
        if abs(d * c - 1) < _ENOUGH:
            break
    return value


def _off_zero(value: float, tiny: float) -> float:
    return tiny if abs(value) < tiny else value
