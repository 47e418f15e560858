"""Telling Xverse that a mint or etch order is funded: POST …/{mint|etch}/orders/{orderId}/execute.

https://docs.xverse.app/api/runes/etch-rune/execute-rune-etch-order: its text has the funding transaction's id
repeated, its schema an empty 200; both count as taken. What a refusal looks like is undocumented.
"""

import re
from collections.abc import Mapping

import httpx

from adapters.adapter import Execution
from adapters.endpoint import Endpoint, post, segment
from adapters.http import WITHHELD
from domain.body import Malformed, parse
from domain.execution import Accepted, Busy, Outcome, Refused, Uncertain
from domain.fields import Detail
from domain.readings import Answer, Failed

KINDS = {"runes_mint": "mint", "rune_mint": "mint", "runes_etch": "etch", "rune_etch": "etch"}
REFUSALS = {400: "bad request", 401: "unauthorised", 403: "forbidden", 404: "not found", 422: "not valid"}
TOO_MANY = 429
LONGEST_REASON = 200

_KEYLIKE = re.compile(r"[A-Za-z0-9_\-+/=.]{24,}")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\uffff]+")


def kind(details: Mapping[str, Detail]) -> str | None:
    return KINDS.get(str(details.get("orderType")))


def request(endpoint: Endpoint, order_id: str, sort: str, funding: str) -> httpx.Request:
    url = endpoint.at(f"/v1/runes-managed/{sort}/orders/{segment(order_id)}/execute")
    return post(url, {"x-api-key": endpoint.api_key}, {"fundTransactionId": funding})


def read(came: Answer | Failed, funding: str, api_key: str | None) -> Outcome | Busy:
    if isinstance(came, Failed):
        return Busy(Uncertain(came.kind)) if came.kind == WITHHELD else Uncertain(came.kind)
    if came.status == TOO_MANY:
        return Busy(Refused("too many requests", came.status))
    if came.status in REFUSALS:
        return Refused(_reason(came, api_key) or REFUSALS[came.status], came.status)
    if came.status != 200:
        return Uncertain(f"http_{came.status}")
    return _taken(came, funding)


def _taken(came: Answer, funding: str) -> Outcome:
    if came.truncated:
        return Uncertain("the answer is too large")
    if not came.body.strip():
        return Accepted(None)
    echoed = _field(came, "fundTransactionId")
    if echoed is None:
        return Uncertain("the answer is none that is known")
    if echoed.lower() != funding:
        return Uncertain("the answer names another transaction")
    return Accepted(funding)


def _reason(came: Answer, api_key: str | None) -> str:
    """The provider's own words, less whatever might be a key."""
    words = _field(came, "message") or _field(came, "error") or ""
    if api_key:
        words = words.replace(api_key, "…")
    return _UNPRINTABLE.sub(" ", _KEYLIKE.sub("…", words)).strip()[:LONGEST_REASON]


def _field(came: Answer, name: str) -> str | None:
    try:
        body = parse(came.body)
    except Malformed:
        return None
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else None


EXECUTION = Execution(kind, request, read)
