"""A consumer of its own making: where every order stands, from nothing but the lines of a replay."""

import json
from collections.abc import Iterable
from typing import Any

State = dict[str, Any]


def rebuilt(lines: Iterable[bytes]) -> dict[str, State]:
    orders: dict[str, State] = {}
    for line in lines:
        event = json.loads(line)
        order = event["subject"]
        if order.startswith("_"):
            continue
        version = int(event["id"].rpartition("@")[2])
        known = orders.setdefault(order, {"version": 0, "details": {}, "since": {"not_before": None}})
        if version > known["version"]:
            _fold(known, event, version)
    return orders


def _fold(order: State, event: State, version: int) -> None:
    stored = event["data"]
    order |= {
        "version": version,
        "position": int(event["position"]),
        "state": stored["state"],
        "phase": stored["phase"],
    }
    if event["type"] == "ordertrail.order-tracked.v1":
        order["ref"] = stored["data"]["ref"]
    if event["type"] == "ordertrail.state-changed.v1":
        order["since"] = {"not_before": stored["not_before"], "not_after": stored["not_after"]}
    if event["type"] == "ordertrail.details-changed.v1":
        _change(order["details"], stored["data"]["changes"])


def _change(details: State, changes: State) -> None:
    for path, change in changes.items():
        details.pop(path, None)
        if "after" in change:
            details[path] = change["after"]
