"""Where an order stands, or stood: the log folded as of a moment, and as known at one.

What was true at T follows from the intervals (not_before, not_after] of the events. An order had entered a
state for certain by the `not_after` of that step, and had not before its `not_before`. Strictly between them
nobody can say: state and phase are null, and `possible` lists the states it may have been in, in order. For
the first state that is [null, X], since its interval has no beginning. At `not_after` itself the step is
done, at `not_before` it is not. Details, version and attention are of the events that were certain by T.

What was known at T follows from `recorded_at` alone. What a known correction strikes does not count, and its
steps do, each with its own interval. Both together: what we knew at one moment to have been
true at another.
"""

from collections.abc import Sequence
from typing import NamedTuple

from domain.identity import OrderKey
from domain.instants import SECOND, Instant, instant, text_or_none
from domain.log import Log
from domain.order import Order, evolve
from domain.providers import PROVIDERS
from domain.watch import PATIENCE, Watch
from ordertrail import coverage
from ordertrail.standing import Standing, effective, standing
from ordertrail.stream import Line, Told, by, stream_of, told
from ordertrail.telling import untold


class ToldAt(NamedTuple):
    """What could be read at a moment on a topic, by its full name."""

    topic: str
    moment: Instant


class NotTold(LookupError):
    """Since when events can be read on the topic is not kept; the message says what to do."""


def order(
    log: Log,
    key: OrderKey,
    *,
    as_of: Instant | None = None,
    known_at: Instant | None = None,
    told_at: ToldAt | None = None,
    gap: int = PATIENCE.coverage_gap,
    now: Instant | None = None,
) -> Line:
    """An `order --json` line: order, provider, ref, state, phase, attention, since, last_look, version,
    details, coverage, blind, exact_to, `possible` inside an interval, and `erased` where its evidence was
    destroyed. Raises UnknownOrder, NotTold.

    With `told_at` it has `perhaps_told` too, if at that moment a transaction was on its way: the versions
    that may have been readable, beyond those that were.

    `last_look`, `coverage` and `blind` say when we were watching and when not, exact to `exact_to` seconds:
    with a moment given, `last_look` is the latest look that is known one by one at or before it, `coverage`
    has the spans begun by then as they stand today. With `as_of`, `watching` says whether we were then.
    Without a moment, an order that is watched has been blind since its last answer up to `now`, if given.
    """
    stream = stream_of(log, key)
    events, unreadable = told(log.stream(stream))
    watch = coverage.watch_at(log, stream)
    perhaps: list[int] = []
    if told_at is not None:
        events, perhaps = _readable(log, events, told_at)
    known = _until(events, "recorded_at", known_at)
    phases = PROVIDERS[key.provider].phases
    holding = known if as_of is None else effective(known, phases)
    folded = _fold(_until(holding, "not_after", as_of))
    stood = standing(folded, holding, phases, as_of)
    until = _earlier(as_of, known_at, told_at.moment if told_at else None)
    line = _line(key, folded, stood, _last_look(log, stream, watch, until), parked=bool(unreadable))
    if perhaps:
        line["perhaps_told"] = perhaps
    present = now if until is None and folded.watched else None
    return {**line, **_watched(watch, events, gap, until, as_of, present)}


def _line(key: OrderKey, folded: Order, stood: Standing, last_look: str | None, *, parked: bool) -> Line:
    certain = not stood.possible
    line: Line = {
        "order": str(key),
        "provider": key.provider,
        "ref": folded.tracking.ref if folded.tracking else None,
        "state": stood.state,
        "phase": stood.phase,
        "attention": [*folded.attention, *(["parked"] if parked else [])],
        "since": {
            "not_before": folded.not_before if certain else None,
            "not_after": folded.not_after if certain else None,
        },
        "last_look": last_look,
        "version": folded.version,
        "details": folded.details,
    }
    if stood.possible:
        line["possible"] = stood.possible
    if folded.erased:
        line["erased"] = True
    return line


def _readable(log: Log, events: Sequence[Told], told_at: ToldAt) -> tuple[list[Told], list[int]]:
    """The events that could be read by then, and the versions of those that perhaps could."""
    topic, moment = told_at
    positions = [one.row.position for one in events]
    tellings = log.tellings(topic, positions)
    _refuse_gaps(log, topic, [each for each in positions if each not in tellings])
    readable = [
        one for one in events if (told := tellings.get(one.row.position)) and told.not_after <= moment
    ]
    perhaps = [
        one.row.version
        for one in events
        if (told := tellings.get(one.row.position)) and told.not_before < moment < told.not_after
    ]
    return readable, perhaps


def _refuse_gaps(log: Log, topic: str, missing: Sequence[int]) -> None:
    """What lies beyond all that was published was not readable; since when the rest was is unknown."""
    gaps = untold(log, topic)
    if any(after < position <= end for position in missing for after, end in gaps):
        raise NotTold(
            f"since when some events can be read on {topic} is not kept: `ordertrail audit` finds it"
        )


def _until(events: Sequence[Told], time: str, limit: Instant | None) -> list[Told]:
    """The events whose time is no later, and what was asked of us before them: a captured poll is of a time
    when nobody had."""
    last = max((one.row.version for one in events if getattr(one.event, time) <= by(limit)), default=0)
    return [
        one
        for one in events
        if getattr(one.event, time) <= by(limit) or (one.event.look is None and one.row.version < last)
    ]


def _fold(events: Sequence[Told]) -> Order:
    folded = Order()
    for row, event in events:
        folded = evolve(folded, event, row.version, None)
    return folded


def _earlier(*moments: Instant | None) -> Instant | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _watched(
    watch: Watch,
    events: Sequence[Told],
    gap: int,
    until: Instant | None,
    as_of: Instant | None,
    present: Instant | None,
) -> Line:
    """When we were watching: spans, gaps, how exactly that is known, and whether we were at one moment."""
    since = instant(events[0].event.not_after) if events else None
    gaps = coverage.blind(watch, since=since, until=present if until is None else until, gap=gap)
    line: Line = {
        "coverage": coverage.lines(watch, until),
        "blind": coverage.blind_lines(gaps),
        "exact_to": gap // SECOND,
    }
    if as_of is not None:
        line["watching"] = coverage.watching(watch, as_of, gap=gap)
    return line


def _last_look(log: Log, stream: str, watch: Watch, until: Instant | None) -> str | None:
    if until is None:
        return text_or_none(watch.last)
    ends = [span.last for span in watch.spans] + [look.answered_at for look in log.looks(stream)]
    return text_or_none(max((end for end in ends if end <= until), default=None))
