"""The longest time between two looks at an order: that it is kept, what it costs, what is said if it is not.

`claim` is the share of the budget that keeping the bound takes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from bench import poisson
from bench.cells import DAY, WHOLE, Cell, Size, cell
from bench.watched import Watched
from ordertrail.quota.known_fleets import FLEETS
from ordertrail.quota.ours import Ours, learned
from ordertrail.quota.paths import Paths, draw_paths, residence
from ordertrail.quota.score import score
from ordertrail.quota.world import Played, Trial, play

CLAIM, COST = 0.15, 1.08
TOO_MUCH, OVER_ANNOUNCED, ANNOUNCED = 1.5, 1.1, 60.0
DAYS = 4.0
UNBOUNDED = 90 * DAY
ORDERS = 10_000
POISSON = ("log-normal", "log-uniform")


@dataclass(frozen=True)
class _Bounded:
    """Paths under a budget, with the policy for a bound."""

    paths: Paths
    budget: float
    rates: np.ndarray | None
    seed: int

    @property
    def orders(self) -> float:
        return float(residence(self.paths)[0].sum())

    def policy(self, bound: float) -> Ours:
        if self.rates is None:
            return learned(self.paths, self.budget, bound=bound, seed=self.seed)
        return poisson.policy(
            self.paths, float(self.rates.mean()), self.budget, rates=self.rates, bound=bound, seed=self.seed
        )

    def played(self, bound: float) -> tuple[Played, Watched]:
        watched = Watched(self.policy(bound))
        return play(self.paths, watched, Trial(self.budget, self.warm)), watched

    @property
    def warm(self) -> float:
        return self.paths.until / 2

    def bound(self, claim: float) -> float:
        return self.orders / (self.budget / 60 * claim)


def run(size: Size = WHOLE) -> Iterator[Cell]:
    until = (size.days or DAYS) * DAY
    for bounded in _all(size, until):
        yield _feasible(bounded)
        yield _infeasible(bounded)


def _all(size: Size, until: float) -> Iterator[_Bounded]:
    orders = size.orders or ORDERS
    for name in POISSON:
        if size.takes(name):
            budget = orders * 0.03
            rates, paths = poisson.draw(name, orders, budget, until, size.seed)
            yield _Bounded(paths, budget, rates, size.seed)
    for name, whole in FLEETS.items():
        if size.takes(name):
            fleet = whole.part(min(1.0, orders / ORDERS))
            yield _Bounded(draw_paths(fleet, until, size.seed), fleet.budget, None, size.seed)


def _feasible(bounded: _Bounded) -> Cell:
    free, _ = bounded.played(UNBOUNDED)
    unbounded = score(free, bounded.warm).mean
    bound = bounded.bound(CLAIM)
    played, watched = bounded.played(bound)
    scored = score(played, bounded.warm)
    made = cell(
        f"claim {CLAIM}", bounded.seed, played, scored, baseline="no bound", baseline_s=unbounded, goal=COST
    )
    kept = played.longest_gap <= bound
    return replace(
        made,
        bound_promised_s=bound,
        bound_effective_s=watched.most_effective,
        met=made.holds and kept,
    )


def _infeasible(bounded: _Bounded) -> Cell:
    """Held against what is announced: the longest gap, not lateness."""
    bound = bounded.bound(TOO_MUCH)
    played, watched = bounded.played(bound)
    scored = score(played, bounded.warm)
    said = watched.first_stretched_after(0.0)
    ratio = played.longest_gap / watched.most_effective
    made = cell(f"claim {TOO_MUCH}", bounded.seed, played, scored)
    return replace(
        made,
        bound_promised_s=bound,
        bound_effective_s=watched.most_effective,
        baseline="bound announced",
        baseline_s=watched.most_effective,
        ratio=ratio,
        goal=OVER_ANNOUNCED,
        met=ratio <= OVER_ANNOUNCED and said is not None and said <= ANNOUNCED,
    )
