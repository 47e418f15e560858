"""The simulators as real HTTP servers, one port each."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from simulators.core import Simulator
from simulators.message import Answer, Request


@asynccontextmanager
async def serve(
    simulators: Sequence[Simulator],
    host: str = "127.0.0.1",
    port: int = 0,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[Mapping[str, str]]:
    """Yields {provider: url} while they run.

    `port` is the first one's, the others follow it; 0: whatever is free. `clock`: seconds since the epoch,
    UTC. Raises OSError if a port is taken.
    """
    async with AsyncExitStack() as stack:
        urls = {}
        for offset, simulator in enumerate(simulators):
            runner = web.ServerRunner(
                web.Server(_handler(simulator, clock), access_log=None), shutdown_timeout=1
            )
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, host, port and port + offset).start()
            urls[simulator.provider] = f"http://{host}:{runner.addresses[0][1]}"
        yield urls


def _handler(
    simulator: Simulator, clock: Callable[[], float]
) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    async def handle(incoming: web.BaseRequest) -> web.StreamResponse:
        answer = simulator.handle(await _request(incoming), clock())
        if answer.delay_seconds:
            await asyncio.sleep(answer.delay_seconds)
        if answer.cut_after is not None:
            return await _cut(incoming, answer, answer.cut_after)
        if answer.pauses:
            return await _paused(incoming, answer)
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)

    return handle


async def _request(incoming: web.BaseRequest) -> Request:
    return Request(
        method=incoming.method,
        path=incoming.path,
        query=dict(incoming.query),
        headers={name.lower(): value for name, value in incoming.headers.items()},
        body=await incoming.content.read(),
        client=incoming.remote or "",
    )


async def _paused(incoming: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    """The body in equal parts, with silence after each but the last."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body)
    await response.prepare(incoming)
    size = len(answer.body) // (len(answer.pauses) + 1)
    for number, pause in enumerate(answer.pauses):
        await response.write(answer.body[number * size : (number + 1) * size])
        await asyncio.sleep(pause)
    await response.write(answer.body[len(answer.pauses) * size :])
    return response


async def _cut(incoming: web.BaseRequest, answer: Answer, length: int) -> web.StreamResponse:
    """Promises the whole body, sends a part of it and closes the connection."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body)
    await response.prepare(incoming)
    await response.write(answer.body[:length])
    if incoming.transport is not None:
        incoming.transport.close()
    return response
