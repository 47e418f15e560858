"""Asking over HTTP: one client per provider, one `ask` per look.

httpx speaks through aiohttp's connections, since its own pool slows down with every open one. No cookies are
kept, no redirect is followed (an API key goes to the configured host only), and nothing larger than the limit
is read or unpacked. What fails on the way is a `Failed` with a counter's name, never an exception:

    timeout · connect · tls · disconnected (closed before an answer) · cut (closed within one) · redirected ·
    encoding · protocol · withheld (no byte of the request has left: it was not to, any more)
"""

import asyncio
import re
import ssl
import zlib
from collections.abc import AsyncIterable, Callable
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from adapters.clock import Timepiece, domain_clock
from domain.instants import SECOND, Instant, instant
from domain.readings import Answer, Clock, Failed

BODY_LIMIT = 1024 * 1024
TIMEOUT = httpx.Timeout(connect=10.0, read=20.0, write=20.0, pool=None)
DEADLINE = 30.0
KEEP_ALIVE = 50.0
"""Seconds. Less than the usual front ends wait (60 or 75): a request that meets their closing has failed."""

LONGEST_RETRY_AFTER = 3600.0
WITHHELD = "withheld"

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_ENCODINGS = frozenset({"gzip", "x-gzip", "deflate"})
_HEADERS = frozenset({b"age", b"retry-after", b"content-encoding", b"content-type"})
_DIGITS = re.compile(r"[0-9]{1,10}")
_SECONDS = re.compile(r"[0-9]{1,4000}(\.[0-9]{0,40})?")
_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (aiohttp.ServerTimeoutError, "timeout"),
    (aiohttp.ClientSSLError, "tls"),
    (aiohttp.ClientConnectorError, "connect"),
    (aiohttp.ClientPayloadError, "cut"),
    (aiohttp.ClientConnectionError, "disconnected"),
    (aiohttp.ClientError, "protocol"),
    (TimeoutError, "timeout"),
    (httpx.TimeoutException, "timeout"),
    (httpx.ConnectError, "connect"),
    (httpx.ReadError, "cut"),
    (httpx.NetworkError, "disconnected"),
    (httpx.HTTPError, "protocol"),
    (OSError, "disconnected"),
)


class Withheld(Exception):
    """A request must not leave any more."""


class Came(NamedTuple):
    """What came back, and when. `age` in seconds as admitted, `retry_after` in seconds, at most an hour."""

    asked_at: Instant
    answered_at: Instant
    clock: Clock
    answer: Answer | Failed
    age: int | None = None
    retry_after: float | None = None


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        pass


class _Client(httpx.AsyncClient):
    """Looking for cookies in every answer costs as much as reading it."""

    _none = _NoCookies()

    @property
    def cookies(self) -> httpx.Cookies:
        return self._none

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise TypeError("this client keeps no cookies")


def client(
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    context: ssl.SSLContext | None = None,
    connections: int = 100,
    keep_alive: float = KEEP_ALIVE,
    before_write: Callable[[], None] | None = None,
) -> httpx.AsyncClient:
    """A client for one provider; `transport` replaces the network. Proxies of the environment are not used.
    `before_write` is called when there is a connection and nothing is left to wait for; it may raise
    Withheld.

    Making a context takes tens of milliseconds: share one between clients.
    """
    context = context or ssl_context()
    if transport is None:
        transport = _network(context, connections, keep_alive, before_write)
    elif before_write is not None:
        transport = _Checked(transport, before_write)
    return _Client(
        transport=transport, verify=context, timeout=TIMEOUT, follow_redirects=False, trust_env=False
    )


def ssl_context() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


async def ask(
    http: httpx.AsyncClient,
    request: httpx.Request,
    *,
    clock: Timepiece,
    body_limit: int = BODY_LIMIT,
    deadline: float = DEADLINE,
) -> Came:
    """From the moment before sending to the one after the last byte, in `deadline` seconds at most.

    Both ends are on the wall clock as it went when asking: a step meanwhile can't turn the look around.
    """
    asked = clock.moment()
    age: int | None = None
    retry_after: float | None = None
    came: Answer | Failed
    try:
        async with asyncio.timeout(deadline):
            response = await http.send(request, stream=True)
            try:
                headers = _told(response)
                age = _age(headers.get(b"age"))
                retry_after = _retry_after(headers.get(b"retry-after"), asked.wall)
                came = await _answer(response, headers, body_limit)
            finally:
                await response.aclose()
    except Withheld:
        came = Failed(WITHHELD)
    except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
        came = Failed(_kind(error))
    answered_at = asked.wall + clock.steady() - asked.steady
    return Came(asked.wall, answered_at, domain_clock(clock, asked), came, age, retry_after)


