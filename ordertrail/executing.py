"""The part of a worker that tells providers to execute orders: each request is sent once.

A provider that is asked too often has not taken the request, so it is sent again, within the budget. Anything
else but a clear answer leaves it uncertain.
"""

import asyncio
import logging
from collections.abc import Coroutine
from functools import partial
from random import Random

import httpx

from adapters.adapter import Execution
from adapters.clock import Timepiece
from domain.execution import Accepted, Busy, Outcome, Refused, Uncertain
from domain.identity import OrderKey, uuid7
from domain.instants import MINUTE, Instant
from domain.log import LogRefused
from domain.providers import PROVIDERS
from domain.rows import Request
from ordertrail import executions
from ordertrail.lane import Lane
from ordertrail.writer import Writer

BUSY_SECONDS = 600.0
INTERNAL = "an error of our own"
ABANDONED = 20 * MINUTE
"""An attempt that takes longer than this has no worker any more, whatever that was called."""


class Executor:
    """`since`: when this worker began; a request that its name had claimed before was left behind."""

    def __init__(
        self, *, writer: Writer, clock: Timepiece, rng: Random, worker: str, logger: logging.Logger
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._rng = rng
        self._worker = worker
        self._logger = logger
        self._since = clock.moment().wall
        self._at_work: dict[int, asyncio.Task[None]] = {}
        self._failure: LogRefused | None = None

    def take(self, request: Request, lane: Lane | None) -> None:
        """Begin a request, or end what another life of this worker left behind. `lane` None: not ours."""
        self._raise_failure()
        if request.id in self._at_work:
            return
        if request.claimed_by is not None:
            if self._left_behind(request, self._clock.moment().wall):
                self._start(request, self._give_up(request))
        elif lane is not None:
            self._start(request, self._execute(request, lane))

    def turn_down(self, request: Request, why: str) -> None:
        if request.id not in self._at_work and request.claimed_by is None:
            self._start(request, self._turn_down(request, why))

    async def close(self, grace: float) -> None:
        """Wait for answers on their way, for so many seconds; the next life gives up what comes later."""
        if self._at_work:
            _, late = await asyncio.wait(self._at_work.values(), timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _left_behind(self, request: Request, now: Instant) -> bool:
        claimed_at = request.claimed_at or 0
        own = request.claimed_by == self._worker and claimed_at < self._since
        return own or now - claimed_at > ABANDONED

    def _start(self, request: Request, work: Coroutine[object, object, None]) -> None:
        task = self._at_work[request.id] = asyncio.create_task(work)
        task.add_done_callback(partial(self._ended, request))

    def _ended(self, request: Request, task: asyncio.Task[None]) -> None:
        """What failed for a reason that nobody foresaw is not tried again in this life."""
        error = None if task.cancelled() else task.exception()
        if error is None:
            self._at_work.pop(request.id, None)
        elif isinstance(error, LogRefused):
            self._failure = error
        else:
            self._logger.error("%s could not be executed", request.order, exc_info=error)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def _execute(self, request: Request, lane: Lane) -> None:
        """In a first step what may be known before anything is promised, then the request itself."""
        key, way = _key(request), lane.target.adapter.execution
        known = await self._writer.call(lambda recorder: recorder.known(key))
        if known is None or known.order.state is None:
            return None  # until it is seen
        kind = None if way is None else way.kind(known.order.details)
        if way is None or kind is None:
            return await self._turn_down(request, executions.UNKNOWN_KIND)
        wish = executions.wish_of(request)
        asking = way.request(lane.target.endpoint, key.order_id, kind, wish.funding_transaction)
        attempt = uuid7(self._clock.moment().wall, self._rng)
        try:
            outcome = await self._sent(request, lane, way, asking, attempt)
        except LogRefused:
            raise
        except Exception:
            await self._end(request, attempt, Uncertain(INTERNAL))
            raise
        if outcome is None:
            return None
        await self._end(request, attempt, outcome)
        self._logger.info("executing %s: %s", key, _said(outcome))
        if lane.fleet.ask(key.order_id):
            lane.stir()
        return None

    async def _end(self, request: Request, attempt: str, outcome: Outcome) -> None:
        key = _key(request)
        provider = PROVIDERS[key.provider]
        await self._writer.call(
            lambda recorder: executions.end(recorder, request, attempt, key, provider, outcome)
        )

    async def _sent(
        self, request: Request, lane: Lane, way: Execution, asking: httpx.Request, attempt: str
    ) -> Outcome | None:
        """None: it never left."""
        key, loop = _key(request), asyncio.get_running_loop()
        came = await lane.errands.send(asking, partial(self._begin, request, lane, attempt))
        if came is None:
            return None
        until = loop.time() + BUSY_SECONDS
        while True:
            outcome = way.read(
                came.answer, executions.wish_of(request).funding_transaction, lane.target.endpoint.api_key
            )
            if not isinstance(outcome, Busy):
                return outcome
            again = await lane.errands.send(asking, partial(self._still_wanted, attempt, key), until=until)
            if again is None:
                return outcome.given_up
            came = again

    async def _begin(self, request: Request, lane: Lane, attempt: str) -> bool:
        key, adapter = _key(request), lane.target.adapter
        provider = PROVIDERS[key.provider]
        why = await self._writer.call(
            lambda recorder: executions.begin(recorder, request, attempt, key, provider, adapter)
        )
        if why is not None:
            self._logger.warning("%s is not executed: %s", key, why)
        return why is None

    async def _still_wanted(self, attempt: str, key: OrderKey) -> bool:
        return await self._writer.call(lambda recorder: executions.under_way(recorder, attempt, key))

    async def _turn_down(self, request: Request, why: str) -> None:
        key = _key(request)
        await self._writer.call(lambda recorder: executions.turn_down(recorder, request, key, why))
        self._logger.warning("%s is not executed: %s", key, why)

    async def _give_up(self, request: Request) -> None:
        key = _key(request)
        provider = PROVIDERS[key.provider]
        await self._writer.call(lambda recorder: executions.give_up(recorder, request, key, provider))
        self._logger.warning("whether %s was executed is uncertain: %s", key, executions.LEFT_BEHIND)


def _key(request: Request) -> OrderKey:
    return OrderKey.of(request.order)


def _said(outcome: Outcome) -> str:
    if isinstance(outcome, Accepted):
        return "accepted"
    if isinstance(outcome, Refused):
        return f"refused with {outcome.http_status}, {outcome.why}"
    return f"uncertain, {outcome.why}"
