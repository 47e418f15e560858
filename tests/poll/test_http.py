import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from adapters.clock import Moment, SystemClock
from adapters.http import Came, ask, client, ssl_context
from domain.instants import SECOND, instant
from domain.readings import Answer, Failed

pytestmark = pytest.mark.anyio
CONTEXT = ssl_context()
NOW = instant("2026-01-01T00:00:00Z")
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Standing:
    """A clock that moves a second each time the steady one is read."""

    name = "test"

    def __init__(self) -> None:
        self._steady = 0

    def moment(self) -> Moment:
        return Moment(NOW, self.steady())

    def steady(self) -> int:
        self._steady += SECOND
        return self._steady


class Chunks(httpx.AsyncByteStream):
    def __init__(self, chunks: Sequence[bytes]) -> None:
        self.left = list(chunks)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.left:
            yield self.left.pop(0)


async def came(
    status: int, headers: dict[str, str], *chunks: bytes, limit: int = 1000
) -> tuple[Came, list[bytes]]:
    """What `ask` makes of an answer, and the chunks it left unread."""
    stream = Chunks(chunks)
    transport = httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, stream=stream))
    async with client(transport=transport, context=CONTEXT) as http:
        request = httpx.Request("GET", "https://provider.example/order")
        return await ask(http, request, clock=Standing(), body_limit=limit), stream.left


async def answer(status: int, headers: dict[str, str], *chunks: bytes, limit: int = 1000) -> Answer | Failed:
    result, _ = await came(status, headers, *chunks, limit=limit)
    return result.answer


async def test_a_look_spans_from_before_the_question_to_after_the_last_byte() -> None:
    result, _ = await came(200, {"content-type": "text/plain", "age": "7"}, b"a", b"b")

    assert (result.asked_at, result.answered_at) == (NOW, NOW + SECOND)
    assert result.clock == ("test", NOW - SECOND)
    assert result.age == 7
    assert result.answer == Answer(200, "text/plain", b"ab")


async def test_reading_stops_at_the_limit() -> None:
    result, left = await came(200, {}, b"x" * 600, b"y" * 600, b"z" * 600)

    assert result.answer == Answer(200, None, b"x" * 600 + b"y" * 400, truncated=True)
    assert left == [b"z" * 600]


async def test_a_body_of_just_the_limit_is_whole() -> None:
    assert await answer(200, {}, b"x" * 1000) == Answer(200, None, b"x" * 1000)


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("Deflate", lambda body: zlib.compress(body, wbits=-zlib.MAX_WBITS)),
        ("identity", bytes),
    ],
)
async def test_a_packed_body_is_unpacked(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(b'{"state": "new"}')

    read = await answer(200, {"content-encoding": encoding}, packed[:5], b"", packed[5:])

    assert read == Answer(200, None, b'{"state": "new"}')


async def test_a_bomb_is_unpacked_no_further_than_the_limit() -> None:
    bomb = gzip.compress(bytes(20_000_000))

    read = await answer(200, {"content-encoding": "gzip"}, bomb)

    assert read == Answer(200, None, bytes(1000), truncated=True)


@pytest.mark.parametrize(
    ("encoding", "body", "kind"),
    [
        ("gzip", b"not packed at all", "encoding"),
        ("gzip", gzip.compress(b"half of it is missing")[:-12], "cut"),
        ("br", b"whatever", "encoding"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"twice")), "encoding"),
    ],
)
async def test_a_body_that_can_not_be_unpacked_is_a_failure(encoding: str, body: bytes, kind: str) -> None:
    assert await answer(200, {"content-encoding": encoding}, body) == Failed(kind)


async def test_an_empty_body_needs_no_unpacking() -> None:
    assert await answer(502, {"content-encoding": "gzip"}) == Answer(502, None, b"")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    assert await answer(status, {"location": "https://elsewhere.example/"}) == Failed("redirected")