class _Checked(httpx.AsyncBaseTransport):
    def __init__(self, transport: httpx.AsyncBaseTransport, check: Callable[[], None]) -> None:
        self._transport = transport
        self._check = check

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._check()
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()


def _checked(check: Callable[[], None]) -> type[aiohttp.ClientRequest]:
    class Checked(aiohttp.ClientRequest):
        async def send(self, conn: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
            check()
            return await super().send(conn)

    return Checked


def _network(
    context: ssl.SSLContext,
    connections: int,
    keep_alive: float,
    before_write: Callable[[], None] | None,
) -> AiohttpTransport:
    def session() -> aiohttp.ClientSession:
        made = aiohttp.ClientSession(
            request_class=aiohttp.ClientRequest if before_write is None else _checked(before_write),
            connector=aiohttp.TCPConnector(limit=connections, keepalive_timeout=keep_alive, ssl=context),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("accept-encoding", "user-agent"),
        )
        # a GET would be sent again unasked, past the budget; there is no public way to say so
        made._retry_connection = False
        return made

    return AiohttpTransport(verify=context, client=session, trust_env=False)


def _told(response: httpx.Response) -> dict[bytes, str]:
    """The headers that matter, in one pass: each look-up of httpx's own goes through all of them."""
    found: dict[bytes, str] = {}
    for name, value in response.headers.raw:
        name = name.lower()
        if name in _HEADERS:
            found.setdefault(name, value.decode("latin-1"))
    return found


async def _answer(response: httpx.Response, headers: dict[bytes, str], limit: int) -> Answer | Failed:
    if 300 <= response.status_code < 400:
        return Failed("redirected")
    encoding = headers.get(b"content-encoding", "identity").strip().lower()
    stream = response.stream
    assert isinstance(stream, httpx.AsyncByteStream)  # an asynchronous client has no other
    if encoding in ("", "identity"):
        body, truncated = await _plain(stream, limit)
    elif encoding in _ENCODINGS:
        try:
            body, truncated = await _unpacked(stream, limit)
        except zlib.error:
            return Failed("encoding")
        except EOFError:
            return Failed("cut")
    else:
        return Failed("encoding")
    return Answer(response.status_code, headers.get(b"content-type"), body, truncated)


async def _plain(stream: AsyncIterable[bytes], limit: int) -> tuple[bytes, bool]:
    body = b""
    async for chunk in stream:
        body = body + chunk if body else chunk
        if len(body) > limit:
            return body[:limit], True
    return body, False


async def _unpacked(stream: AsyncIterable[bytes], limit: int) -> tuple[bytes, bool]:
    """Unpacks no further than a byte beyond the limit, however small the packed body is.

    Raises zlib.error, and EOFError for one that stops before its end.
    """
    body = bytearray()
    unpacker = None
    async for chunk in stream:
        if not chunk:
            continue
        unpacker = unpacker or zlib.decompressobj(_window_bits(chunk))
        body += unpacker.decompress(chunk, limit + 1 - len(body))
        if len(body) > limit:
            return bytes(body[:limit]), True
        if unpacker.eof:
            break
    if unpacker is not None and not unpacker.eof:
        raise EOFError
    return bytes(body), False


def _window_bits(start: bytes) -> int:
    """Some servers send `deflate` without its zlib header."""
    headed = start[:1] == b"\x1f" or start[0] & 0x0F == zlib.DEFLATED
    return _GZIP_OR_ZLIB if headed else -zlib.MAX_WBITS


def _kind(error: BaseException) -> str:
    """httpx-aiohttp reports a closed connection as httpx.ConnectTimeout; only the cause tells."""
    cause = error.__cause__ if isinstance(error.__cause__, aiohttp.ClientError) else error
    return next((kind for category, kind in _KINDS if isinstance(cause, category)), "protocol")


def _age(value: str | None) -> int | None:
    if value is None:
        return None
    first = value.partition(",")[0].strip()
    return int(first) if _DIGITS.fullmatch(first) else None


def _retry_after(value: str | None, now: Instant) -> float | None:
    if value is None:
        return None
    if _SECONDS.fullmatch(value.strip()):
        seconds = float(value)
    else:
        try:
            at = instant(parsedate_to_datetime(value).isoformat())
        except (ValueError, OverflowError):
            return None
        seconds = (at - now) / SECOND
    return min(LONGEST_RETRY_AFTER, max(0.0, seconds))
