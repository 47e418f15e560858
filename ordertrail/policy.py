"""What to ask next: when an order is due for its next look. Pure; times are UTC microseconds."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from domain.instants import DAY, HOUR, MINUTE, SECOND, Instant
from domain.phases import FINAL, Phase
from domain.watch import PATIENCE

USUAL_PRIORITY = 5


class Standing(NamedTuple):
    """What a policy may know of an order. `since`: end of the interval in which it reached its state;
    `last`: end of the last look at it; `failures`: failed looks in a row."""

    phase: Phase | None
    since: Instant | None
    last: Instant | None
    failures: int = 0
    priority: int = USUAL_PRIORITY
    deadline: Instant | None = None


class Policy(Protocol):
    """`grain`: how finely its due times matter, in seconds."""

    grain: float

    def due(self, standing: Standing, now: Instant) -> Instant:
        """When the next look is due, given that the last one ended `now`."""
        ...

    def ended(self, standing: Standing, now: Instant) -> bool:
        """Whether watching an order that is over has gone on for long enough."""
        ...


WATCHED_AFTER = frozenset({*FINAL, Phase.FORGOTTEN})
CADENCE: Mapping[Phase | None, int] = {
    None: 30 * SECOND,
    Phase.AWAITING_PAYMENT: MINUTE,
    Phase.CONFIRMING: 2 * MINUTE,
    Phase.PROCESSING: 30 * SECOND,
}
BOUND = 30 * MINUTE
_SLOWING = 20
_AFTER_DEADLINE = SECOND
_FIRST_RETRY = 5 * SECOND


class PlainPolicy:
    """A cadence per phase that slows down with age; after a final phase the gap doubles from 1 h to 24 h.

    `pace` scales every gap: 0.01 asks a hundred times as often. `watch_for` is how long an order is watched
    after a final phase; it is not scaled.
    """

    def __init__(
        self,
        *,
        pace: float = 1.0,
        cadence: Mapping[Phase | None, int] = CADENCE,
        bound: int = BOUND,
        watch_for: int = PATIENCE.watch_for,
    ) -> None:
        self.grain = min(1.0, max(0.01, pace))
        self._pace = pace
        self._cadence = cadence
        self._bound = bound
        self._watch_for = watch_for

    def due(self, standing: Standing, now: Instant) -> Instant:
        if standing.last is None:
            return now
        gap = self._gap(standing, now)
        if standing.failures:
            gap = min(gap, self._retry(standing.failures))
        due = now + gap
        if standing.deadline is not None and now <= standing.deadline < due:
            return standing.deadline + _AFTER_DEADLINE
        return due

    def ended(self, standing: Standing, now: Instant) -> bool:
        over = standing.phase in WATCHED_AFTER and standing.since is not None
        return over and now - (standing.since or 0) >= self._watch_for

    def _gap(self, standing: Standing, now: Instant) -> int:
        age = 0 if standing.since is None else max(0, now - standing.since)
        if standing.phase in WATCHED_AFTER:
            return self._scaled(min(DAY, HOUR + int(age / self._pace)))
        cadence = self._cadence[standing.phase]
        slowed = max(cadence, int(age / self._pace) // _SLOWING)
        weight = max(standing.priority, 0.5) / USUAL_PRIORITY
        return self._scaled(min(self._bound, slowed / weight**0.5))

    def _retry(self, failures: int) -> int:
        return self._scaled(_FIRST_RETRY * 2 ** min(failures - 1, 20))

    def _scaled(self, gap: float) -> int:
        return max(1, int(gap * self._pace))
