"""Asking XMR.TO about an order. The service closed in 2021: its host is kept for captured polls.

Hosts: https://xmr.to and, for Monero's stagenet, https://test.xmr.to. Versions v0 (April 2015) to v3 (2020).
The slash at the end of a path matters: without it comes a redirect, and a POST that follows turns into a GET.
3 requests a second. There are no API keys: whoever knows an order's id can read it.
"""

import re
from collections.abc import Mapping, Sequence

import httpx

from adapters.adapter import Adapter
from adapters.endpoint import HEADERS, Endpoint
from adapters.reading import Body, Reader, Standing, named, text
from domain.body import Json
from domain.readings import Failed, NotFound, Reading
from domain.xmrto import XMRTO

DEFAULT_URL = "https://xmr.to"
DEFAULT_VERSION = "v0"
WINDOWS = ("3/s",)
PATHS = {
    "v0": "/api/order_status/",
    "v1": "/api/v1/xmr2btc/order_status_query/",
    "v2": "/api/v2/xmr2btc/order_status_query/",
    "v3": "/api/v3/xmr2btc/order_status_query/",
}

NO_ORDER = "006"
GONE = frozenset({"NOT_FOUND", "PURGED"})
REFUSALS: Mapping[str, str] = {
    **dict.fromkeys(("001", "007", "008"), "provider_error"),
    "012": "rate_limited",
    **dict.fromkeys(("013", "014"), "forbidden"),
    **dict.fromkeys(("002", "003", "004", "005", "009", "010", "011", "015", "016"), "invalid_request"),
    **dict.fromkeys(("017", "018", "019", "020"), "invalid_request"),
}
"""The number of an error, and what we count it as."""

_CODE = re.compile(r"[A-Z]+-ERROR-(\d{3})")


def request(endpoint: Endpoint, order_id: str) -> httpx.Request:
    """Raises ValueError for a version there never was."""
    path = PATHS.get(endpoint.api_version or DEFAULT_VERSION)
    if path is None:
        raise ValueError(f"XMR.TO has no API version {endpoint.api_version!r}: known are {', '.join(PATHS)}")
    return httpx.Request("POST", endpoint.at(path), headers=HEADERS, json={"uuid": order_id})


def _refusal(status: int, body: Json) -> Reading | None:
    said = body.get("error") if isinstance(body, dict) else None
    code = _CODE.fullmatch(said) if isinstance(said, str) else None
    if code is None:
        return None
    if code[1] == NO_ORDER and status < 500:
        return NotFound(gone=True)
    return Failed(REFUSALS.get(code[1], "provider_error"))


def _identities(body: Body) -> Sequence[str]:
    return named(text(body, "uuid"))


def _standing(body: Body) -> Standing:
    return Standing(text(body, "state", "state_str"))


def _claims(body: Body) -> dict[str, Json]:
    return {XMRTO.graph.initial: body.get("created_at")}


read = Reader(XMRTO, _refusal, _identities, _standing, gone=GONE, claims=_claims)

ADAPTER = Adapter("xmrto", read, request, DEFAULT_URL, WINDOWS)
