"""Asking Xverse (SecretKeyLabs) about a runes order.

Hosts: https://api.secretkeylabs.io, and for its test networks api-testnet4. and api-signet.secretkeylabs.io.
Error bodies are undocumented. Known of its rate limits is only a trial key's: 2 a second, 100 a minute.
"""

from collections.abc import Sequence

import httpx

from adapters.adapter import Adapter
from adapters.endpoint import Endpoint, get, segment
from adapters.reading import Body, Reader, Standing, named, text
from adapters.xverse_execute import EXECUTION, KINDS
from domain.body import Json
from domain.readings import NotFound, Reading
from domain.xverse import XVERSE

DEFAULT_URL = "https://api.secretkeylabs.io"
WINDOWS = ("2/s", "100/min")


def request(endpoint: Endpoint, order_id: str) -> httpx.Request:
    url = endpoint.at(f"/v1/runes-managed/orders/{segment(order_id)}")
    return get(url, {"x-api-key": endpoint.api_key})


def _refusal(status: int, body: Json) -> Reading | None:
    return NotFound() if status == 404 else None


def _identities(body: Body) -> Sequence[str]:
    return named(text(body, "id"), text(body, "orderId"))


def _standing(body: Body) -> Standing:
    return Standing(text(body, "state"))


def _claims(body: Body) -> dict[str, Json]:
    return {XVERSE.graph.initial: body.get("createdAt")}


def _kind(body: Body) -> str | None:
    return KINDS.get(str(body.get("orderType")))


read = Reader(XVERSE, _refusal, _identities, _standing, claims=_claims, kind=_kind)

ADAPTER = Adapter("xverse", read, request, DEFAULT_URL, WINDOWS, EXECUTION)
