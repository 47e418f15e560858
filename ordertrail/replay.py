"""Telling again what the log holds: all of it, some orders, or a span of positions or times.

A span includes both of its ends. Times are those of recording, as for `--known-at`: clocks of several workers
differ, so a span of time may have holes in its positions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from domain.identity import OrderKey
from domain.instants import Instant, text
from domain.log import Log
from domain.rows import Row
from ordertrail import cloudevents
from ordertrail.stream import stream_of

PAGE = 1000


class NoSuchPosition(Exception):
    """The log has no such position; the message says which there are."""


class EmptySpan(ValueError):
    """A span that ends before it begins."""


@dataclass(frozen=True)
class Moment:
    """A bound in time, by when events were recorded."""

    at: Instant


Bound = int | Moment


class Span(NamedTuple):
    """Both ends belong to it. `recorded_from`, `recorded_to`: RFC 3339, empty for no such bound."""

    first: int
    last: int
    recorded_from: str = ""
    recorded_to: str = ""

    @property
    def timed(self) -> bool:
        return bool(self.recorded_from or self.recorded_to)

    def holds(self, row: Row) -> bool:
        if not self.first <= row.position <= self.last:
            return False
        if not self.timed:
            return True
        at = cloudevents.recorded_at(row)
        return at >= self.recorded_from and (not self.recorded_to or at <= self.recorded_to)


def span_of(tail: int, begin: Bound | None, end: Bound | None) -> Span:
    """A bound that is None is the log's own. Raises EmptySpan, NoSuchPosition."""
    _demand_order(begin, end)
    for bound in (begin, end):
        if isinstance(bound, int):
            demand_position(bound, tail, least=1)
    return Span(
        begin if isinstance(begin, int) else 1,
        end if isinstance(end, int) else tail,
        text(begin.at) if isinstance(begin, Moment) else "",
        text(end.at) if isinstance(end, Moment) else "",
    )


def demand_position(position: int, tail: int, *, least: int) -> None:
    """Gaps count as there: PostgreSQL leaves some out. Raises NoSuchPosition."""
    if least <= position <= tail:
        return
    there = f"they go from 1 to {tail}" if tail else "it is empty"
    raise NoSuchPosition(f"the log has no position {position}: {there}")


def pages(log: Log, span: Span, orders: Sequence[OrderKey] = ()) -> Iterator[list[Row]]:
    """The rows of a span in the log's order, some thousands at a time; only of these orders, if any.

    Raises UnknownOrder, UnreadableEvent, LogError.
    """
    found = _of_orders(log, orders) if orders else _of_all(log, span)
    for page in found:
        yield [row for row in page if span.holds(row)] if span.timed or orders else page


def lines(log_id: str, rows: Sequence[Row]) -> bytes:
    """CloudEvents that say they are a replay, one a line. Raises UnreadableEvent."""
    return cloudevents.lines(rows, cloudevents.source(log_id), replay=True)


def _of_all(log: Log, span: Span) -> Iterator[list[Row]]:
    after = span.first - 1
    while after < span.last:
        page = log.read(after, min(PAGE, span.last - after))
        if not page:
            return
        after = page[-1].position
        yield page if after <= span.last else [row for row in page if row.position <= span.last]


def _of_orders(log: Log, orders: Sequence[OrderKey]) -> Iterator[list[Row]]:
    streams = {stream_of(log, order) for order in orders}
    rows = [row for stream in streams for row in log.stream(stream)]
    rows.sort(key=lambda row: row.position)
    for start in range(0, len(rows), PAGE):
        yield rows[start : start + PAGE]


def _demand_order(begin: Bound | None, end: Bound | None) -> None:
    swapped = (isinstance(begin, int) and isinstance(end, int) and begin > end) or (
        isinstance(begin, Moment) and isinstance(end, Moment) and begin.at > end.at
    )
    if swapped:
        raise EmptySpan("the span ends before it begins: --from must not be beyond --to")
