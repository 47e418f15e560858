"""Captured polls, made by hand."""

import json
from pathlib import Path
from typing import Any

Line = dict[str, Any]
XVERSE = "xverse/5f0c6b9e-0000-4000-8000-000000000001"
PAYOUT = "https://spend.example/canary-payout-url"


def poll(order: str, minute: int, body: object, *, status: int = 200) -> Line:
    """A look of one second, so many minutes after a fixed start."""
    provider, _, order_id = order.partition("/")
    return {
        "provider": provider,
        "order_id": order_id,
        "asked_at": f"2026-01-01T00:{minute:02}:00Z",
        "answered_at": f"2026-01-01T00:{minute:02}:01Z",
        "http_status": status,
        "content_type": "application/json",
        "body": body if isinstance(body, str) else json.dumps(body),
    }


def xverse(minute: int, state: str) -> Line:
    return poll(XVERSE, minute, {"id": XVERSE.partition("/")[2], "state": state})


def runa_paid_out(minute: int) -> Line:
    """An order whose payout URL is worth its value."""
    item = {"id": "E-1", "payout": {"status": "ACTIVE", "url": PAYOUT}}
    return poll("runa/O-1", minute, {"id": "O-1", "status": "COMPLETED", "items": [item]})


def written(path: Path, polls: list[Line]) -> str:
    path.write_text("".join(json.dumps(each) + "\n" for each in polls))
    return str(path)