@pytest.mark.parametrize(
    ("header", "age"),
    [("0", 0), ("31", 31), ("5, 7", 5), ("-3", None), ("soon", None), ("1.5", None), ("9" * 30, None)],
)
async def test_only_a_plausible_age_counts(header: str, age: int | None) -> None:
    result, _ = await came(200, {"age": header})

    assert result.age == age


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        ("86400", 3600.0),
        ("31536000", 3600.0),
        ("9" * 400, 3600.0),
        ("1.5", 1.5),
        ("0", 0.0),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60.0),
        ("Fri, 01 Jan 2027 00:01:00 GMT", 3600.0),
        ("Thu, 01 Jan 9999 00:01:00 GMT", 3600.0),
        ("Thu, 01 Jan 2025 00:01:00 GMT", 0.0),
        ("-5", None),
        ("whenever", None),
        ("", None),
        ("1e9", None),
        ("nan", None),
        ("Thu, 99 Jan 2026 00:01:00 GMT", None),
    ],
)
async def test_a_pause_asked_for_is_at_most_an_hour(header: str, seconds: float | None) -> None:
    result, _ = await came(429, {"retry-after": header})

    assert result.retry_after == seconds


async def test_cookies_are_not_kept() -> None:
    seen: list[httpx.Headers] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200, headers={"set-cookie": "track=me; Path=/"})

    async with client(transport=httpx.MockTransport(handle), context=CONTEXT) as http:
        for _ in range(2):
            await ask(http, httpx.Request("GET", "https://provider.example/"), clock=SystemClock())

    assert "cookie" not in seen[1]


@asynccontextmanager
async def host(serve: Serve) -> AsyncIterator[str]:
    """A server on the loopback; what it has left open is closed at the end."""
    writers: list[asyncio.StreamWriter] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with suppress(asyncio.IncompleteReadError):
            await serve(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/order"
        finally:
            for writer in writers:
                writer.close()
                await writer.wait_closed()


async def met(serve: Serve, deadline: float = 5.0) -> Answer | Failed:
    async with host(serve) as url, client(context=CONTEXT) as http:
        request = httpx.Request("GET", url)
        return (await ask(http, request, clock=SystemClock(), deadline=deadline)).answer


def saying(said: bytes, *, close: bool = True) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        if close:
            writer.close()

    return serve


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n"


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (OK + b"0123456789", Answer(200, None, b"0123456789")),
        (OK + b"0123", Failed("cut")),
        (b"", Failed("disconnected")),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", Failed("protocol")),
    ],
)
async def test_what_goes_wrong_on_a_connection_is_told_apart(said: bytes, outcome: Answer | Failed) -> None:
    assert await met(saying(said)) == outcome


async def test_the_deadline_covers_an_answer_that_trickles_in() -> None:
    assert await met(saying(OK + b"0123", close=False), deadline=0.1) == Failed("timeout")


async def test_nobody_there_is_a_failure_to_connect() -> None:
    async with host(saying(b"")) as url:
        pass
    async with client(context=CONTEXT) as http:
        result = await ask(http, httpx.Request("GET", url), clock=SystemClock())

    assert result.answer == Failed("connect")


async def test_a_connection_serves_many_looks() -> None:
    connections = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(OK + b"0123456789")

    async with host(serve) as url, client(context=CONTEXT) as http:
        for _ in range(5):
            await ask(http, httpx.Request("GET", url), clock=SystemClock())

    assert len(connections) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("answered", [0, 1])
async def test_a_request_is_sent_once_whatever_becomes_of_its_connection(method: str, answered: int) -> None:
    """On a new connection, and on one that has served before."""
    came: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(answered):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK + b"0123456789")
        came.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    async with host(serve) as url, client(context=CONTEXT) as http:
        for _ in range(5):
            for _ in range(answered):
                await ask(http, httpx.Request(method, url), clock=SystemClock())
            result = await ask(http, httpx.Request(method, url), clock=SystemClock())
            assert result.answer == Failed("disconnected")

    assert len(came) == 5


async def test_the_machines_clock_never_turns_a_look_around() -> None:
    clock = SystemClock()

    first, second = clock.moment(), clock.moment()

    assert second.steady >= first.steady
    assert abs((first.wall - first.steady) - (second.wall - second.steady)) < 10 * SECOND
