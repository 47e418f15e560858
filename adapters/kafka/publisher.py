"""Publishes the log and the outbox to Kafka, exactly once for `read_committed` readers.

A publisher that raised is done for: `close` it, make a new one and `start` that. Its clients may leave tasks
behind that never end, so run each publisher in a process of its own, or at least in an event loop of its own
that ends with it. One publisher at a time per prefix and name; a second one fences the first, unless it waits
for its turn (`standby`).
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple, Protocol

import msgspec

from adapters.kafka.failures import ParkedRecord
from adapters.kafka.hanging import Ending
from adapters.kafka.position import Position
from adapters.kafka.records import LARGEST_RECORD, Record, event_record, outbox_record
from adapters.kafka.recovery import settle, take_up
from adapters.kafka.session import PUBLISHER, Lasts, Session, failing
from adapters.kafka.topics import PREFIX, TOPIC, Name
from domain.instants import Instant, text
from domain.log import OutboxRow, Row

EVENTS_AT_ONCE = 5000
BYTES_AT_ONCE = 16 * 1024 * 1024
PATIENCE_SECONDS = 5.0
HEARTBEAT_SECONDS = 10.0
WAKE_SECONDS = 0.1
"""So often an idle publisher looks for outbox rows, and for events whose arrival went unnoticed."""


class Source(Protocol):
    """The part of `domain.log.Log` that is published; called from one thread at a time."""

    id: str

    def tail(self) -> int: ...
    def read(self, after: int, limit: int) -> list[Row]: ...
    def outbox(self, after: int, limit: int) -> list[OutboxRow]: ...
    def trim_outbox(self, up_to: int) -> None: ...
    def wait(self, after: int, timeout: float) -> None: ...


class Published(NamedTuple):
    """One visible transaction."""

    position: int
    outbox: int
    events: int
    rows: int


class _Load(NamedTuple):
    records: list[Record]
    position: int
    outbox: int
    events: int


class Publisher:
    def __init__(
        self,
        source: Source,
        bootstrap: str,
        *,
        now: Callable[[], Instant],
        prefix: str = PREFIX,
        name: str = PUBLISHER,
        holder: str = "",
        limit: int = EVENTS_AT_ONCE,
        patience: float = PATIENCE_SECONDS,
        heartbeat: float = HEARTBEAT_SECONDS,
    ) -> None:
        """In seconds: `patience` bounds each step; a position as old as `heartbeat` is rewritten.

        `holder` is who works, for those who stand by.
        """
        self._source, self._now = source, now
        self._prefix, self._holder = prefix, holder
        self._limit, self._heartbeat = limit, heartbeat
        self._session = Session(bootstrap, prefix=prefix, name=name, patience=patience)
        self._at = Position(log=source.id, position=0, outbox=0, ends={}, at="")
        self._written = -heartbeat

    @property
    def at(self) -> Position:
        """Where publishing stands, as readers see it."""
        return self._at

    async def start(self) -> Ending | None:
        """Takes over from any predecessor; tells how its hanging transaction was ended, if one was.

        The topics must exist (`topics.ensure`). Raises PublishRefused, PublisherFailed.
        """
        async with failing():
            await self._session.open()
            cured = await settle(self._session)
            self._at = await take_up(self._session, self._source) or self._at
            return cured

    async def run_once(self) -> Published | None:
        """Publishes what is there, up to a limit; None: nothing was. Raises ParkedRecord, PublisherFailed."""
        async with failing():
            load = await self._load()
            if not load.records and time.monotonic() - self._written < self._heartbeat:
                return None
            before = self._at
            self._at = await self._session.commit(
                load.records, lambda lasts: self._after(load, lasts), holder=self._holder
            )
            self._written = time.monotonic()
            if self._at.outbox > before.outbox:
                await asyncio.to_thread(self._source.trim_outbox, self._at.outbox)
        if not load.records:
            return None
        return Published(self._at.position, self._at.outbox, load.events, len(load.records) - load.events)

    async def run(self, stop: asyncio.Event, told: Callable[[Published], None] = lambda _: None) -> None:
        """Publishes what comes until `stop` is set, which is heeded between transactions."""
        while not stop.is_set():
            published = await self.run_once()
            if published is not None:
                told(published)
                continue
            async with failing():
                await asyncio.to_thread(self._source.wait, self._at.position, WAKE_SECONDS)

    async def leave(self) -> None:
        """Tells those who stand by that they need not wait. Raises PublisherFailed."""
        async with failing():
            left = msgspec.structs.replace(self._at, at=text(self._now()))
            self._at = await self._session.commit([], lambda _: left)

    async def close(self) -> None:
        await self._session.close()

    async def _load(self) -> _Load:
        rows, waiting = await asyncio.to_thread(self._read)
        events = list(_fitting(self._events(rows), BYTES_AT_ONCE))
        position = rows[len(events) - 1].position if events else self._at.position
        told = list(takewhile(lambda row: row.position <= position, waiting))
        changes = list(_fitting(self._changes(told), BYTES_AT_ONCE))
        outbox = told[len(changes) - 1].id if changes else self._at.outbox
        return _Load(events + changes, position, outbox, len(events))

    def _read(self) -> tuple[list[Row], list[OutboxRow]]:
        rows = self._source.read(self._at.position, self._limit)
        return rows, self._source.outbox(self._at.outbox, self._limit)

    def _events(self, rows: Sequence[Row]) -> Iterator[Record]:
        return (event_record(row, self._source.id, prefix=self._prefix) for row in rows)

    def _changes(self, rows: Sequence[OutboxRow]) -> Iterator[Record]:
        return (outbox_record(row, prefix=self._prefix) for row in rows)

    def _after(self, load: _Load, lasts: Lasts) -> Position:
        return Position(
            log=self._source.id,
            position=load.position,
            outbox=load.outbox,
            ends=_moved(self._at.ends, lasts, self._prefix),
            at=text(self._now()),
        )


def _fitting(records: Iterable[Record], room: int) -> Iterator[Record]:
    """Up to about `room` bytes, and up to a record that is too large; ParkedRecord if that is the first."""
    first = True
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


def _moved(ends: dict[str, list[int]], lasts: Lasts, prefix: str) -> dict[str, list[int]]:
    moved = {topic: list(offsets) for topic, offsets in ends.items()}
    for partition, last in lasts.items():
        name = Name(partition.topic.removeprefix(prefix))
        offsets = moved.setdefault(name.value, [-1] * TOPIC[name].partitions)
        offsets[partition.partition] = last
    return moved
