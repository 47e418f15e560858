"""Asking OrdinalsBot about an order.

Hosts: https://api.ordinalsbot.com, for test networks testnet-api. and signet-api.ordinalsbot.com. The API key
is optional. 300 requests a minute. Its refusals are HTTP 200 as a rule, under `error` or `reason`.
"""

from collections.abc import Iterable, Sequence

import httpx

from adapters.adapter import Adapter
from adapters.endpoint import Endpoint, get
from adapters.reading import Body, Reader, Standing, channel, named, text
from domain.body import DOUBLED, Json, Malformed
from domain.fields import WrongType
from domain.ordinalsbot import ORDINALSBOT
from domain.readings import Failed, NotFound, Reading

DEFAULT_URL = "https://api.ordinalsbot.com"
WINDOWS = ("300/min",)
NO_SUCH_ORDER = "no such order"


def request(endpoint: Endpoint, order_id: str) -> httpx.Request:
    url = endpoint.at("/order").copy_merge_params({"id": order_id})
    return get(url, {"x-api-key": endpoint.api_key})


def _refusal(status: int, body: Json) -> Reading | None:
    if not isinstance(body, dict) or body.get("status") != "error":
        return None
    if status in (401, 403, 429):
        return channel(status)
    said = " ".join(str(body.get(name, "")) for name in ("error", "reason"))
    return NotFound() if NO_SUCH_ORDER in said.lower() and status < 500 else Failed("provider_error")


def _identities(body: Body) -> Sequence[str]:
    """A recorded GET names the order only in its charge."""
    charge = body.get("charge")
    return named(
        text(body, "id") or (text(charge, "id", where="charge.") if isinstance(charge, dict) else None)
    )


def _standing(body: Body) -> Standing:
    word = text(body, "state")
    return Standing(word) if word is not None else Standing(_derived(body), at_least=True)


def _derived(body: Body) -> str | None:
    """Where an order of 2023 stands: the flags that tell most come first, all being absent until true.

    Its charge's `status` and its own `processing` are left out, for they are never put right.
    """
    paid, expired, underpaid = (_flag(body, name) for name in ("paid", "expired", "underpaid"))
    files = list(_files(body))
    inscribed = [_inscribed(file, where) for where, file in files]
    if body.get("status") != "ok":
        return None
    if _inscribed(body) or (inscribed and all(inscribed)):
        return "completed"
    if any(inscribed) or any(_flag(file, "iqueued", where) for where, file in files):
        return "queued"
    if paid:
        return "prep"
    if expired:
        return "expired"
    return "waiting-payment" if underpaid or files or isinstance(body.get("charge"), dict) else None


def _files(body: Body) -> Iterable[tuple[str, Body]]:
    files = body.get("files")
    if files is None:
        return
    if not isinstance(files, list):
        raise Malformed("the key files stands twice") if files is DOUBLED else WrongType("files", "no array")
    for index, file in enumerate(files):
        if not isinstance(file, dict):
            raise WrongType(f"files[{index}]", "no object")
        yield f"files[{index}].", file


def _inscribed(body: Body, where: str = "") -> bool:
    """`where` is the path of a file that is looked at; `tx` is an object, or its id."""
    tx = body.get("tx")
    if tx is DOUBLED or body.get("sent") is DOUBLED:
        raise Malformed(f"the key {where}tx or {where}sent stands twice")
    sent = body.get("sent")
    if not (sent is None or isinstance(sent, str)):
        raise WrongType(f"{where}sent", "no text")
    if not (tx is None or isinstance(tx, str | dict)):
        raise WrongType(f"{where}tx", "neither text nor an object")
    return bool(tx) or bool(sent) or (bool(where) and _flag(body, "completed", where))


def _flag(body: Body, name: str, where: str = "") -> bool:
    value = body.get(name)
    if value is DOUBLED:
        raise Malformed(f"the key {where}{name} stands twice")
    if not (value is None or isinstance(value, bool)):
        raise WrongType(f"{where}{name}", "neither true nor false")
    return value is True


def _claims(body: Body) -> dict[str, Json]:
    files = body.get("files")
    first = files[0] if isinstance(files, list) and files else None
    return {
        ORDINALSBOT.graph.initial: body.get("createdAt"),
        "prep": body.get("paidAt"),
        "queued": first.get("iqueuedAt") if isinstance(first, dict) else None,
    }


read = Reader(ORDINALSBOT, _refusal, _identities, _standing, claims=_claims)

ADAPTER = Adapter("ordinalsbot", read, request, DEFAULT_URL, WINDOWS)
