"""What to ask next, of one provider: the schedule its orders are in, and when watching one ends.

Times are UTC microseconds, durations too; `pace` scales every gap.
"""

from typing import Protocol

from domain.instants import Instant
from domain.phases import WATCHED_AFTER, Phase
from domain.watch import PATIENCE
from ordertrail.scheduling.documents import priors
from ordertrail.scheduling.schedule import Schedule

LEAST = 5.0
LEAST_WATCHING = 60.0
"""Seconds between two looks at an order, however large the budget: open, and after a final phase. Half of
the bound, if that is less."""


class Policy(Protocol):
    def schedule(self, provider: str, rate: float | None, seed: int) -> Schedule:
        """For a provider's orders; `rate`: requests a second, None: as many as one likes."""
        ...

    def ended(self, phase: Phase | None, since: Instant | None, now: Instant) -> bool:
        """Whether watching an order has gone on for long enough, which is over since then."""
        ...


class Freshest(Policy):
    """Changes are seen as early as the budget allows.

    `pace` scales what is expected of states and the shortest gaps: 0.01 is for lives a hundred times as fast.
    `bound`: seconds between two looks at any order, None: what takes a tenth of the budget. `watch_for`: how
    long an order is watched after a final phase. These two are not scaled.
    """

    def __init__(
        self,
        *,
        pace: float = 1.0,
        least: float = LEAST,
        least_watching: float = LEAST_WATCHING,
        bound: float | None = None,
        watch_for: int = PATIENCE.watch_for,
    ) -> None:
        self._pace = pace
        self._least = least
        self._least_watching = least_watching
        self._bound = bound
        self._watch_for = watch_for

    def schedule(self, provider: str, rate: float | None, seed: int) -> Schedule:
        return Schedule(
            rate=float("inf") if rate is None else rate,
            priors=priors(provider, self._pace),
            bound=self._bound,
            least=self._shortest(self._least),
            least_watching=self._shortest(self._least_watching),
            seed=seed,
        )

    def _shortest(self, least: float) -> float:
        return least * self._pace if self._bound is None else min(least * self._pace, self._bound / 2)

    def ended(self, phase: Phase | None, since: Instant | None, now: Instant) -> bool:
        return phase in WATCHED_AFTER and since is not None and now - since >= self._watch_for
