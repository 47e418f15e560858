"""What one transaction carries: rows of the log and of the outbox as records, up to a bearable size."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple, Protocol

from adapters.kafka.belonging import LogIdentity
from adapters.kafka.failures import ParkedRecord
from adapters.kafka.records import HEADERS_AT_MOST, LARGEST_RECORD, Record, event_record, outbox_record

BYTES_AT_ONCE = 16 * 1024 * 1024


class Source(LogIdentity, Protocol):
    """The part of `domain.log.Log` that is published; called from one thread at a time."""

    def trim_outbox(self, up_to: int) -> None: ...
    def wait(self, after: int, timeout: float) -> None: ...


class Load(NamedTuple):
    """`position` and `outbox` are where publishing stands once it is told; `full`: there may be more."""

    records: list[Record]
    position: int
    outbox: int
    events: int
    full: bool


def read_load(source: Source, position: int, outbox: int, *, prefix: str, limit: int) -> Load:
    """What comes after `position` and `outbox`; blocks. Raises ParkedRecord, LogError."""
    rows = source.read(position, limit)
    waiting = source.outbox(outbox, limit)
    events = [event_record(row, source.id, prefix=prefix) for row in rows]
    if not _light([len(row.state) for row in rows]):
        events = list(_fitting(events))
    reached = rows[len(events) - 1].position if events else position
    told = list(takewhile(lambda row: row.position <= reached, waiting))
    changes = list(_fitting(outbox_record(row, prefix=prefix) for row in told))
    last = told[len(changes) - 1].id if changes else outbox
    return Load(events + changes, reached, last, len(events), full=len(rows) == limit)


def _light(sizes: Sequence[int]) -> bool:
    """Whether values of these sizes are far from every limit, so that no record need be weighed."""
    room = BYTES_AT_ONCE - len(sizes) * HEADERS_AT_MOST
    return sum(sizes) <= room and max(sizes, default=0) <= LARGEST_RECORD // 2


def _fitting(records: Iterable[Record]) -> Iterator[Record]:
    """Up to a transaction's size, and up to a record that is too large; ParkedRecord if that is the first."""
    room, first = BYTES_AT_ONCE, True
    for record in records:
        size = record.size
        if size > LARGEST_RECORD:
            if first:
                raise ParkedRecord(_parked(record))
            return
        yield record
        first = False
        room -= size
        if room <= 0:
            return


def _parked(record: Record) -> str:
    told = {name: value.decode() for name, value in record.headers}
    return (
        f"{record.topic}: the record of {told.get('ce_id', record.key.decode())} at position "
        f"{told['ce_position']} has {record.size} bytes, {LARGEST_RECORD} is the limit. Nothing after it is "
        "published until it is dealt with."
    )
