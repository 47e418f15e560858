"""The role `commands`: what comes on the topic of commands is done and answered, until told to stop.

Kafka and the log are waited for, whichever is away. The log is used in a thread of its own, so that the
membership in the group lives on while something takes long.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial

from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError

from adapters.kafka import topics
from adapters.kafka.inbox import Inbox
from adapters.kafka.topics import TopicMismatch, TopicRefused
from adapters.waiting import Pauses
from ordertrail.commanding import Commander, Received
from ordertrail.insistence import Insistence
from ordertrail.kafka_words import words
from ordertrail.thread import OneThread

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0


class ObeyingRefused(Exception):
    """The topics are not as they should be; the message says what a person has to do."""


class Obeying:
    """`make` opens the log and makes the commander, in a thread of their own; `close` lets go of the log."""

    def __init__(
        self,
        *,
        bootstrap: str,
        prefix: str,
        replication: int,
        make: Callable[[], Commander],
        insist: Insistence,
        logger: logging.Logger,
    ) -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._replication = replication
        self._make = make
        self._insist = insist
        self._logger = logger
        self._thread = OneThread("commands")
        self._commander: Commander | None = None
        self._waiting = False
        self._pauses = Pauses(FIRST_PAUSE, LONGEST_PAUSE)

    async def run(self, stop: asyncio.Event) -> None:
        """Raises ObeyingRefused, LogRefused."""
        working = asyncio.create_task(self._work())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
        finally:
            for task in (working, stopping):
                task.cancel()
            await asyncio.gather(working, stopping, return_exceptions=True)
            await self._thread.run(self._shut)
            self._thread.close()

    async def _work(self) -> None:
        while True:
            try:
                await topics.ensure(self._bootstrap, prefix=self._prefix, replication=self._replication)
                await self._obey()
            except (TopicMismatch, TopicRefused) as error:
                raise ObeyingRefused(str(error)) from None
            except (KafkaError, OSError, TimeoutError) as error:
                self._say_waiting(error)
            await asyncio.sleep(self._pauses.take())

    async def _obey(self) -> None:
        """With one membership of the group, until it is lost."""
        inbox = Inbox(self._bootstrap, prefix=self._prefix)
        try:
            await inbox.open()
            self._say_there()
            while True:
                if came := await inbox.next():
                    await self._deal_with(came)
                    await inbox.done()
                    self._pauses.reset()
        finally:
            await inbox.close()

    async def _deal_with(self, records: Sequence[ConsumerRecord]) -> None:
        for record in records:
            received = Received(f"{record.topic}/{record.partition}/{record.offset}", record.value)
            await self._insist(lambda: self._thread.run(partial(self._handle, received)))  # noqa: B023 awaited here

    def _handle(self, received: Received) -> None:
        if self._commander is None:
            self._commander = self._make()
        self._commander.handle(received)

    def _shut(self) -> None:
        if self._commander is not None:
            self._commander.close()

    def _say_waiting(self, error: Exception) -> None:
        if not self._waiting:
            self._logger.warning("commands wait for %s: %s", self._bootstrap, words(error))
        self._waiting = True

    def _say_there(self) -> None:
        if self._waiting:
            self._logger.info("commands are taken from %s again", self._bootstrap)
        self._waiting = False
