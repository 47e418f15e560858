"""The grid that ages and gaps are told on: geometric, but linear below one unit."""

import math

import numpy as np

BINS = 192
PER_FOLD = 12.0
"""Bins for each factor e of age: neighbours differ by 8.7 %; 192 of them reach a hundred days of seconds."""

_RATIO = 1.17


class Ages:
    """Edges `unit * (e^(k/12) - 1)`, k = 0 … 192. `unit`: a second, or less where time is scaled."""

    def __init__(self, unit: float = 1.0) -> None:
        self.unit = unit
        self.edges = unit * np.expm1(np.arange(BINS + 1) / PER_FOLD)
        self.listed: list[float] = self.edges.tolist()
        self.per_width: list[float] = (1.0 / np.diff(self.edges)).tolist()
        self.last = float(self.edges[-1])

    def place(self, age: float) -> int:
        """The bin of an age; what is older than all is in the last one."""
        place = int(math.log1p(age / self.unit) * PER_FOLD) if age > 0 else 0
        return place if place < BINS else BINS - 1

    def between(self, values: list[float], age: float) -> float:
        """What is told at edges, at an age between two of them."""
        place = self.place(age)
        value = values[place]
        return value + (age - self.listed[place]) * self.per_width[place] * (values[place + 1] - value)

    def gaps(self, least: float, longest: float) -> np.ndarray:
        """Lengths of gaps to choose from, geometric, shortest first."""
        longest = min(max(longest, 2 * least), self.last)
        count = math.ceil(math.log(longest / least) / math.log(_RATIO)) + 1
        return np.asarray(least * _RATIO ** np.arange(count))
