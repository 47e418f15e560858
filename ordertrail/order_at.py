"""Where an order stands, or stood: the log folded as of a moment, and as known at one.

What was true at T follows from the intervals (not_before, not_after] of the events. An order had entered a
state for certain by the `not_after` of that step, and had not before its `not_before`. Strictly between them
nobody can say: state and phase are null, and `possible` lists the states it may have been in, in order. For
the first state that is [null, X], since its interval has no beginning. At `not_after` itself the step is
done, at `not_before` it is not. Details, version and attention are of the events that were certain by T.

What was known at T follows from `recorded_at` alone. Both together: what we knew at one moment to have been
true at another.
"""

from collections.abc import Sequence
from typing import NamedTuple

from domain.identity import OrderKey
from domain.instants import SECOND, Instant, text, text_or_none
from domain.log import Log
from domain.order import Order, evolve
from domain.watch import Span, Watch
from ordertrail.orders import watch_of
from ordertrail.stream import Line, Told, by, stream_of, told


class _Step(NamedTuple):
    state: str | None
    phase: str | None
    not_before: str | None
    not_after: str


class _Standing(NamedTuple):
    """`possible` is empty where the state is certain."""

    state: str | None
    phase: str | None
    possible: list[str | None]


def order(log: Log, key: OrderKey, *, as_of: Instant | None = None, known_at: Instant | None = None) -> Line:
    """An `order --json` line: order, provider, ref, state, phase, attention, since, last_look, version,
    details, coverage, and `possible` inside an interval. Raises UnknownOrder.

    `last_look` and `coverage` say when we were watching: with a moment given, `last_look` is the latest look
    that is known one by one at or before it, and `coverage` has the spans begun by then as they stand today.
    """
    stream = stream_of(log, key)
    events, unreadable = told(log.stream(stream))
    known = _until(events, "recorded_at", known_at)
    folded = _fold(_until(known, "not_after", as_of))
    standing = _standing(folded, known, as_of)
    certain = not standing.possible
    line: Line = {
        "order": str(key),
        "provider": key.provider,
        "ref": folded.tracking.ref if folded.tracking else None,
        "state": standing.state,
        "phase": standing.phase,
        "attention": [*folded.attention, *(["parked"] if unreadable else [])],
        "since": {
            "not_before": folded.not_before if certain else None,
            "not_after": folded.not_after if certain else None,
        },
        "last_look": _last_look(log, stream, as_of, known_at),
        "version": folded.version,
        "details": folded.details,
    }
    if standing.possible:
        line["possible"] = standing.possible
    return {**line, "coverage": coverage(_watch(log, stream), _earlier(as_of, known_at))}


def coverage(watch: Watch, until: Instant | None = None) -> list[Line]:
    """When an order was watched, oldest first: looks no further apart than the gap that ends a span.

    `longest_gap` in whole seconds, rounded up; `failures` counts failed and late looks by kind.
    """
    return [_span(span) for span in watch.spans if until is None or span.first <= until]


def _span(span: Span) -> Line:
    return {
        "first": text(span.first),
        "last": text(span.last),
        "looks": span.looks,
        "longest_gap": -(-span.longest_gap // SECOND),
        "failures": span.failures,
    }


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


def _standing(folded: Order, known: Sequence[Told], as_of: Instant | None) -> _Standing:
    if as_of is None:
        return _Standing(folded.state, folded.phase, [])
    moment, steps = text(as_of), _steps(known)
    done = max((at for at, step in enumerate(steps) if step.not_after <= moment), default=-1)
    last = steps[done] if done >= 0 else _Step(None, None, None, "")
    opened: list[_Step] = []
    for step in steps[done + 1 :]:
        if step.not_before is not None and step.not_before >= moment:
            break
        opened.append(step)
    states = list(dict.fromkeys([last.state, *(step.state for step in opened)]))
    phases = {last.phase, *(step.phase for step in opened)}
    if len(states) > 1:
        return _Standing(None, None, states)
    return _Standing(last.state, last.phase if len(phases) == 1 else None, [])


def _steps(known: Sequence[Told]) -> list[_Step]:
    """The events that changed state or phase."""
    steps: list[_Step] = []
    before: tuple[str | None, str | None] = (None, None)
    for _, event in known:
        if (event.state, event.phase) != before:
            before = (event.state, event.phase)
            steps.append(_Step(event.state, event.phase, event.not_before, event.not_after))
    return steps


def _watch(log: Log, stream: str) -> Watch:
    kept = log.watch(stream)
    return Watch() if kept is None else watch_of(kept.watch)


def _earlier(as_of: Instant | None, known_at: Instant | None) -> Instant | None:
    given = [moment for moment in (as_of, known_at) if moment is not None]
    return min(given, default=None)


def _last_look(log: Log, stream: str, as_of: Instant | None, known_at: Instant | None) -> str | None:
    until = _earlier(as_of, known_at)
    watch = _watch(log, stream)
    if until is None:
        return text_or_none(watch.last)
    ends = [span.last for span in watch.spans] + [look.answered_at for look in log.looks(stream)]
    return text_or_none(max((end for end in ends if end <= until), default=None))
