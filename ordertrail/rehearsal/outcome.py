"""What came of a rehearsal, by the words that people script."""

import hashlib

from ordertrail.rehearsal.part import Played
from ordertrail.rehearsal.scenario import Scenario
from ordertrail.rehearsal.scoring import FIGURES, Score

USED = 0.95
"""Of the budget, while any order is due."""


class Outcome:
    """Parts are added in the order of the scenario's providers."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._all = Played()
        self._digest = hashlib.sha256()

    def add(self, part: Played) -> None:
        self._all.add(part)
        self._digest.update(part.digest.encode())

    @property
    def score(self) -> Score:
        return self._all.score

    @property
    def exercised(self) -> dict[str, int]:
        """What went wrong, by name, and how often."""
        return dict(sorted(self._all.exercised.items()))

    @property
    def budget_used(self) -> float | None:
        """None where orders never had to wait."""
        return round(self._all.sent / self._all.allowed, 4) if self._all.allowed else None

    @property
    def holds(self) -> bool:
        used = self.budget_used
        return self.score.holds and not self._all.over_budget and (used is None or used >= USED)

    def told(self) -> dict[str, object]:
        scenario = self._scenario
        return {
            "seed": scenario.seed,
            "orders": scenario.orders,
            "days": scenario.days,
            "faults": sorted(scenario.faults),
            "providers": list(scenario.providers),
            "allowance": scenario.allowance,
            **{name: getattr(self.score, name) for name in FIGURES},
            "looks": self._all.looks,
            "over_budget": self._all.over_budget,
            "budget_used": self.budget_used,
            "uncounted": dict(sorted(self.score.uncounted.items())),
            "exercised": self.exercised,
            "digest": self._digest.hexdigest(),
            "holds": self.holds,
        }
