"""Bodies, answers, and what a reading tells in a few words."""

import json
from pathlib import Path
from typing import Any

from adapters.providers import ADAPTERS
from domain.body import Json
from domain.providers import PROVIDERS
from domain.readings import (
    Answer,
    Failed,
    NotFound,
    Reading,
    Rejected,
    Shown,
    Unrecognised,
    WrongOrder,
)

BODIES = Path(__file__).parent.parent / "bodies"


def raw(provider: str, name: str) -> bytes:
    return (BODIES / provider / f"{name}.json").read_bytes()


def body(provider: str, name: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(raw(provider, name))
    return parsed


def answered(body: Json | bytes, status: int = 200, content_type: str = "application/json") -> Answer:
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, content_type, encoded)


def read(provider: str, order_id: str, body: Json | bytes, status: int = 200) -> Reading:
    return ADAPTERS[provider].read(order_id, answered(body, status))


def shown(provider: str, order_id: str, body: Json | bytes) -> Shown:
    reading = read(provider, order_id, body)
    assert isinstance(reading, Shown), reading
    return reading


def told(reading: Reading) -> str:
    match reading:
        case Shown(state=state, at_least=at_least):
            return f"Shown {state} at least" if at_least else f"Shown {state}"
        case Unrecognised(word=word):
            return f"Unrecognised {word}"
        case Rejected(why=why, example=example):
            return f"Rejected {why}: {example}" if why == "wrong_type" else f"Rejected {why}"
        case WrongOrder(reported=reported):
            return f"WrongOrder {reported}"
        case NotFound(gone=gone):
            return "NotFound gone" if gone else "NotFound"
        case Failed(kind=kind):
            return f"Failed {kind}"


def reads(provider: str, order_id: str, body: Json | bytes, status: int = 200) -> str:
    return told(read(provider, order_id, body, status))


def unlisted(provider: str, body: dict[str, Json]) -> list[str]:
    """Paths of a body that the provider's table does not know."""
    found: dict[str, str] = {}
    PROVIDERS[provider].fields.details(body, found)
    return list(found)
