"""What the looks at one order add up to, beside the log: the last good look, patience, and coverage.

Coverage says when we were watching: spans of answered looks no further apart than the gap G. It is never part
of read models; losing the newest of it (a crash) only makes intervals wider and counts lower, never wrong.

A worker keeps in memory what it has not stored yet, and what is stored belongs to everyone: `covered` puts
the two together, `settled` is what is left in memory then, and `current` and `continued` bring what others
have stored since.
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
    """From the start of one answered look to the end of another, with no gap above G between any.

    `looks` and `failures` count those that failed as well, until the next span. `longest_gap` runs from the
    end of an answered look to the start of the next; it is the most it can have been where two workers
    looked at the same time.
    """

    first: Instant
    last: Instant
    looks: int
    longest_gap: int
    failures: dict[str, int]


class Watch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`digest` and `meaning` are of the last judged body; `good`: it proved the present state.
    `shown_from` is the effective start of the last look that did, timed by `clock`; `given` the monotonic
    end, on `given_clock`, of the look that gave the state; `looks` counts since the last event. `last` is the
    end of the last look of any kind; `first` and `seen` are the ends of the open span, None without one.
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
    seen: Instant | None = None

    @property
    def calm(self) -> bool:
        """Nothing is pending that an unchanged answer would have to resolve."""
        return self.failures == 0 and self.unseen == 0

    @property
    def spans(self) -> list[Span]:
        """All coverage, oldest first."""
        if self.first is None or self.seen is None:
            return self.past
        return [*self.past, Span(self.first, self.seen, self.span_looks, self.longest_gap, self.counts)]

    @property
    def unanswered(self) -> dict[str, int]:
        """Failures that belong to no span: nothing was answered before them."""
        return self.counts if self.first is None else {}


Fields = dict[str, int | str | bytes | dict[str, int] | list[Span] | None]
"""What to replace in a watch."""


def looked(watch: Watch, look: Look, gap: int, counted: str | None = None, *, answered: bool = True) -> Watch:
    """One more look in the coverage; `counted` is the counter it adds to, e.g. `timeout` or `late`."""
    return msgspec.structs.replace(watch, **coverage(watch, look, gap, counted, answered=answered))


def coverage(
    watch: Watch, look: Look, gap: int, counted: str | None = None, *, answered: bool = True
) -> Fields:
    """The fields of a watch by one more look; `gap` is the longest without an answer within a span."""
    fields: Fields = {"span_looks": watch.span_looks + 1, "looks": watch.looks + 1}
    if watch.last is None or look.answered_at > watch.last:
        fields["last"] = look.answered_at
    counts = watch.counts
    if answered:
        first, seen = watch.first, watch.seen
        if first is None or seen is None:
            fields |= {"first": look.asked_at, "seen": look.answered_at}
        elif (since := look.asked_at - seen) > gap:
            counts = {}
            fields |= {"first": look.asked_at, "seen": look.answered_at, "longest_gap": 0, "span_looks": 1}
            fields |= {"counts": counts, "past": _bounded(watch.spans, MAX_SPANS - 1)}
        else:
            if since > watch.longest_gap:
                fields["longest_gap"] = since
            if look.asked_at < first:
                fields["first"] = look.asked_at
            if look.answered_at > seen:
                fields["seen"] = look.answered_at
    if counted:
        fields["counts"] = {**counts, counted: counts.get(counted, 0) + 1}
    return fields


def covered(watch: Watch, stored: Watch, gap: int) -> Watch:
    """The watch with the stored coverage as well as its own."""
    if not watch.past and stored.first is not None and stored.seen is not None and watch.first is not None:
        apart = stored.past[-1].last + gap < watch.first if stored.past else True
        if apart and stored.first <= watch.first <= stored.seen + gap:
            return _went_on(watch, stored)
    spans = stored.spans
    for span in watch.spans:
        spans = _joined(spans, span, gap)
    loose_looks = sum(one.span_looks for one in (stored, watch) if one.first is None)
    loose = _added(stored.unanswered, watch.unanswered)
    if not spans:
        return _with(watch, [], None, loose_looks, loose)
    *past, last = spans
    last = Span(
        last.first, last.last, last.looks + loose_looks, last.longest_gap, _added(last.failures, loose)
    )
    return _with(watch, _bounded(past, MAX_SPANS - 1), last, 0, {})


def _went_on(watch: Watch, stored: Watch) -> Watch:
    """What `covered` comes to where one span goes on that is still open: with nearly every look."""
    assert stored.seen is not None  # else it would not be open
    assert watch.first is not None  # as above
    return msgspec.structs.replace(
        watch,
        first=stored.first,
        seen=max(stored.seen, watch.seen or watch.first),
        span_looks=stored.span_looks + watch.span_looks,
        longest_gap=max(stored.longest_gap, watch.longest_gap, watch.first - stored.seen),
        counts=_added(stored.counts, watch.counts),
        past=_bounded(stored.past, MAX_SPANS - 1),
    )


def settled(watch: Watch) -> Watch:
    """What is left to store of a watch that has been stored: no coverage."""
    return msgspec.structs.replace(
        watch, first=None, seen=None, span_looks=0, longest_gap=0, counts={}, past=[]
    )


def continued(own: Watch | None, stored: Watch) -> Watch:
    """Where others say that the order stands, with the coverage that one has not stored yet."""
    if own is None:
        return settled(stored)
    last = max(filter(None, (own.last, stored.last)), default=None)
    return msgspec.structs.replace(
        stored,
        last=last,
        first=own.first,
        seen=own.seen,
        span_looks=own.span_looks,
        longest_gap=own.longest_gap,
        counts=own.counts,
        past=own.past,
    )


def current(own: Watch | None, stored: Watch) -> Watch:
    """What is known of an order, with the coverage that one has not stored yet: of the present state, all
    that any look has proven, and of the last body what was stored, unless one's own says the same. A body
    that did not show the order says what it says only until others have seen the order again; and where one
    of the two had something open that the other has overcome, the next answer is judged whatever it says."""
    if own is None or (own.given, own.given_clock) != (stored.given, stored.given_clock):
        return continued(own, stored)
    newest = _newer(own, stored)
    known = own if newest else continued(own, stored)
    proof_of = stored if _proves_more(stored, own) else own
    body_of = own if own.meaning == stored.meaning and (own.good or newest) else stored
    if proof_of is not (own if newest else stored):
        known = _overruled(known, proof_of.shown_from)
    overcome = known.calm and not (own.calm and stored.calm)
    if known is own and proof_of is own and body_of is own and not overcome:
        return own
    return msgspec.structs.replace(
        known,
        shown_from=proof_of.shown_from,
        clock=proof_of.clock,
        offset=proof_of.offset,
        digest=None if overcome else body_of.digest,
        meaning=body_of.meaning,
        good=body_of.good,
    )


def _overruled(watch: Watch, shown_from: Instant | None) -> Watch:
    """Looks without the order, or without an answer, are no longer in a row once another worker was shown the
    order after the first of them."""
    fields: Fields = {}
    if shown_from is not None and watch.unseen_since is not None and watch.unseen_since <= shown_from:
        fields |= {"unseen": 0, "unseen_since": None}
    if shown_from is not None and watch.failing_since is not None and watch.failing_since <= shown_from:
        fields |= {"failures": 0, "failing_since": None}
    return msgspec.structs.replace(watch, **fields) if fields else watch


def unchanged(watch: Watch, look: Look, gap: int) -> Watch:
    """The same answer once more: a good one proves the state until this look's effective start."""
    fields = coverage(watch, look, gap)
    if watch.good and later(watch, look):
        fields |= proof(look)
    return msgspec.structs.replace(watch, **fields)


