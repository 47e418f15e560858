"""The feed over HTTP: CloudEvents as a batch, as lines, or as Server-Sent Events.

    GET /                              {log, source, tail, events}
    GET /events?after=POSITION         what comes after it; `limit`, and `wait` so many seconds for something
        Accept: application/cloudevents-batch+json (default), application/x-ndjson, text/event-stream

An answer's `Ordertrail-Position` is the `after` to ask with next. Errors are `{"error": WHY}`.
"""

import asyncio
import logging
from collections.abc import Sequence

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from domain.log import LogError
from ordertrail.cloudevents import BATCH_TYPE, UnreadableEvent, source
from ordertrail.feed import Feed, Told
from ordertrail.replay import NoSuchPosition

LINES_TYPE = "application/x-ndjson"
STREAM_TYPE = "text/event-stream"
TYPES = (BATCH_TYPE, "application/json", LINES_TYPE, STREAM_TYPE)
EVENTS_AT_ONCE = 100
MOST_EVENTS = 1000
LONGEST_WAIT = 60
MOST_STREAMS = 200
ALIVE_SECONDS = 15.0
SLOWEST_SECONDS = 30.0
RETRY_MS = 2000
LARGEST = 2**63 - 1


class FeedOverHttp:
    """Handlers over one feed. In seconds: a comment is sent after `alive` without events, and a reader that
    takes nothing for `slowest` is let go; it resumes where it was."""

    def __init__(
        self,
        feed: Feed,
        logger: logging.Logger,
        *,
        alive: float = ALIVE_SECONDS,
        slowest: float = SLOWEST_SECONDS,
        streams: int = MOST_STREAMS,
    ) -> None:
        self._feed, self._logger = feed, logger
        self._alive, self._slowest, self._free = alive, slowest, streams

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._about, allow_head=False),
            web.get("/events", self._events, allow_head=False),
        ]

    def middleware(self) -> Middleware:
        @web.middleware
        async def explain(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                return await handler(request)
            except web.HTTPException as error:
                return _explained(error)
            except NoSuchPosition as error:
                return _error(416, str(error), {"Ordertrail-Tail": str(self._feed.tail)})
            except LogError as error:
                self._logger.debug("the feed can't answer: %s", error)
                return _error(503, "the log can't be read at the moment", {"Retry-After": "2"})
            except UnreadableEvent as error:
                self._logger.error("the feed stops before an event: %s", error)
                return _error(500, str(error))

        return explain

    async def _about(self, _request: web.Request) -> web.StreamResponse:
        log_id, tail = await self._feed.about()
        return _json({"log": log_id, "source": source(log_id), "tail": tail, "events": "/events"})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        kind = _kind(request)
        if kind == STREAM_TYPE:
            return await self._stream(request)
        after = _number(request, "after", 0, 0, LARGEST)
        limit = _number(request, "limit", EVENTS_AT_ONCE, 1, MOST_EVENTS)
        wait = _number(request, "wait", 0, 0, LONGEST_WAIT)
        await self._feed.demand(after)
        events = await self._feed.page(after, limit)
        if not events and wait:
            await self._feed.grown(after, wait)
            events = await self._feed.page(after, limit)
        return self._answer(events, kind, after)

    def _answer(self, events: Sequence[Told], kind: str, after: int) -> web.Response:
        position = events[-1].position if events else after
        headers = {
            "Ordertrail-Position": str(position),
            "Ordertrail-Tail": str(max(self._feed.tail, position)),
            "Cache-Control": "no-store",
        }
        bodies = [told.body for told in events]
        if kind == LINES_TYPE:
            body = b"".join([each + b"\n" for each in bodies])
        else:
            body = b"[" + b",".join(bodies) + b"]"
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if "Last-Event-ID" in request.headers:
            after = _whole("Last-Event-ID", request.headers["Last-Event-ID"], 0, LARGEST)
        else:
            after = _number(request, "after", 0, 0, LARGEST)
        await self._feed.demand(after)
        if self._free <= 0:
            raise web.HTTPServiceUnavailable(
                text="too many streams are open: close some, or ask with wait", headers={"Retry-After": "5"}
            )
        self._free -= 1
        try:
            return await self._tell(request, after)
        finally:
            self._free += 1

    async def _tell(self, request: web.Request, after: int) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        response.content_type, response.charset = STREAM_TYPE, "utf-8"
        await response.prepare(request)
        epoch = self._feed.epoch
        try:
            await self._write(response, b"retry: %d\n\n" % RETRY_MS)
            while epoch == self._feed.epoch and not self._feed.closed.is_set():
                after = await self._tell_page(response, after)
        except (ConnectionError, TimeoutError, LogError, UnreadableEvent) as error:
            self._logger.debug("a stream ends after position %d: %r", after, error)
            if isinstance(error, TimeoutError) and request.transport is not None:
                request.transport.abort()
        return response

    async def _tell_page(self, response: web.StreamResponse, after: int) -> int:
        """The position it is told up to."""
        events = await self._feed.page(after, MOST_EVENTS)
        if not events:
            await self._feed.grown(after, self._alive)
            events = await self._feed.page(after, MOST_EVENTS)
        told = [b"id: %d\ndata: %b\n\n" % each for each in events]
        if not told and not self._feed.closed.is_set():
            told = [b":\n\n"]
        await self._write(response, b"".join(told))
        return events[-1].position if events else after

    async def _write(self, response: web.StreamResponse, data: bytes) -> None:
        """Returns when the reader has taken nearly all of it. Raises TimeoutError, ConnectionError."""
        async with asyncio.timeout(self._slowest):
            await response.write(data)


def _kind(request: web.Request) -> str:
    """The first of the types asked for that there is."""
    accepted = request.headers.get("Accept", "*/*")
    for asked in accepted.split(","):
        kind = asked.partition(";")[0].strip().lower()
        if kind in TYPES:
            return kind
        if kind in ("*/*", "application/*"):
            return BATCH_TYPE
    raise web.HTTPNotAcceptable(text=f"events are served as {', '.join(TYPES)}")


def _number(request: web.Request, name: str, default: int, least: int, most: int) -> int:
    given = request.query.getall(name, [])
    if len(given) > 1:
        raise web.HTTPBadRequest(text=f"{name} is given {len(given)} times")
    return _whole(name, given[0], least, most) if given else default


def _whole(name: str, value: str, least: int, most: int) -> int:
    if value.isascii() and value.isdigit() and len(value) < 20 and least <= int(value) <= most:
        return int(value)
    range_ = f"from {least}" + (f" to {most}" if most < LARGEST else "")
    raise web.HTTPBadRequest(text=f"{name} must be a whole number {range_}, not {value[:40]!r}")


def _explained(error: web.HTTPException) -> web.Response:
    kept = {
        name: value for name, value in error.headers.items() if name not in ("Content-Type", "Content-Length")
    }
    return _error(error.status, _WORDS.get(error.status) or error.text or error.reason, kept)


_WORDS = {
    404: "there is / and /events",
    405: "only GET is answered here",
}


def _error(status: int, why: str, headers: dict[str, str] | None = None) -> web.Response:
    return _json({"error": why}, status, headers)


def _json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(value) + b"\n",
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
