"""Keeping in the log since when its events can be read on the topic: the axis of `told-at`.

A publisher says so after each transaction; what it has seen is stored a few times a second. If it is killed
in between, what it had not stored yet can be found on the topic again (`adapters.kafka.readable`). That there
is something to be found shows in a note of up to where events were published, taken by the next publisher.
"""

import asyncio
from collections.abc import Callable

from adapters.kafka.publisher import Published
from adapters.kafka.topics import Name
from domain.instants import Instant
from domain.log import Log
from domain.rows import Telling

STORE_SECONDS = 0.5


def told_topic(prefix: str) -> str:
    return prefix + Name.EVENTS


def note_published(log: Log, topic: str, position: int) -> None:
    """The events up to there can be read. Raises LogError."""
    log.take_note(_published(topic), str(position))


def untold(log: Log, topic: str) -> list[tuple[int, int]]:
    """The stretches (after, position] that are published, but nobody kept since when. Raises LogError."""
    return log.untold(topic, int(log.note(_published(topic)) or 0))


def _published(topic: str) -> str:
    return f"published {topic}"


class Teller:
    """One publisher's tellings; `log` is for this object alone, and used in one thread at a time.

    `began`: gives the moment before the last transaction was committed.
    """

    def __init__(
        self,
        log: Log,
        prefix: str,
        position: int,
        *,
        began: Callable[[], Instant],
        now: Callable[[], Instant],
    ) -> None:
        self._log, self._topic = log, told_topic(prefix)
        self._position = position
        self._began, self._now = began, now
        self._waiting: list[Telling] = []

    def published(self, published: Published) -> None:
        """A transaction is visible from now on."""
        if published.events:
            telling = Telling(self._position, published.position, self._began(), self._now())
            self._waiting.append(telling)
            self._position = published.position

    async def run(self) -> None:
        """Note where publishing begins, and store what has been told, until cancelled. Raises LogError."""
        await asyncio.to_thread(note_published, self._log, self._topic, self._position)
        while True:
            await asyncio.sleep(STORE_SECONDS)
            await self.store()

    async def store(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            await asyncio.to_thread(self._log.tell, self._topic, waiting)
