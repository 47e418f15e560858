"""Requests that are no looks: they go ahead of all looks of a lane, under the same budget and circuit."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from adapters.http import WITHHELD, Came
from domain.readings import Failed
from ordertrail.budget import Budget
from ordertrail.circuit import Circuit

TOO_MANY = 429
SERVER_ERROR = 500
RATE_LIMITED = "rate_limited"


@dataclass(kw_only=True)
class Errands:
    """What a lane lends: when a request may leave, waiting for that, asking, and the two accounts of what
    came back. `waiting` counts requests that want to leave: until they have, no look does."""

    budget: Budget
    circuit: Circuit
    ready_at: Callable[[float], float]
    doze: Callable[[float], Awaitable[None]]
    stir: Callable[[], None]
    ask: Callable[[httpx.Request], Awaitable[Came]]
    account: Callable[[Came | None, float, float], None]
    failed: Callable[[Failed, Came, float], None]
    answered: Callable[[float], None]
    waiting: int = 0
    stopping: bool = False

    async def send(
        self, request: httpx.Request, before: Callable[[], Awaitable[bool]], *, until: float = math.inf
    ) -> Came | None:
        """`before` is awaited once it may leave, and says whether it shall. None: it has not left by then."""
        sent = await self._leave(until)
        if sent is None:
            return None
        loop = asyncio.get_running_loop()
        try:
            if not await before():
                self.budget.unsent()
                self.stir()
                return None
            self.circuit.sent()
            came = await self.ask(request)
        except BaseException:
            self.account(None, sent, loop.time())
            raise
        self.account(came, sent, loop.time())
        self._judge_channel(came, sent)
        return came

    def stop(self) -> None:
        """Nothing leaves any more; what has left is waited for."""
        self.stopping = True

    async def _leave(self, until: float) -> float | None:
        """When it was allowed to leave; None: not by then, or the lane stops."""
        self.waiting += 1
        try:
            while not self.stopping:
                now = asyncio.get_running_loop().time()
                ready = self.ready_at(now)
                if ready <= now:
                    self.budget.sent(now)
                    return now
                if now >= until:
                    break
                await self.doze(min(ready, until))
            return None
        finally:
            self.waiting -= 1
            self.stir()

    def _judge_channel(self, came: Came, sent: float) -> None:
        """What the answer tells of reaching the provider."""
        answer = came.answer
        if answer == Failed(WITHHELD):
            return
        if isinstance(answer, Failed):
            self.failed(answer, came, sent)
        elif answer.status == TOO_MANY:
            self.failed(Failed(RATE_LIMITED), came, sent)
        elif answer.status >= SERVER_ERROR:
            self.failed(Failed(f"http_{answer.status}"), came, sent)
        else:
            self.answered(sent)
