"""When an order was watched, and when we were blind.

A moment was watched if it lies in a span: between two answered looks no further apart than the gap G. Outside
of the spans nobody knows what the provider would have said. So every answer is exact to G: shorter lapses are
inside the spans. A look that failed shows nothing, and is only counted.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from domain.instants import SECOND, Instant, text
from domain.log import Log
from domain.watch import PATIENCE, Span, Watch
from ordertrail.orders import watch_of
from ordertrail.stream import Line


class Blind(NamedTuple):
    """Nothing was answered in between. `longest` is None, or this is a time whose spans were merged:
    somewhere in it we were blind for so many microseconds."""

    since: Instant
    until: Instant
    longest: int | None = None


def watch_at(log: Log, stream: str) -> Watch:
    kept = log.watch(stream)
    return Watch() if kept is None else watch_of(kept.watch)


def blind(
    watch: Watch,
    *,
    since: Instant | None = None,
    until: Instant | None = None,
    gap: int = PATIENCE.coverage_gap,
) -> list[Blind]:
    """When we were not watching, oldest first. `since`: when tracking began; `until`: the moment asked about,
    or the present; None: the last answered look."""
    found = list(_gaps(watch.spans, since, until, gap))
    return [
        one._replace(until=until if until is not None and one.until > until else one.until)
        for one in found
        if until is None or one.since < until
    ]


def watching(watch: Watch, at: Instant, *, gap: int = PATIENCE.coverage_gap) -> bool | None:
    """Whether we were watching then; None in a time whose spans were merged, with longer gaps than G."""
    for span in watch.spans:
        if span.first <= at <= span.last:
            return True if span.longest_gap <= gap else None
    return False


def lines(watch: Watch, until: Instant | None = None) -> list[Line]:
    """The spans begun by then, oldest first. `longest_gap` in whole seconds, rounded up; `failures` counts
    failed and late looks by kind."""
    return [_span(span) for span in watch.spans if until is None or span.first <= until]


def blind_lines(found: Sequence[Blind]) -> list[Line]:
    """`from`, `to`, and `longest` in whole seconds where only that is known."""
    return [
        {"from": text(one.since), "to": text(one.until)}
        | ({} if one.longest is None else {"longest": -(-one.longest // SECOND)})
        for one in found
    ]


def _gaps(spans: Sequence[Span], since: Instant | None, until: Instant | None, gap: int) -> Iterator[Blind]:
    ended = since
    for span in spans:
        if ended is not None and span.first - ended > gap:
            yield Blind(ended, span.first)
        if span.longest_gap > gap:
            yield Blind(span.first, span.last, span.longest_gap)
        ended = span.last if ended is None else max(ended, span.last)
    if ended is not None and until is not None and until - ended > gap:
        yield Blind(ended, until)


def _span(span: Span) -> Line:
    return {
        "first": text(span.first),
        "last": text(span.last),
        "looks": span.looks,
        "longest_gap": -(-span.longest_gap // SECOND),
        "failures": span.failures,
    }
