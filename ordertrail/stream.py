"""One order's events as the log has them."""

from collections.abc import Iterable
from typing import NamedTuple

from domain.encoding import UnknownEvent, decode
from domain.events import Data, Event
from domain.identity import OrderKey
from domain.instants import Instant, text
from domain.log import Log
from domain.rows import Row

Line = dict[str, object]
"""One JSON object as people script it: times RFC 3339 UTC, decimals as text."""


class UnknownOrder(LookupError):
    """The log has no such order; the message says what to do."""


class Told(NamedTuple):
    row: Row
    event: Event[Data]


def stream_of(log: Log, key: OrderKey) -> str:
    stream = log.registered(*key)
    if stream is None:
        raise UnknownOrder(f"{key} is not in the log: `ordertrail track {key}` would begin to watch it")
    return stream


def told(rows: Iterable[Row]) -> tuple[list[Told], UnknownEvent | None]:
    """The rows read as events, up to the first that this version can't read, and why it can't."""
    events: list[Told] = []
    for row in rows:
        try:
            events.append(Told(row, decode(row.topic, row.state)))
        except UnknownEvent as error:
            return events, error
    return events, None


def by(limit: Instant | None) -> str:
    """A bound to compare stored times with; beyond all of them if there is none."""
    return "~" if limit is None else text(limit)
