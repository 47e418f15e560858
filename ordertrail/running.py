"""The roles of a running Ordertrail, together in one process: poll, project, publish, serve, commands."""

import asyncio
import logging
import threading
from collections.abc import Collection, Coroutine, Mapping
from contextlib import ExitStack
from enum import StrEnum

from adapters.waiting import Pauses
from domain.log import Log, LogError, LogRefused
from ordertrail.door import Address, AddressRefused
from ordertrail.machine import now, spare_the_collector
from ordertrail.metrics import exposed
from ordertrail.obeying import ObeyingRefused
from ordertrail.project import Projector, retry_parked
from ordertrail.sealing import Sealer
from ordertrail.serve import ServingRefused
from ordertrail.settings import Settings
from ordertrail.supervise import PublishingRefused, Supervisor
from ordertrail.wiring import drainer_of, made_log, obeying_of, publishing_task, server_of, worker_of

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0

_LOGGER = logging.getLogger(__name__)


class Role(StrEnum):
    POLL = "poll"
    PROJECT = "project"
    PUBLISH = "publish"
    SERVE = "serve"
    COMMANDS = "commands"


KAFKA_ROLES = frozenset({Role.PUBLISH, Role.COMMANDS})
"""Roles that can't be without a broker."""


class Projecting:
    """The projector, the log's seals, and what newer rules can read of older answers, in a thread of its own,
    with a log of its own. It waits for a log that is away."""

    def __init__(self, settings: Settings, logger: logging.Logger) -> None:
        self._settings = settings
        self._logger = logger
        self._stop = threading.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. Raises LogRefused."""
        working = asyncio.create_task(asyncio.to_thread(self._work))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        self._stop.set()
        stopping.cancel()
        await working

    def _work(self) -> None:
        pauses = Pauses(FIRST_PAUSE, LONGEST_PAUSE)
        while not self._stop.is_set():
            try:
                log = made_log(self._settings)
                pauses.reset()
                self._project(log)
            except LogRefused:
                raise
            except LogError as error:
                if pauses.fresh:
                    self._logger.warning("the read models wait for the log: %s", error)
                self._stop.wait(pauses.take())

    def _project(self, log: Log) -> None:
        try:
            say = self._logger.warning
            sealer = Sealer(log, now=now, worker=self._settings.worker, say=say)
            drainer = drainer_of(self._settings, log, self._logger.info)
            retry_parked(log, say)
            Projector(log, say=say).run(self._stop, lambda: sealer.step() + drainer.step())
        finally:
            log.close()


async def run_roles(
    settings: Settings, roles: Collection[Role], stop: asyncio.Event, logger: logging.Logger = _LOGGER
) -> None:
    """Until `stop`. What one role can't mend ends all; publishing, serving and commands end alone.

    Raises LogRefused, VaultError, PollingRefused, PublishingRefused, ServingRefused,
    ObeyingRefused, AddressRefused.
    """
    spare_the_collector()
    server = server_of(settings, logger) if Role.SERVE in roles else None
    works: dict[Role, Coroutine[object, object, None]] = {}
    if Role.POLL in roles:
        works[Role.POLL] = _poll(settings, stop, logger)
    if Role.PROJECT in roles:
        works[Role.PROJECT] = Projecting(settings, logger).run(stop)
    if Role.PUBLISH in roles:
        works[Role.PUBLISH] = Supervisor(publishing_task(settings), logger).run(stop)
    if server is not None:
        works[Role.SERVE] = server.run(stop)
    if Role.COMMANDS in roles:
        works[Role.COMMANDS] = obeying_of(settings, logger).run(stop)
    await together(works, stop, logger)


async def _poll(settings: Settings, stop: asyncio.Event, logger: logging.Logger) -> None:
    """Raises what the worker raises, and AddressRefused."""
    worker = worker_of(settings, logger)
    with ExitStack() as stack:
        if settings.metrics is not None:
            address = Address.parse(settings.metrics)
            try:
                stack.enter_context(exposed(address, lambda: worker.reports, lambda: worker.dwell))
            except OSError as error:
                raise AddressRefused(f"metrics can't be answered at {address}: {error.strerror}") from error
            logger.info("metrics at http://%s/metrics", address)
        await worker.run(stop)


async def together(
    works: Mapping[Role, Coroutine[object, object, None]], stop: asyncio.Event, logger: logging.Logger
) -> None:
    """Runs them side by side until all have ended; raises the first failure after the others have stopped."""
    names = {asyncio.create_task(work): role for role, work in works.items()}
    failure: BaseException | None = None
    running = set(names)
    while running:
        done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            error = task.exception()
            if error is None:
                continue
            failure = failure or error
            if isinstance(error, PublishingRefused | ServingRefused | ObeyingRefused) and running:
                logger.error("%s stopped, the rest goes on: %s", names[task], error)
            else:
                stop.set()
    if failure is not None:
        raise failure
