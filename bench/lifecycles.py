"""Mean lateness of orders that live through states, over the least possible and over what others do.

`steady`: fleets are as old as ever from the beginning, and the score begins half way, when the policy has
learned. `from the start` scores all of it, with prior means right and wrong.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.cells import DAY, WHOLE, Cell, Size, Verdict, cell
from ordertrail.quota.baselines import BASELINES
from ordertrail.quota.bound import Relaxed
from ordertrail.quota.fleets import Fleet
from ordertrail.quota.known_fleets import FLEETS
from ordertrail.quota.ours import best_blurs, learned, told
from ordertrail.quota.paths import Paths, draw_paths
from ordertrail.quota.score import score
from ordertrail.quota.world import Policy, Trial, play

BUDGETS = (0.5, 1.0, 2.0)
DAYS, WARM_SHARE = 8.0, 0.5
START_DAYS = 6.0
PRIORS = {"right": 1.0, "/10": 0.1, "x10": 10.0}
LOWER_BOUND_WORST, LOWER_BOUND_MEAN = 1.30, 1.15
TOLD, TOLD_FROM_START = 1.05, {"right": 1.10, "/10": 1.10, "x10": 1.30}


@dataclass(frozen=True)
class Goal:
    """Ratios to a baseline: the worst cell, runa's worst where that is another, and the geometric mean."""

    worst: float
    runa: float | None = None
    mean: float | None = None

    def of(self, fleet: str) -> float:
        return self.runa if fleet == "runa" and self.runa is not None else self.worst


GOALS: Mapping[str, Goal] = {
    "round_robin": Goal(0.35, mean=0.10),
    "cadence": Goal(0.40, runa=0.75),
    "best_cadence": Goal(0.45, runa=0.80),
    "ladder": Goal(0.55, mean=0.15),
}


def run(size: Size = WHOLE) -> Iterator[Cell | Verdict]:
    found: list[Cell] = []
    for fleet in chosen(size):
        for share in BUDGETS:
            for made in steady(fleet, share, size):
                found.append(made)
                yield made
        for made in _from_start(fleet, size):
            yield made
    yield from _verdicts(found, size)


def chosen(size: Size) -> list[Fleet]:
    """The fleets asked for; `orders` makes each smaller, with its budget, in proportion to ordinalsbot's."""
    part = 1.0 if size.orders is None else min(1.0, size.orders / 10_000)
    return [fleet.part(part) for fleet in FLEETS.values() if size.takes(fleet.name)]


def steady(fleet: Fleet, share: float, size: Size) -> Iterator[Cell]:
    budget = fleet.budget * share
    until = (size.days or DAYS) * DAY
    warm = until * WARM_SHARE
    paths = draw_paths(fleet, until, size.seed)
    bound = Relaxed(fleet).bound(budget).lateness

    def cells(policy: Policy) -> tuple[float, Cell]:
        played = play(paths, policy, Trial(budget, warm))
        scored = score(played, warm)
        return scored.mean, cell("steady", size.seed, played, scored, lower_bound=bound)

    _, ours = cells(learned(paths, budget, seed=size.seed))
    yield ours.against("lower_bound", bound, LOWER_BOUND_WORST)
    told_mean, _ = cells(told(paths, budget, blurs=best_blurs(fleet, budget), seed=size.seed))
    yield ours.against("told", told_mean, TOLD)
    for name, baseline in BASELINES.items():
        other, _ = cells(baseline(paths, budget))
        yield ours.against(name, other, GOALS[name].of(fleet.name))


def _from_start(fleet: Fleet, size: Size) -> Iterator[Cell]:
    """Learned with right and wrong prior means over told, nothing left out."""
    until = (size.days or START_DAYS) * DAY
    paths = draw_paths(fleet, until, size.seed)
    knowing = _whole(
        paths, told(paths, fleet.budget, blurs=best_blurs(fleet, fleet.budget), seed=size.seed), fleet.budget
    )
    for prior, factor in PRIORS.items():
        asked = learned(paths, fleet.budget, factor=factor, seed=size.seed)
        played = play(paths, asked, Trial(fleet.budget))
        yield cell(
            f"from the start, prior {prior}",
            size.seed,
            played,
            score(played),
            baseline="told",
            baseline_s=knowing,
            goal=TOLD_FROM_START[prior],
        )


def _whole(paths: Paths, policy: Policy, budget: float) -> float:
    return score(play(paths, policy, Trial(budget))).mean


def _verdicts(found: list[Cell], size: Size) -> Iterator[Verdict]:
    """What is asked of all cells together."""

    def ratios(baseline: str) -> list[float]:
        return [one.ratio for one in found if one.baseline == baseline and one.ratio is not None]

    over = ratios("lower_bound")
    yield Verdict(
        "steady, mean of the cells", "lower_bound", size.seed, len(over), _mean(over), LOWER_BOUND_MEAN
    )
    for name, goal in GOALS.items():
        if goal.mean is not None:
            over = ratios(name)
            mean = math.exp(_mean([math.log(ratio) for ratio in over]))
            yield Verdict("steady, geometric mean of the cells", name, size.seed, len(over), mean, goal.mean)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
