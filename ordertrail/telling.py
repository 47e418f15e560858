"""Keeping in the log since when its events can be read on the topic: the axis of `told-at`.

A publisher says so after each transaction; what it has seen is stored a few times a second. If it is killed
in between, what it had not stored yet can be found on the topic again (`adapters.kafka.readable`).
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
        """Store what has been told, until cancelled. Raises LogError."""
        while True:
            await asyncio.sleep(STORE_SECONDS)
            await self.store()

    async def store(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            await asyncio.to_thread(self._log.tell, self._topic, waiting)
