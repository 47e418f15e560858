import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from domain.log import Log, LogUnreachable
from ordertrail import feed as feeds
from ordertrail.feed import Feed
from ordertrail.running import Role, together
from ordertrail.serve import ServingRefused
from tests.feed.serving import LOGGER, append, opened, serving

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def following(feed: Feed) -> AsyncIterator[Feed]:
    stop = asyncio.Event()
    task = asyncio.create_task(feed.follow(stop))
    try:
        yield feed
    finally:
        stop.set()
        await task
        await feed.close()


async def all_positions(feed: Feed, last: int) -> list[int]:
    found: list[int] = []
    async with asyncio.timeout(10):
        while not found or found[-1] < last:
            page = await feed.page(found[-1] if found else 0, 1000)
            found += [told.position for told in page]
            if not page:
                await feed.grown(found[-1] if found else 0, 1)
    return found


async def test_what_is_kept_for_all_is_bounded_and_nothing_is_missing(
    log: Log, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "KEPT_BYTES", 50_000)
    append(log, 1)

    async with following(Feed(lambda: opened(url), LOGGER)) as feed:
        await feed.grown(0, 10)
        for first in range(2, 302, 50):
            append(log, *range(first, first + 50), filling=500)
        found = await all_positions(feed, 301)

        assert found == list(range(1, 302))
        assert sum(len(told.body) for told in feed._newest) <= 50_000


async def test_a_log_that_is_away_is_waited_for(log: Log, url: str, caplog: pytest.LogCaptureFixture) -> None:
    append(log, 1)
    away = [True]

    def sometimes() -> Log:
        if away.pop() if away else False:
            raise LogUnreachable("the log is away")
        return opened(url)

    async with following(Feed(sometimes, LOGGER)) as feed:
        await feed.grown(0, 10)

        assert feed.tail == 1
    assert "the feed waits for the log: the log is away" in caplog.text


async def test_a_port_that_is_taken_ends_serving_but_not_the_rest(log: Log, url: str) -> None:
    stop, went_on = asyncio.Event(), asyncio.Event()

    async def other() -> None:
        await asyncio.sleep(0.1)
        assert not stop.is_set()
        went_on.set()

    async def refused() -> None:
        raise ServingRefused("127.0.0.1:8787 can't be served on")

    with pytest.raises(ServingRefused):
        await together({Role.SERVE: refused(), Role.PROJECT: other()}, stop, LOGGER)

    assert went_on.is_set()


async def test_an_address_in_use_is_said(log: Log, url: str) -> None:
    async with serving(url) as reader:
        port = int(reader.url.rpartition(":")[2])

        with pytest.raises(ServingRefused, match=f"127.0.0.1:{port} can't be served on"):
            async with serving(url, port=port):
                pass
