"""A simulator as an httpx transport in the same process: no sockets, and whatever clock it is given."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx

from simulators.core import Simulator
from simulators.message import Answer, Request


class SimulatorTransport(httpx.AsyncBaseTransport):
    """`clock`: seconds since the epoch, UTC. `sleep` is awaited for slow answers, in the clock's seconds.

    An answer slower than the client's read timeout raises httpx.ReadTimeout after that long; one that is cut
    off raises httpx.ReadError while its body is read.
    """

    def __init__(
        self, simulator: Simulator, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._simulator = simulator
        self._clock = clock
        self._sleep = sleep

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._simulator.handle(await received(request), self._clock())
        if answer.delay_seconds:
            await self._wait(request, answer.delay_seconds)
        for pause in answer.pauses:
            await self._wait(request, pause)
        if answer.cut_after is None:
            return httpx.Response(answer.status, headers=answer.headers, content=answer.body)
        headers = {**answer.headers, "content-length": str(len(answer.body))}
        return httpx.Response(answer.status, headers=headers, stream=_CutStream(answer, answer.cut_after))

    async def _wait(self, request: httpx.Request, seconds: float) -> None:
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and patience < seconds:
            await self._sleep(patience)
            raise httpx.ReadTimeout("the answer came too late", request=request)
        await self._sleep(seconds)


class _CutStream(httpx.AsyncByteStream):
    def __init__(self, answer: Answer, length: int) -> None:
        self._part = answer.body[:length]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._part
        raise httpx.ReadError("the connection was closed in mid-body")


async def received(request: httpx.Request) -> Request:
    """A request as a simulator takes it."""
    return Request(
        method=request.method,
        path=request.url.path,
        query=dict(request.url.params),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.aread(),
    )
