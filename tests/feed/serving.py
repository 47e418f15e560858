"""A served feed over a log in a file, and what a reader of it sees."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from adapters.log import open_log
from domain.log import Log
from domain.rows import Entry, NewEvent, Registration
from ordertrail.door import Address, Door
from ordertrail.serve import Server

LOGGER = logging.getLogger("test-feed")
PATIENCE = 10
STREAM = {"Accept": "text/event-stream"}

Event = dict[str, Any]


def opened(url: str) -> Log:
    return open_log(url, now=0, new_id="log-a")


def append(log: Log, *versions: int, filling: int = 0) -> None:
    """Events of one order; `filling` makes them so many bytes larger."""
    state = json.dumps({"not_after": "2026-01-01T00:00:00.000000Z", "filling": "x" * filling}).encode()
    events = [NewEvent("runa-1", version, "ordertrail.agreed.v1", state) for version in versions]
    registration = Registration("runa", "A", "runa-1") if 1 in versions else None
    log.commit([Entry(events=events, registration=registration)])


@dataclass
class Reader:
    """One who asks over HTTP."""

    url: str
    session: aiohttp.ClientSession
    server: asyncio.Task[None]
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def get(self, query: str = "", **headers: str) -> tuple[int, Any, dict[str, str]]:
        """Status, body (as text if it is lines, else as JSON) and headers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.get(f"{self.url}{query}", headers=named) as answer:
            body = await answer.read()
            lines = answer.content_type == "application/x-ndjson"
            return answer.status, body.decode() if lines else json.loads(body), dict(answer.headers)

    @asynccontextmanager
    async def stream(self, query: str = "/events", **headers: str) -> AsyncIterator[aiohttp.ClientResponse]:
        named = STREAM | {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.get(f"{self.url}{query}", headers=named) as answer:
            assert answer.status == 200
            yield answer


async def told(answer: aiohttp.ClientResponse, count: int) -> list[Event]:
    """The next events of a stream; each one's id is its position."""
    events: list[Event] = []
    id_ = b""
    async with asyncio.timeout(PATIENCE):
        while len(events) < count:
            line = await answer.content.readuntil()
            assert line, "the stream ended"
            if line.startswith(b"id: "):
                id_ = line[4:].strip()
            if line.startswith(b"data: "):
                events.append(json.loads(line[6:]))
                assert events[-1]["position"] == id_.decode()
    return events


def versions(events: Sequence[Event]) -> list[int]:
    return [int(event["id"].rpartition("@")[2]) for event in events]


@asynccontextmanager
async def serving(
    url: str, *, token: str | None = None, origins: Sequence[str] = (), port: int = 0
) -> AsyncIterator[Reader]:
    address = Address("127.0.0.1", port)
    server = Server(lambda: opened(url), address, Door(address, token, origins), LOGGER)
    stop = asyncio.Event()
    running = asyncio.create_task(server.run(stop))
    either: set[asyncio.Future[Any]] = {running, server.bound}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    bound = server.bound.result()
    async with aiohttp.ClientSession(read_bufsize=2**22) as session:
        try:
            yield Reader(f"http://{bound}", session, running, stop)
        finally:
            stop.set()
            async with asyncio.timeout(PATIENCE):
                await running
