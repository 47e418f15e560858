"""The log as many readers follow it at once: its newest events are read once and kept for all of them.

Two threads read, each with a log of its own: one waits at the tail, one fetches what lies further back. What
readers hold is bounded: a page at a time, and one short stretch of newest events shared by all.
"""

import asyncio
import logging
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from adapters.waiting import Pauses, is_set_within
from domain.log import Log, LogUnreachable
from domain.rows import Row
from ordertrail.cloudevents import source, structured
from ordertrail.replay import demand_position
from ordertrail.thread import OneThread

KEPT_BYTES = 4 * 1024 * 1024
PAGE_BYTES = 256 * 1024
ROWS_AT_ONCE = 200
WAIT_SECONDS = 0.5
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0

T = TypeVar("T")


class Told(NamedTuple):
    """An event as a CloudEvent in structured mode."""

    position: int
    body: bytes


class News(NamedTuple):
    """What lies after the tail that was known, and the tail as it is now."""

    log_id: str
    tail: int
    events: Sequence[Told]


class LogThread:
    """A log in a thread of its own: opened when it is needed, and anew after a failure."""

    def __init__(self, open_log: Callable[[], Log], name: str) -> None:
        self._open_log = open_log
        self._thread = OneThread(name)
        self._log: Log | None = None

    async def ask(self, question: Callable[[Log], T]) -> T:
        """Raises LogError, and what `question` raises."""
        return await self._thread.run(partial(self._ask, question))

    async def close(self) -> None:
        await self._thread.run(self._drop)
        self._thread.close()

    def _ask(self, question: Callable[[Log], T]) -> T:
        if self._log is None:
            self._log = self._open_log()
        try:
            return question(self._log)
        except LogUnreachable:
            self._drop()
            raise

    def _drop(self) -> None:
        log, self._log = self._log, None
        if log is not None:
            log.close()


class Feed:
    """`follow` has to run while readers ask; `closed` is set when it has ended."""

    def __init__(self, open_log: Callable[[], Log], logger: logging.Logger) -> None:
        self._at_tail = LogThread(open_log, "feed-tail")
        self._behind = LogThread(open_log, "feed-pages")
        self._logger = logger
        self._log_id = ""
        self._newest: list[Told] = []
        self._floor = 0
        self._tail: int | None = None
        self._growth = asyncio.Event()
        self._pauses = Pauses(FIRST_PAUSE, LONGEST_PAUSE)
        self.closed = asyncio.Event()
        self.epoch = 0
        """Rises when positions lose their meaning: the log was set back, or is another one."""

    @property
    def tail(self) -> int:
        """The tail as last seen."""
        return self._tail or 0

    async def follow(self, stop: asyncio.Event) -> None:
        """Until `stop`; waits for a log that is away. Raises LogRefused, UnreadableEvent."""
        try:
            while not stop.is_set():
                await self._look(stop)
        finally:
            self.closed.set()
            self._wake()

    async def close(self) -> None:
        """Once nobody asks any more."""
        await self._at_tail.close()
        await self._behind.close()

    async def about(self) -> tuple[str, int]:
        """The log's id and its tail. Raises LogError."""
        return await self._behind.ask(lambda log: (log.id, log.tail()))

    async def demand(self, after: int) -> None:
        """Raises NoSuchPosition for one beyond the tail; 0 is before the first event. Raises LogError."""
        if after > self.tail:
            demand_position(after, (await self.about())[1], least=0)

    async def page(self, after: int, limit: int) -> Sequence[Told]:
        """Events beyond a position: as many as fit a page, at least one if there is one. Raises LogError."""
        if self._tail is not None and after >= self._floor:
            start = bisect_right(self._newest, after, key=lambda told: told.position)
            return _fitting(self._newest[start : start + limit])
        rows = min(limit, ROWS_AT_ONCE)
        return _fitting(await self._behind.ask(partial(_events, after=after, limit=rows)))

    async def grown(self, after: int, patience: float) -> None:
        """Returns when there is something beyond a position, or never will be, or after so many seconds."""
        epoch = self.epoch
        try:
            async with asyncio.timeout(patience):
                while self.tail <= after and epoch == self.epoch and not self.closed.is_set():
                    await self._growth.wait()
        except TimeoutError:
            return

    async def _look(self, stop: asyncio.Event) -> None:
        try:
            news = await self._at_tail.ask(partial(_news, after=self._tail))
        except LogUnreachable as error:
            if self._pauses.fresh:
                self._logger.warning("the feed waits for the log: %s", error)
            await is_set_within(self._pauses.take(), stop)
            return
        self._pauses.reset()
        self._take(news)

    def _take(self, news: News) -> None:
        other_log = self._log_id not in ("", news.log_id)
        if self._tail is None or news.tail < self._tail or other_log:
            self.epoch += self._tail is not None
            self._newest, self._floor, self._tail = [], news.tail, news.tail
            self._log_id = news.log_id
            self._wake()
        elif news.events:
            self._newest += news.events
            self._tail = news.events[-1].position
            self._forget_oldest()
            self._wake()

    def _forget_oldest(self) -> None:
        """Down to half of what may be kept, so that it is seldom done."""
        kept = sum(len(told.body) for told in self._newest)
        if kept <= KEPT_BYTES:
            return
        gone = 0
        while gone < len(self._newest) and kept > KEPT_BYTES // 2:
            kept -= len(self._newest[gone].body)
            gone += 1
        self._floor = self._newest[gone - 1].position
        del self._newest[:gone]

    def _wake(self) -> None:
        self._growth.set()
        self._growth = asyncio.Event()


def _news(log: Log, after: int | None) -> News:
    """Blocks until there is some, or for half a second."""
    if after is None:
        return News(log.id, log.tail(), ())
    log.wait(after, WAIT_SECONDS)
    events = _events(log, after, ROWS_AT_ONCE)
    return News(log.id, events[-1].position if events else log.tail(), events)


def _events(log: Log, after: int, limit: int) -> Sequence[Told]:
    from_log = source(log.id)
    return [_told(row, from_log) for row in log.read(after, limit)]


def _told(row: Row, from_log: str) -> Told:
    return Told(row.position, structured(row, from_log, replay=False))


def _fitting(events: Sequence[Told]) -> Sequence[Told]:
    room = PAGE_BYTES
    for number, told in enumerate(events):
        room -= len(told.body)
        if room < 0:
            return events[: max(number, 1)]
    return events
