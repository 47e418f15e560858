"""What people ask of a running worker: look at this order now, tell the provider that it is funded.

A request is taken by the worker that watches its order. One whose order nobody watches is turned down, after
a while in which another worker, or this one, may come to know it.
"""

import logging
from collections.abc import Mapping, Sequence
from functools import partial

from adapters.clock import Timepiece
from domain.encoding import UnknownEvent
from domain.identity import OrderKey
from domain.instants import MINUTE, SECOND, Instant
from domain.rows import Request
from ordertrail.executing import Executor
from ordertrail.following import EXECUTE, Follower
from ordertrail.lane import Lane
from ordertrail.record import Recorder
from ordertrail.writer import Writer

STRAY = 20 * SECOND
AGAIN = MINUTE
NOT_WATCHED = "it is not watched"


class Desk:
    def __init__(
        self,
        *,
        lanes: Mapping[str, Lane],
        follower: Follower,
        writer: Writer,
        executor: Executor,
        clock: Timepiece,
        logger: logging.Logger,
    ) -> None:
        self._lanes = lanes
        self._follower = follower
        self._writer = writer
        self._executor = executor
        self._clock = clock
        self._logger = logger
        self._doubted: dict[int, Instant] = {}

    async def serve(self, requests: Sequence[Request]) -> None:
        """Raises LogRefused if the log was found unfit by something that is under way."""
        refreshes = []
        for request in requests:
            lane = self._lane(request)
            if request.verb == EXECUTE:
                self._executor.take(request, lane)
            elif lane is not None:
                refreshes.append(request)
            if lane is None:
                await self._doubt(request)
        if refreshes:
            await self._refresh(refreshes)

    async def close(self, grace: float) -> None:
        await self._executor.close(grace)

    def _lane(self, request: Request) -> Lane | None:
        """The one that asks about the order; None: it is not watched here."""
        key = _key(request)
        lane = self._lanes.get(key.provider)
        held = lane is not None and key.order_id in lane.fleet and lane.gate.owns(key.order_id)
        return lane if held else None

    async def _refresh(self, requests: Sequence[Request]) -> None:
        for request in await self._follower.claim(requests):
            lane = self._lane(request)
            if lane is not None and lane.fleet.ask(_key(request).order_id):
                lane.stir()

    async def _doubt(self, request: Request) -> None:
        now = self._clock.moment().wall
        since = self._doubted.get(request.id, request.asked_at + STRAY - AGAIN)
        if now < since + AGAIN:
            return
        key = _key(request)
        if await self._writer.call(partial(_watched, key)):
            self._doubted[request.id] = now
            return
        self._doubted.pop(request.id, None)
        if request.verb == EXECUTE:
            self._executor.turn_down(request, NOT_WATCHED)
        elif await self._follower.claim([request]):
            self._logger.warning("%s can't be looked at: %s", request.order, NOT_WATCHED)


def _watched(key: OrderKey, recorder: Recorder) -> bool:
    """By somebody: an order that this version can't read is left to a newer one."""
    try:
        known = recorder.known(key)
    except UnknownEvent:
        return True
    return known is not None and known.order.watched


def _key(request: Request) -> OrderKey:
    return OrderKey.of(request.order)
