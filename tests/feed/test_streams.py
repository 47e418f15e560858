import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from domain.log import Log
from ordertrail.feed import Feed
from ordertrail.feed_http import FeedOverHttp
from tests.feed.serving import LOGGER, append, opened, serving, told, versions

pytestmark = pytest.mark.anyio


async def test_a_stream_tells_what_there_is_and_goes_on(log: Log, url: str) -> None:
    append(log, 1, 2)

    async with serving(url) as reader, reader.stream() as stream:
        before = await told(stream, 2)
        append(log, 3)
        after = await told(stream, 1)

    assert versions(before) + versions(after) == [1, 2, 3]


async def test_a_stream_resumes_right_after_the_last_event(log: Log, url: str) -> None:
    append(log, 1, 2, 3)

    async with serving(url) as reader, reader.stream("/events?after=0", Last_Event_ID="2") as stream:
        resumed = await told(stream, 1)

    assert versions(resumed) == [3]


async def test_nothing_is_left_out_or_told_twice_over_many_reconnects(log: Log, url: str) -> None:
    append(log, 1)
    found: list[int] = []

    async with serving(url) as reader:
        for version in range(2, 12):
            append(log, version)
            async with reader.stream(Last_Event_ID=str(len(found))) as stream:
                found += versions(await told(stream, 1))

    assert found == list(range(1, 11))


async def test_one_far_behind_catches_up_with_all_that_was_written(log: Log, url: str) -> None:
    append(log, *range(1, 2001), filling=500)

    async with serving(url) as reader, reader.stream() as stream:
        append(log, *range(2001, 2101))
        events = await told(stream, 2100)

    assert versions(events) == list(range(1, 2101))


async def test_many_readers_are_told_the_same(log: Log, url: str) -> None:
    async with serving(url) as reader:

        async def follow() -> list[int]:
            async with reader.stream() as stream:
                return versions(await told(stream, 30))

        following = [asyncio.create_task(follow()) for _ in range(20)]
        for version in range(1, 31):
            await asyncio.to_thread(append, log, version)
        found = await asyncio.gather(*following)

    assert found == [list(range(1, 31))] * 20


@pytest.mark.parametrize(("last", "status"), [("7", 416), ("-1", 400), ("abc", 400), ("", 400)])
async def test_a_last_event_that_never_was_is_refused(log: Log, url: str, last: str, status: int) -> None:
    append(log, 1)

    async with serving(url) as reader:
        answer = await reader.get("/events", Accept="text/event-stream", Last_Event_ID=last)

    assert answer[0] == status
    assert "error" in answer[1]


async def test_an_open_stream_ends_when_the_server_stops(log: Log, url: str) -> None:
    append(log, 1)

    async with serving(url) as reader, reader.stream() as stream:
        await told(stream, 1)
        reader.stop.set()
        rest = await asyncio.wait_for(stream.content.read(), 10)

    assert rest.strip() == b""


async def test_an_idle_stream_is_kept_alive_by_comments(log: Log, url: str) -> None:
    async with over_http(url, alive=0.02) as port, asked(port) as stream:
        came = await until(stream, b"\n\n:\n\n:\n\n")

    assert came.startswith(b"HTTP/1.0 200 OK")


async def test_only_so_many_streams_are_open_and_one_that_left_makes_room(log: Log, url: str) -> None:
    async with over_http(url, streams=1) as port:
        async with asked(port) as first:
            await until(first, b"retry:")
            async with asked(port) as second:
                refused = await until(second, b"too many streams")
        came = b""
        async with asyncio.timeout(10):
            while b"retry:" not in came:  # the server notices in its own time
                async with asked(port) as third:
                    came = await until(third, b"\n\n")

    assert b" 503 " in refused


async def test_a_reader_that_takes_nothing_is_let_go(
    log: Log, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    append(log, *range(1, 101), filling=200_000)
    caplog.set_level(logging.DEBUG, LOGGER.name)

    async with over_http(url, slowest=0.2) as port, asked(port), asyncio.timeout(10):
        while "TimeoutError" not in caplog.text:  # noqa: ASYNC110 what was logged sends no word
            await asyncio.sleep(0.02)


@asynccontextmanager
async def over_http(
    url: str, *, alive: float = 15, slowest: float = 30, streams: int = 10
) -> AsyncIterator[int]:
    """The port of a feed with other limits than usual."""
    feed, stop = Feed(lambda: opened(url), LOGGER), asyncio.Event()
    handlers = FeedOverHttp(feed, LOGGER, alive=alive, slowest=slowest, streams=streams)
    application = web.Application(middlewares=[handlers.middleware()])
    application.add_routes(handlers.routes())
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    following = asyncio.create_task(feed.follow(stop))
    try:
        yield int(runner.addresses[0][1])
    finally:
        stop.set()
        await following
        await runner.cleanup()
        await feed.close()


@asynccontextmanager
async def asked(port: int) -> AsyncIterator[asyncio.StreamReader]:
    """A connection on which a stream was asked for; what comes waits in the system's buffers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(b"GET /events HTTP/1.0\r\nAccept: text/event-stream\r\n\r\n")
    try:
        yield reader
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def until(reader: asyncio.StreamReader, words: bytes) -> bytes:
    came = b""
    async with asyncio.timeout(10):
        while words not in came and (more := await reader.read(4096)):
            came += more
    return came
