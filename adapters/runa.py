"""Asking Runa about an order.

Hosts: https://api.runa.io and, to try things out, https://playground.runa.io. Orders are limited to 300 a
minute; for reading them no limit is documented, so the same is assumed. https://developer.runa.io
"""

from collections.abc import Sequence

import httpx

from adapters.adapter import Adapter
from adapters.endpoint import Endpoint, get, segment
from adapters.reading import Body, Reader, Standing, named, text
from domain.body import Json
from domain.readings import Failed, NotFound, Reading
from domain.runa import RUNA

DEFAULT_URL = "https://api.runa.io"
DEFAULT_VERSION = "2024-02-05"
WINDOWS = ("300/min",)

RATE_EXCEEDED = "rate exceeded"
PAUSE = 5.0
"""Seconds to wait then, at least."""
REFUSALS = {
    "unauthorized": "unauthorised",
    "invalid_api_key": "unauthorised",
    "forbidden": "forbidden",
    "ordering_restricted": "forbidden",
    "version_removed": "version_removed",
    "invalid_version": "invalid_version",
    "insecure_protocol": "insecure_protocol",
    "validation_error": "invalid_request",
    "bad_request": "invalid_request",
    "internal_server_error": "provider_error",
    "timeout": "provider_error",
}
"""The `type` of an error, and what we count it as."""


def request(endpoint: Endpoint, order_id: str) -> httpx.Request:
    """The base that Runa documents ends in its version, so that one is taken too."""
    base = Endpoint(endpoint.url.rstrip("/").removesuffix("/v2"))
    headers = {"X-Api-Key": endpoint.api_key, "X-Api-Version": endpoint.api_version or DEFAULT_VERSION}
    return get(base.at(f"/v2/order/{segment(order_id)}"), headers)


def _refusal(status: int, body: Json) -> Reading | None:
    """Only the `type` of an error is stable; too many requests are told in a shape of their own."""
    if not isinstance(body, dict) or "status" in body:
        return None
    if body.get("error") == RATE_EXCEEDED:
        return Failed("rate_limited", retry_after=PAUSE)
    kind = body.get("type")
    if kind == "not_found" and status < 500:
        return NotFound()
    if isinstance(kind, str) and kind in REFUSALS:
        return Failed(REFUSALS[kind])
    told = isinstance(kind, str) and "message" in body
    return Failed("provider_error") if told and 200 <= status < 300 else None


def _identities(body: Body) -> Sequence[str]:
    return named(text(body, "id"))


def _standing(body: Body) -> Standing:
    return Standing(text(body, "status"))


def _claims(body: Body) -> dict[str, Json]:
    return {RUNA.graph.initial: body.get("created_at"), "COMPLETED": body.get("completed_at")}


read = Reader(RUNA, _refusal, _identities, _standing, claims=_claims, pause=PAUSE)

ADAPTER = Adapter("runa", read, request, DEFAULT_URL, WINDOWS)
