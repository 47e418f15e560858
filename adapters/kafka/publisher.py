"""Publishes the log and the outbox to Kafka, exactly once for `read_committed` readers.

A publisher that raised is done for: `close` it, make a new one and `start` that. Its clients may leave tasks
behind that never end, so run each publisher in a process of its own, or at least in an event loop of its own
that ends with it. One publisher at a time per prefix; a second one fences the first, unless it waits
for its turn (`standby`).
"""

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from adapters.kafka.belonging import moved, refuse_lost_records
from adapters.kafka.hanging import Ending
from adapters.kafka.load import Load, Source, read_load
from adapters.kafka.position import Position
from adapters.kafka.recovery import settle, take_up
from adapters.kafka.session import Placed, Session, failing
from adapters.kafka.topics import PREFIX
from adapters.kafka.transaction import Batches
from domain.instants import Instant, text

EVENTS_AT_ONCE = 5000
PATIENCE_SECONDS = 5.0
HEARTBEAT_SECONDS = 10.0
WAKE_SECONDS = 0.1
"""So often an idle publisher looks for outbox rows, and for events whose arrival went unnoticed."""


class Published(NamedTuple):
    """One visible transaction."""

    position: int
    outbox: int
    events: int
    rows: int


class _Ready(NamedTuple):
    load: Load
    batches: Batches


class Publisher:
    def __init__(
        self,
        source: Source,
        bootstrap: str,
        *,
        now: Callable[[], Instant],
        prefix: str = PREFIX,
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
        self._session = Session(bootstrap, prefix=prefix, patience=patience)
        self._at = Position(log=source.id, position=0, outbox=0, ends={}, at="")
        self._written = -heartbeat
        self._ahead: asyncio.Task[_Ready] | None = None

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
        """Publishes what is there, up to a limit; None: nothing was.

        Raises ParkedRecord, PublisherFailed, and PublishRefused where a topic has begun anew.
        """
        async with failing():
            load, batches = await self._next()
            if not load.records:
                if time.monotonic() - self._written < self._heartbeat:
                    return None
                refuse_lost_records(self._at, (await self._session.edges()).high, self._prefix)
            if load.full:
                self._ahead = self._reading(load.position, load.outbox)
            before = self._at
            self._at = await self._session.commit(
                batches, lambda sent: self._after(load, sent), holder=self._holder
            )
            self._written = time.monotonic()
            if self._at.outbox > before.outbox:
                await self._trim()
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
            self._at = await self._session.commit({}, lambda _: left)

    async def close(self) -> None:
        await self._session.close()
        if self._ahead:
            await asyncio.wait([self._ahead])

    async def _next(self) -> _Ready:
        """What was made ready while the last transaction was under way, else what there is now."""
        ahead, self._ahead = self._ahead, None
        return await (ahead or self._reading(self._at.position, self._at.outbox))

    def _reading(self, position: int, outbox: int) -> asyncio.Task[_Ready]:
        return asyncio.create_task(asyncio.to_thread(self._ready, position, outbox))

    def _ready(self, position: int, outbox: int) -> _Ready:
        load = read_load(self._source, position, outbox, prefix=self._prefix, limit=self._limit)
        return _Ready(load, self._session.batched(load.records))

    async def _trim(self) -> None:
        """The log serves one thread at a time: not while the next load is read."""
        if self._ahead:
            await asyncio.wait([self._ahead])
        await asyncio.to_thread(self._source.trim_outbox, self._at.outbox)

    def _after(self, load: Load, sent: Placed) -> Position:
        return Position(
            log=self._source.id,
            position=load.position,
            outbox=load.outbox,
            ends=moved(self._at, sent, self._prefix),
            at=text(self._now()),
        )
