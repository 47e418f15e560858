"""Kafka in a demo: a broker of its own beside everything else, and the publisher that waits for it."""

import asyncio
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from aiokafka.errors import KafkaError

from adapters.kafka import artifacts, broker
from adapters.kafka.artifacts import FetchFailed
from adapters.kafka.broker import Broker, BrokerFailed
from adapters.kafka.findings import AuditReport
from domain.log import Log
from ordertrail.auditing import audit
from ordertrail.kafka_words import words
from ordertrail.publishing import Task
from ordertrail.supervise import PublishingRefused, Supervisor, Told

ATTEMPTS = 4
PAUSE_SECONDS = 4.0
DRAIN_SECONDS = 45.0


def lack() -> str | None:
    """One sentence on what a broker needs that is not here; None: nothing."""
    missing = artifacts.missing()
    if missing is None:
        return None
    docker = " Or start one with `docker compose up -d kafka` and set ORDERTRAIL_KAFKA=localhost:9092."
    return f"Going on without Kafka. {missing}{docker if shutil.which('docker') else ''}"


class Streaming:
    """`bootstrap` None: a broker is started under `data`. Failures are said; the demo goes on without it."""

    def __init__(
        self,
        *,
        log_url: str,
        data: Path,
        bootstrap: str | None,
        prefix: str,
        say: Callable[[str], None],
        logger: logging.Logger,
    ) -> None:
        self._log_url = log_url
        self._data = data
        self._given = bootstrap
        self._prefix = prefix
        self._say = say
        self._logger = logger
        self._broker: Broker | None = None
        self._supervisor: Supervisor | None = None
        self._stop = asyncio.Event()
        self._working = asyncio.create_task(self._work())

    @property
    def told(self) -> Told:
        return self._supervisor.told if self._supervisor else Told()

    @property
    def where(self) -> str:
        if self._supervisor is None or self._working.done():
            return ""
        return f"at {self._bootstrap}"

    @property
    def _bootstrap(self) -> str:
        return self._given or (self._broker.bootstrap if self._broker else "")

    async def drained(self, log: Log) -> bool:
        """Wait until everything in the log is on Kafka; False if that can't be, or takes too long."""
        deadline = asyncio.get_running_loop().time() + DRAIN_SECONDS
        while not self._working.done() and asyncio.get_running_loop().time() < deadline:
            waiting = await asyncio.to_thread(log.outbox, 0, 1)
            if not waiting and self.told.position >= await asyncio.to_thread(log.tail):
                return True
            await asyncio.sleep(0.1)
        return False

    async def compare(self, log: Log) -> AuditReport | None:
        """Log against topics; None, and said why, if the topics can't be read."""
        try:
            return await audit(self._bootstrap, log, prefix=self._prefix)
        except (KafkaError, OSError, TimeoutError) as error:
            self._say(f"the topics can't be read back: {words(error)}")
            return None

    async def stop_publishing(self) -> None:
        self._stop.set()
        await self._working

    async def close(self) -> None:
        await self.stop_publishing()
        if self._broker is not None:
            await asyncio.to_thread(self._broker.stop)

    async def _work(self) -> None:
        try:
            if self._given is None:
                self._broker = await self._started()
        except (FetchFailed, BrokerFailed) as error:
            self._say(f"Going on without Kafka: {error}")
            return
        if self._stop.is_set():
            return
        self._supervisor = Supervisor(Task(self._log_url, self._bootstrap, self._prefix, 1), self._logger)
        try:
            await self._supervisor.run(self._stop)
        except PublishingRefused as error:
            self._say(f"Going on without publishing: {error}")

    async def _started(self) -> Broker:
        """A broker that an earlier demo left may take seconds to end, and holds its directory until then."""
        for _ in range(ATTEMPTS - 1):
            try:
                return await asyncio.to_thread(broker.start, self._data)
            except BrokerFailed:
                await asyncio.sleep(PAUSE_SECONDS)
        return await asyncio.to_thread(broker.start, self._data)
