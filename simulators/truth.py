"""What really happened to the orders of a simulator, beside the provider's own paths.

`GET /_truth/orders` and `GET /_truth/orders/{id}`: no key, no rate limit, no faults. Times are RFC 3339, UTC,
`Z`, microseconds. `states` and `changes` are what has happened by now, `ahead` what will (a client's call may
still turn it aside), `gone_at` when the provider forgets the order, or null.
"""

from collections.abc import Iterable
from typing import Any

from simulators.message import Answer, Body, Request, json_answer, rfc3339
from simulators.order import Order, Step

PREFIX = "/_truth/"


def truth_of(order: Order[Any], now: float) -> Body:
    changes = [change for change in order.changes if change.at <= now]
    return {
        "id": order.id,
        "created_at": rfc3339(order.created_at),
        "traits": dict(order.traits),
        "states": [_written(step) for step in order.steps if step.entered_at <= now],
        "changes": [{"at": rfc3339(c.at), "path": c.path, "value": c.value} for c in changes],
        "ahead": [_written(step) for step in order.steps if step.entered_at > now],
        "gone_at": None if order.gone_at is None else rfc3339(order.gone_at),
    }


def _written(step: Step) -> Body:
    return {"state": step.state, "entered_at": rfc3339(step.entered_at)}


def truth_answer(orders: Iterable[Order[Any]], request: Request, now: float) -> Answer:
    if request.method != "GET":
        return json_answer(405, {"error": "truth is only read"})
    if request.path == f"{PREFIX}orders":
        return json_answer(200, {"orders": [truth_of(order, now) for order in orders]})
    order_id = request.path.removeprefix(f"{PREFIX}orders/")
    order = next((order for order in orders if order.id == order_id), None)
    if order is None:
        return json_answer(404, {"error": "no such order or path"})
    return json_answer(200, truth_of(order, now))
