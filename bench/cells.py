"""One line of a benchmark in virtual time: a policy on a fleet, what came of it, what it is held against."""

from dataclasses import asdict, dataclass, replace

import numpy as np

from ordertrail.quota.score import Score
from ordertrail.quota.world import Played

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


@dataclass(frozen=True)
class Size:
    """How much of a benchmark is run. `orders` and `days` None: as many as the goals ask for. `only`: names
    of fleets; empty: all."""

    seed: int = 1
    orders: int | None = None
    days: float | None = None
    only: tuple[str, ...] = ()

    def takes(self, name: str) -> bool:
        return not self.only or name in self.only


WHOLE = Size()


@dataclass(frozen=True)
class Cell:
    """Seconds; `ratio` is mean_s over what the goal names, and None where a goal is none."""

    case: str
    fleet: str
    seed: int
    n: int
    budget_per_min: float
    policy: str
    mean_s: float
    p50_s: float
    p99_s: float
    open_mean_s: float
    changes: int
    looks: int
    utilisation: float
    longest_gap_s: float
    bound_promised_s: float | None = None
    bound_effective_s: float | None = None
    optimum_s: float | None = None
    lower_bound_s: float | None = None
    baseline: str | None = None
    baseline_s: float | None = None
    ratio: float | None = None
    goal: float | None = None
    met: bool | None = None

    def against(self, baseline: str, seconds: float, goal: float) -> "Cell":
        return replace(self, baseline=baseline, baseline_s=seconds, ratio=self.mean_s / seconds, goal=goal)

    @property
    def holds(self) -> bool:
        if self.met is not None:
            return self.met
        return self.goal is None or (self.ratio is not None and self.ratio <= self.goal)

    def line(self) -> dict[str, str | float | int | bool]:
        told = {key: value for key, value in asdict(self).items() if key != "met" and value is not None}
        return {**{key: _short(value) for key, value in told.items()}, "holds": self.holds}


@dataclass(frozen=True)
class Verdict:
    """A goal for many cells at once."""

    case: str
    baseline: str
    seed: int
    n: int
    ratio: float
    goal: float

    @property
    def holds(self) -> bool:
        return self.ratio <= self.goal

    def line(self) -> dict[str, str | float | int | bool]:
        return {**asdict(self), "ratio": round(self.ratio, 4), "holds": self.holds}


def cell(
    case: str,
    seed: int,
    played: Played,
    scored: Score,
    *,
    optimum: float | None = None,
    lower_bound: float | None = None,
    baseline: str | None = None,
    baseline_s: float | None = None,
    goal: float | None = None,
) -> Cell:
    """The ratio is to `baseline_s`."""
    return Cell(
        case=case,
        fleet=played.paths.fleet.name,
        seed=seed,
        n=round(played.tracked),
        budget_per_min=played.trial.budget,
        policy=played.policy,
        mean_s=scored.mean,
        p50_s=scored.p50,
        p99_s=scored.p99,
        open_mean_s=scored.open_mean,
        changes=scored.changes,
        looks=played.looks,
        utilisation=played.utilisation,
        longest_gap_s=played.longest_gap,
        optimum_s=optimum,
        lower_bound_s=lower_bound,
        baseline=baseline,
        baseline_s=baseline_s,
        ratio=None if baseline_s is None else scored.mean / baseline_s,
        goal=goal,
    )


def _short(value: str | float) -> str | float:
    if isinstance(value, str) or not np.isfinite(value):
        return value if isinstance(value, str) else str(value)
    return round(value, 4 if abs(value) < 10 else 1)
