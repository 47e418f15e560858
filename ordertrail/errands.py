"""Requests that are no looks: they go ahead of all looks of a lane, under the same budget and circuit."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from adapters.http import WITHHELD, Came
from domain.readings import Failed
from ordertrail.channel import RATE_LIMITED, SERVER_ERROR, TOO_MANY, Channel


@dataclass(kw_only=True)
class Errands:
    """What a lane lends: its channel, when a request may leave, waiting for that, and asking. `waiting`
    counts requests that want to leave: until they have, no look does."""

    channel: Channel
    ready_at: Callable[[float], float]
    doze: Callable[[float], Awaitable[None]]
    stir: Callable[[], None]
    ask: Callable[[httpx.Request], Awaitable[Came]]
    waiting: int = 0
    stopping: bool = False

    async def send(
        self, request: httpx.Request, before: Callable[[], Awaitable[bool]], *, until: float = math.inf
    ) -> Came | None:
        """`before` is awaited once it may leave, and says whether it shall. None: it has not left by then."""
        if not await self._leaves(until):
            return None
        loop = asyncio.get_running_loop()
        sent = loop.time()
        came: Came | None = None
        wanted = True
        try:
            wanted = await before()
            sent = loop.time()
            if wanted:
                came = await self.ask(request)
        finally:
            if wanted:
                self.channel.back(came, sent, loop.time())
            else:
                self.channel.unsent()
            self.stir()
        if came is not None:
            self._judge_channel(came, sent, loop.time())
        return came

    def stop(self) -> None:
        """Nothing leaves any more; what has left is waited for."""
        self.stopping = True

    async def _leaves(self, until: float) -> bool:
        """Waits until it may; False: not by then, or the lane stops."""
        self.waiting += 1
        try:
            while not self.stopping:
                now = asyncio.get_running_loop().time()
                ready = self.ready_at(now)
                if ready <= now:
                    self.channel.sent(now)
                    return True
                if now >= until:
                    break
                await self.doze(min(ready, until))
            return False
        finally:
            self.waiting -= 1
            self.stir()

    def _judge_channel(self, came: Came, sent: float, now: float) -> None:
        """What the answer tells of reaching the provider."""
        answer = came.answer
        if answer == Failed(WITHHELD):
            return
        if isinstance(answer, Failed):
            self.channel.failed(answer, came, sent, now)
        elif answer.status == TOO_MANY:
            self.channel.failed(Failed(RATE_LIMITED), came, sent, now)
        elif answer.status >= SERVER_ERROR:
            self.channel.failed(Failed(f"http_{answer.status}"), came, sent, now)
        else:
            self.channel.answered(sent)
