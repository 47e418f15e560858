"""The feed as a server: the role `serve` of a running Ordertrail."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from domain.log import Log
from ordertrail.cloudevents import UnreadableEvent
from ordertrail.door import Address, Door
from ordertrail.feed import Feed
from ordertrail.feed_http import FeedOverHttp

STOP_SECONDS = 2.0


class ServingRefused(Exception):
    """The feed can't be served as things are; the message says what a person has to do."""


class Server:
    """`open_log` is called in the threads that read. `bound` tells the address once it serves."""

    def __init__(
        self,
        open_log: Callable[[], Log],
        address: Address,
        door: Door,
        logger: logging.Logger,
    ) -> None:
        self._open_log, self._address, self._door, self._logger = open_log, address, door, logger
        self.bound: asyncio.Future[Address] = asyncio.get_running_loop().create_future()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. Raises ServingRefused, LogRefused."""
        feed = Feed(self._open_log, self._logger)
        try:
            async with self._served(feed):
                self._logger.info("serving events on http://%s/events", self.bound.result())
                await feed.follow(stop)
        except UnreadableEvent as error:
            raise ServingRefused(str(error)) from error
        finally:
            await feed.close()

    @asynccontextmanager
    async def _served(self, feed: Feed) -> AsyncIterator[None]:
        over_http = FeedOverHttp(feed, self._logger)
        application = web.Application(middlewares=[over_http.middleware(), self._door.middleware()])
        application.add_routes(over_http.routes())
        application.on_response_prepare.append(self._door.open_to_origin)
        runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=STOP_SECONDS
        )
        await runner.setup()
        try:
            await self._bind(runner)
            yield
        finally:
            await runner.cleanup()

    async def _bind(self, runner: web.AppRunner) -> None:
        try:
            await web.TCPSite(runner, self._address.host, self._address.port).start()
        except OSError as error:
            raise ServingRefused(
                f"{self._address} can't be served on: {error.strerror or error}; end what uses it, or set "
                "another address in serve (ORDERTRAIL_SERVE=127.0.0.1:PORT)"
            ) from error
        self.bound.set_result(Address(self._address.host, runner.addresses[0][1]))
