"""Asking the providers in turn: one worker, or one group of workers, for every log."""

import asyncio
import logging
from collections.abc import Callable

from adapters.clock import Timepiece
from adapters.log.turn import Turn
from adapters.membership import Membership, Owner
from domain.instants import SECOND
from domain.log import LogUnreachable
from ordertrail.thread import Thread

CHECK_SECONDS = 1.0
LAPSE_SECONDS = 5.0
"""Without a sign of the lock for so long it may be another worker's; who waited for it waits for that."""


class PollingRefused(Exception):
    """Another worker asks already; the message says what to do."""


class InTurn:
    """Another membership, that begins when the log's turn is ours and ends when it is not.

    Its `run` raises PollingRefused where a second worker does not wait.
    """

    def __init__(
        self,
        turn: Turn,
        inner: Membership,
        *,
        shown: str,
        clock: Timepiece,
        make_thread: Callable[[str], Thread],
        logger: logging.Logger,
    ) -> None:
        self.sole = inner.sole
        self._turn = turn
        self._inner = inner
        self._shown = shown
        self._clock = clock
        self._thread = make_thread("turn")
        self._logger = logger
        self._certain_until = -1.0

    def holds(self) -> bool:
        return self._steady() < self._certain_until and self._inner.holds()

    async def settle(self, *, gained: bool) -> bool:
        return await self._inner.settle(gained=gained)

    async def run(self, owner: Owner) -> None:
        try:
            while True:
                await self._take()
                belonging = asyncio.create_task(self._inner.run(owner))
                try:
                    await self._keep(belonging)
                finally:
                    belonging.cancel()
                    await asyncio.gather(belonging, return_exceptions=True)
                self._logger.warning("the lock on %s is lost: polling waits for it", self._shown)
                await owner.revoke()
        finally:
            await self._thread.run(self._turn.leave)
            self._thread.close()

    async def _take(self) -> None:
        waited = unreachable = False
        while not (taken := await self._taken()):
            if taken is None:
                if not unreachable:
                    self._logger.warning("polling waits for %s, which can't be reached", self._shown)
                unreachable = True
            elif not self._turn.waits:
                raise PollingRefused(self._refusal())
            elif not waited:
                self._logger.info("standing by: another worker asks the providers for %s", self._shown)
                waited = True
            await asyncio.sleep(CHECK_SECONDS)
        if waited:
            await asyncio.sleep(LAPSE_SECONDS)
        self._certain_until = self._steady() + LAPSE_SECONDS

    async def _taken(self) -> bool | None:
        """None: nobody can say."""
        try:
            return await self._thread.run(self._turn.take)
        except LogUnreachable as error:
            self._logger.debug("%s", error)
            return None

    async def _keep(self, belonging: asyncio.Task[None]) -> None:
        """Returns when the lock is lost; raises what the membership raises."""
        while True:
            started = self._steady()
            if not await self._thread.run(self._turn.kept):
                self._certain_until = -1.0
                return
            self._certain_until = started + LAPSE_SECONDS
            done, _ = await asyncio.wait([belonging], timeout=CHECK_SECONDS)
            for task in done:
                task.result()

    def _steady(self) -> float:
        return self._clock.steady() / SECOND

    def _refusal(self) -> str:
        others = "workers that share the orders by a Kafka group" if self.sole else "a worker without Kafka"
        return (
            f"the providers are asked about the orders of {self._shown} already, by another worker or by "
            f"{others}: end what runs there, or set the same ORDERTRAIL_KAFKA for all workers, so that they "
            "share the orders (on PostgreSQL a second worker would stand by)"
        )
