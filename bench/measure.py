"""Ratios of ours to a baseline, measured turn by turn in one run."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """`ours` and `baseline` in `unit`; the goal is a ratio, at least it or (`most`) at most it."""

    case: str
    ours: float
    baseline: float
    goal: float
    unit: str
    n: int
    most: bool = False

    @property
    def ratio(self) -> float:
        return self.ours / self.baseline

    @property
    def holds(self) -> bool:
        return self.ratio <= self.goal if self.most else self.ratio >= self.goal

    def line(self) -> dict[str, str | float | int | bool]:
        return {
            "case": self.case,
            "ours": round(self.ours, 1),
            "baseline": round(self.baseline, 1),
            "ratio": round(self.ratio, 3),
            "goal": self.goal,
            "unit": self.unit,
            "n": self.n,
            "holds": self.holds,
        }


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def rates(n: int, spent: list[float]) -> float:
    """Things a second, by the median turn of `n` things."""
    return n / median(spent)
