"""How a client asks each provider for one order and reads the state out of the answer."""

import json
from collections.abc import Mapping
from typing import Any

from simulators import Answer, Request, Simulator, build

START = 1_700_000_000.0
YEAR = 365 * 86_400.0
HEADERS = {"x-api-key": "test", "content-type": "application/json"}
PROVIDERS = ("xverse", "ordinalsbot", "runa", "xmrto")


def quiet(provider: str, seed: int = 1, **settings: Any) -> Simulator:
    """A simulator without rate limits."""
    return build(provider, seed=seed, windows=None, **settings)


def get(path: str, query: Mapping[str, str] | None = None, **headers: str) -> Request:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("GET", path, query or {}, HEADERS | sent)


def post(path: str, body: object, **headers: str) -> Request:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("POST", path, {}, HEADERS | sent, json.dumps(body).encode())


def read(provider: str, order_id: str) -> Request:
    if provider == "xverse":
        return get(f"/v1/runes-managed/orders/{order_id}")
    if provider == "ordinalsbot":
        return get("/order", {"id": order_id})
    if provider == "runa":
        return get(f"/v2/order/{order_id}")
    return post("/api/v2/xmr2btc/order_status_query/", {"uuid": order_id})


def create(provider: str, *, key: str = "one") -> Request:
    if provider == "xverse":
        order = {"runeName": "DOG", "repeats": 3, "destinationAddress": "bc1p", "feeRate": 12}
        return post("/v1/runes-managed/mint/orders", order)
    if provider == "ordinalsbot":
        return post("/order", {"files": [{"name": "a.txt", "size": 10, "type": "text/plain"}], "fee": 11})
    if provider == "runa":
        item = {"face_value": 10, "products": {"type": "SINGLE", "value": "AMZ-US"}}
        return post("/v2/order", {"items": [item]}, x_idempotency_key=key)
    order = {"btc_amount": 0.1, "btc_dest_address": "1FhnVJi2V1k4MqXm2nHoEbY5LV7FPai7bb"}
    return post("/api/v2/xmr2btc/order_create/", order)


def body(answer: Answer) -> dict[str, Any]:
    parsed = json.loads(answer.body)
    assert isinstance(parsed, dict)
    return parsed


def shown_state(provider: str, shown: dict[str, Any]) -> str | None:
    return shown.get("status") if provider == "runa" else shown.get("state")
