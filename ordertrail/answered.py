"""When a provider answered one worker: spans of answered looks, whichever orders they were at."""

from collections.abc import Sequence

from domain.instants import Instant
from domain.watch import Span

MOST = 64


class Answered:
    """Spans no further apart than `gap` microseconds; beyond so many the two oldest become one, its gap told
    as the longest."""

    def __init__(self, gap: int) -> None:
        self.gap = gap
        self._past: list[Span] = []
        self._first: Instant | None = None
        self._last: Instant = 0
        self._looks = 0
        self._longest = 0

    def add(self, asked_at: Instant, answered_at: Instant) -> None:
        if self._first is None:
            self._begin(asked_at, answered_at)
            return
        since = asked_at - self._last
        if since > self.gap:
            self._past = _fitting(self.spans, MOST - 1)
            self._begin(asked_at, answered_at)
            return
        self._looks += 1
        if since > self._longest:
            self._longest = since
        if answered_at > self._last:
            self._last = answered_at

    def resume(self, spans: Sequence[Span]) -> None:
        """Go on from what this worker said before it was started anew."""
        self._past = _fitting([*spans, *self._past], MOST - 1)

    @property
    def spans(self) -> list[Span]:
        if self._first is None:
            return self._past
        return [*self._past, Span(self._first, self._last, self._looks, self._longest, {})]

    def _begin(self, asked_at: Instant, answered_at: Instant) -> None:
        self._first, self._last, self._looks, self._longest = asked_at, answered_at, 1, 0


def _fitting(spans: list[Span], most: int) -> list[Span]:
    while len(spans) > most:
        one, other, *rest = spans
        longest = max(one.longest_gap, other.longest_gap, other.first - one.last)
        spans = [Span(one.first, other.last, one.looks + other.looks, longest, {}), *rest]
    return spans