def unproven(watch: Watch) -> Watch:
    """No look gave the state that the order has now: the next answer is judged, even if it is the last one
    again. What was proven before still bounds what comes."""
    return msgspec.structs.replace(
        watch, digest=None, meaning=None, good=False, given=None, given_clock="", unseen=0, unseen_since=None
    )


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


def _newer(own: Watch, stored: Watch) -> bool:
    return stored.last is None or (own.last is not None and own.last >= stored.last)


def _proves_more(one: Watch, other: Watch) -> bool:
    if one.shown_from is None or other.shown_from is None:
        return one.shown_from is not None
    if one.clock == other.clock:
        return one.shown_from - one.offset > other.shown_from - other.offset
    return one.shown_from > other.shown_from


def _with(watch: Watch, past: list[Span], last: Span | None, looks: int, counts: dict[str, int]) -> Watch:
    return msgspec.structs.replace(
        watch,
        first=None if last is None else last.first,
        seen=None if last is None else last.last,
        span_looks=looks if last is None else last.looks,
        longest_gap=0 if last is None else last.longest_gap,
        counts=counts if last is None else last.failures,
        past=past,
    )


def _joined(spans: list[Span], new: Span, gap: int) -> list[Span]:
    """The spans with one more: those that it leaves no gap to become one with it."""
    before = [span for span in spans if span.last + gap < new.first]
    after = [span for span in spans if new.last + gap < span.first]
    near = sorted([*spans[len(before) : len(spans) - len(after)], new], key=lambda span: span.first)
    one, *others = near
    for other in others:
        one = _one(one, other)
    return [*before, one, *after]


def _bounded(spans: list[Span], most: int) -> list[Span]:
    """The two oldest become one, its gap counted as the longest, until there are few enough."""
    while len(spans) > most:
        spans = [_one(spans[0], spans[1]), *spans[2:]]
    return spans


def _one(old: Span, new: Span) -> Span:
    longest = max(old.longest_gap, new.longest_gap, new.first - old.last)
    failures = _added(old.failures, new.failures)
    return Span(old.first, max(old.last, new.last), old.looks + new.looks, longest, failures)


def _added(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    if not one or not other:
        return one or other
    return {kind: one.get(kind, 0) + other.get(kind, 0) for kind in {**one, **other}}
