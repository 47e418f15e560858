"""What the looks at one order add up to, beside the log: the last good look, patience, and coverage.

Coverage says when we were watching: spans of looks no further apart than the gap G. It is never part of read
models; losing the newest of it (a crash) only makes intervals wider and counts lower, never wrong.
"""

from typing import NamedTuple

import msgspec

from domain.instants import DAY, HOUR, MINUTE, SECOND, Instant
from domain.readings import Look

MAX_SPANS = 64


class Patience(NamedTuple):
    """How long we wait before saying something of what we could not see. Microseconds, and counts."""

    failures: int = 5
    failing_for: int = 5 * MINUTE
    unseen_looks: int = 3
    unseen_for: int = 15 * MINUTE
    vanished_looks: int = 3
    vanished_for: int = 10 * MINUTE
    watch_for: int = 90 * DAY
    clock_error: int = SECOND
    coverage_gap: int = HOUR


PATIENCE = Patience()


class Span(msgspec.Struct, frozen=True, gc=False):
    """Looks from `first` (a look's start) to `last` (a look's end) with no gap above G between their ends."""

    first: Instant
    last: Instant
    looks: int
    longest_gap: int
    failures: dict[str, int]


class Watch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`digest` and `meaning` are of the last judged body; `good`: it proved the present state.
    `shown_from` is the effective start of the last look that did, timed by `clock`; `given` the monotonic
    end, on `given_clock`, of the look that gave the state; `looks` counts since the last event.
    """

    digest: bytes | None = None
    meaning: bytes | None = None
    good: bool = False
    shown_from: Instant | None = None
    clock: str = ""
    offset: int = 0
    given: Instant | None = None
    given_clock: str = ""
    failures: int = 0
    failing_since: Instant | None = None
    unseen: int = 0
    unseen_since: Instant | None = None
    looks: int = 0
    first: Instant | None = None
    last: Instant | None = None
    span_looks: int = 0
    longest_gap: int = 0
    counts: dict[str, int] = {}
    past: list[Span] = []

    @property
    def calm(self) -> bool:
        """Nothing is pending that an unchanged answer would have to resolve."""
        return self.failures == 0 and self.unseen == 0

    @property
    def spans(self) -> list[Span]:
        """All coverage, oldest first."""
        if self.first is None or self.last is None:
            return self.past
        return [*self.past, Span(self.first, self.last, self.span_looks, self.longest_gap, self.counts)]


Fields = dict[str, int | str | bytes | dict[str, int] | list[Span] | None]
"""What to replace in a watch."""


def looked(watch: Watch, look: Look, gap: int, counted: str | None = None) -> Watch:
    """One more look in the coverage; `counted` is the counter it adds to, e.g. `timeout` or `late`."""
    return msgspec.structs.replace(watch, **coverage(watch, look, gap, counted))


def coverage(watch: Watch, look: Look, gap: int, counted: str | None = None) -> Fields:
    """The fields of a watch by one more look; `gap` is the longest without a look within a span."""
    since = None if watch.last is None else max(0, look.answered_at - watch.last)
    if since is None or since > gap:
        past = watch.past if since is None else _merged(watch.spans)
        return _begun(look, watch.looks + 1, past, {counted: 1} if counted else {})
    fields: Fields = {"span_looks": watch.span_looks + 1, "looks": watch.looks + 1}
    if since:
        fields["last"] = look.answered_at
    if since > watch.longest_gap:
        fields["longest_gap"] = since
    if counted:
        fields["counts"] = {**watch.counts, counted: watch.counts.get(counted, 0) + 1}
    return fields


def _begun(look: Look, looks: int, past: list[Span], counts: dict[str, int]) -> Fields:
    return {
        "first": look.asked_at,
        "last": look.answered_at,
        "span_looks": 1,
        "longest_gap": 0,
        "looks": looks,
        "past": past,
        "counts": counts,
    }


def unchanged(watch: Watch, look: Look, gap: int) -> Watch:
    """The same answer once more: a good one proves the state until this look's effective start."""
    fields = coverage(watch, look, gap)
    if watch.good and later(watch, look):
        fields |= proof(look)
    return msgspec.structs.replace(watch, **fields)


def proof(look: Look) -> Fields:
    """The fields of a watch by a look that shows the present state."""
    return {"shown_from": look.effective_start, "clock": look.clock.name, "offset": look.clock.offset}


def gift(look: Look) -> Fields:
    """The fields of a watch by a look that gave the present state."""
    return {"given": look.answered_at - look.clock.offset, "given_clock": look.clock.name}


def later(watch: Watch, look: Look) -> bool:
    """Whether the look shows a later moment than the last good one.

    By the monotonic clock where they share it, since the wall clock may have stepped.
    """
    if watch.shown_from is None:
        return True
    if look.clock.name == watch.clock:
        return look.effective_start - look.clock.offset >= watch.shown_from - watch.offset
    return look.effective_start >= watch.shown_from


def _merged(spans: list[Span]) -> list[Span]:
    """At most 63 closed spans: the two oldest become one, its gap counted as the longest."""
    while len(spans) >= MAX_SPANS:
        old, next_old, *rest = spans
        counts = dict(old.failures)
        for kind, count in next_old.failures.items():
            counts[kind] = counts.get(kind, 0) + count
        longest = max(old.longest_gap, next_old.longest_gap, next_old.first - old.last)
        spans = [Span(old.first, next_old.last, old.looks + next_old.looks, longest, counts), *rest]
    return spans
