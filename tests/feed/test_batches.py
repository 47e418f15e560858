import asyncio
import json

import pytest

from domain.log import Log
from tests.feed.serving import append, opened, serving, versions

pytestmark = pytest.mark.anyio


async def test_a_batch_is_what_comes_after_a_position(log: Log, url: str) -> None:
    append(log, 1, 2, 3)

    async with serving(url) as reader:
        status, events, headers = await reader.get("/events?after=1")

    assert (status, versions(events)) == (200, [2, 3])
    assert headers["Content-Type"] == "application/cloudevents-batch+json; charset=utf-8"
    assert (headers["Ordertrail-Position"], headers["Ordertrail-Tail"]) == ("3", "3")
    assert events[0]["source"] == "urn:ordertrail:log-a"
    assert events[0]["replay"] is False


async def test_following_the_position_tells_every_event_once(log: Log, url: str) -> None:
    append(log, *range(1, 251))
    found: list[int] = []
    after = "0"

    async with serving(url) as reader:
        while len(found) < 250:
            _, events, headers = await reader.get(f"/events?after={after}&limit=60")
            found += versions(events)
            after = headers["Ordertrail-Position"]

    assert found == list(range(1, 251))


async def test_lines_are_events_too(log: Log, url: str) -> None:
    append(log, 1, 2)

    async with serving(url) as reader:
        _, lines, headers = await reader.get("/events", Accept="application/x-ndjson")

    assert headers["Content-Type"].startswith("application/x-ndjson")
    assert versions([json.loads(line) for line in lines.splitlines()]) == [1, 2]


async def test_one_who_waits_is_told_as_soon_as_there_is_something(log: Log, url: str) -> None:
    append(log, 1)

    async with serving(url) as reader:
        waiting = asyncio.create_task(reader.get("/events?after=1&wait=60"))
        await reader.get("/")
        append(log, 2)
        status, events, _ = await asyncio.wait_for(waiting, 10)

    assert (status, versions(events)) == (200, [2])


async def test_waiting_for_nothing_ends_with_nothing(log: Log, url: str) -> None:
    async with serving(url) as reader:
        began = asyncio.get_running_loop().time()
        status, events, headers = await reader.get("/events?wait=1")
        waited = asyncio.get_running_loop().time() - began

    assert (status, events, headers["Ordertrail-Position"]) == (200, [], "0")
    assert waited >= 0.9


async def test_large_events_come_a_few_at_a_time(log: Log, url: str) -> None:
    append(log, *range(1, 6), filling=200_000)

    async with serving(url) as reader:
        _, events, headers = await reader.get("/events")

    assert (versions(events), headers["Ordertrail-Position"]) == ([1], "1")


@pytest.mark.parametrize(
    ("query", "status", "why"),
    [
        ("after=2", 416, "no position 2: they go from 1 to 1"),
        ("after=-1", 400, "after must be a whole number from 0"),
        ("after=x", 400, "after must be a whole number"),
        ("after=99999999999999999999", 400, "after must be a whole number"),
        ("after=0&after=1", 400, "given 2 times"),
        ("limit=0", 400, "limit must be a whole number from 1 to 1000"),
        ("wait=61", 400, "wait must be a whole number from 0 to 60"),
    ],
)
async def test_what_can_not_be_is_said(log: Log, url: str, query: str, status: int, why: str) -> None:
    append(log, 1)

    async with serving(url) as reader:
        answer = await reader.get(f"/events?{query}")
        stream = (
            await reader.get(f"/events?{query}", Accept="text/event-stream") if "after" in query else answer
        )

    assert answer[0] == stream[0] == status
    assert why in answer[1]["error"]
    assert answer[1] == stream[1]


async def test_the_front_page_tells_log_and_tail(log: Log, url: str) -> None:
    append(log, 1, 2)

    async with serving(url) as reader:
        status, about, _ = await reader.get("/")

    assert (status, about["log"], about["tail"]) == (200, "log-a", 2)


async def test_only_get_is_answered_and_only_where_there_is_something(log: Log, url: str) -> None:
    async with serving(url) as reader:
        async with reader.session.post(f"{reader.url}/events", data=b"x") as posted:
            assert (posted.status, posted.headers["Allow"]) == (405, "GET")
            assert "only GET" in await posted.text()
        async with reader.session.head(f"{reader.url}/events") as head:
            assert head.status == 405
        assert (await reader.get("/nothing"))[0] == 404
        assert (await reader.get("/events", Accept="text/html"))[0] == 406


async def test_both_databases_serve_the_same(postgres_url: str) -> None:
    log = opened(postgres_url)
    append(log, 1, 2)

    async with serving(postgres_url) as reader:
        _, events, headers = await reader.get("/events")
        waiting = asyncio.create_task(reader.get(f"/events?after={headers['Ordertrail-Position']}&wait=60"))
        await asyncio.to_thread(append, log, 3)
        _, later, _ = await asyncio.wait_for(waiting, 10)

    log.close()
    assert versions(events) + versions(later) == [1, 2, 3]
