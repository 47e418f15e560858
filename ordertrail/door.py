"""Who may come in: the token, the names a loopback server answers to, and web pages of other origins.

A server on the loopback need not ask for a token, so it answers only to a loopback name: a web page that lets
its own name point here (DNS rebinding) stays outside. Elsewhere there must be a token.
"""

import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
TOLD_HEADERS = "Ordertrail-Position, Ordertrail-Tail"
ASKED_HEADERS = "Authorization, Last-Event-ID"
OPEN_SECONDS = "600"


class AddressRefused(Exception):
    """This address must not be opened as the settings are; the message says what to do."""


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    @classmethod
    def parse(cls, written: str) -> "Address":
        """`HOST:PORT`, an IPv6 host in brackets; port 0 is any that is free."""
        host, _, port = written.rpartition(":")
        return cls(host.strip("[]"), int(port))

    @property
    def loopback(self) -> bool:
        """Whether it can be reached from this machine only; any name but localhost may be anywhere."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def refuse_open_door(address: Address, token: str | None) -> None:
    """Raises AddressRefused for an address that others can reach without a token."""
    if not address.loopback and token is None:
        raise AddressRefused(
            f"{address} can be reached from other machines: set a token that they must send "
            "(ORDERTRAIL_SERVE_TOKEN), or serve on 127.0.0.1"
        )


class Door:
    """Middleware. `origins` are those of web pages that may read answers, e.g. https://shop.example."""

    def __init__(self, address: Address, token: str | None, origins: Sequence[str]) -> None:
        self._names = {*LOCAL_NAMES, address.host}
        self._token = None if token is None else _digest(token)
        self._origins = frozenset(origins)

    def middleware(self) -> Middleware:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.method == "OPTIONS" and self._origin(request) is not None:
                return web.Response(status=204, headers=_preflight())
            self._demand_entry(request)
            return await handler(request)

        return guard

    async def open_to_origin(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        """Just before an answer is sent: lets the page that asked read it, if it may."""
        if self._origins:
            response.headers["Vary"] = "Origin"
        origin = self._origin(request)
        if origin is not None:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = TOLD_HEADERS

    def _demand_entry(self, request: web.BaseRequest) -> None:
        if self._token is None:
            if _name(request.headers.get("Host", "")) not in self._names:
                raise web.HTTPForbidden(text="this server answers on this machine only: call it localhost")
        elif not hmac.compare_digest(_digest(_bearer(request)), self._token):
            raise web.HTTPUnauthorized(
                text="a token is needed: send it as `Authorization: Bearer TOKEN`",
                headers={"WWW-Authenticate": 'Bearer realm="ordertrail"'},
            )

    def _origin(self, request: web.BaseRequest) -> str | None:
        origin = request.headers.get("Origin")
        return origin if origin in self._origins else None


def _preflight() -> dict[str, str]:
    return {
        "Access-Control-Allow-Methods": "GET",
        "Access-Control-Allow-Headers": ASKED_HEADERS,
        "Access-Control-Max-Age": OPEN_SECONDS,
    }


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()


def _bearer(request: web.BaseRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _digest(token: str) -> bytes:
    """Of one length, so that comparing tells nothing of the token's."""
    return sha256(token.encode(errors="surrogateescape")).digest()
