"""Commands as another program would send them, and what is answered."""

import json
import logging
from typing import Any

from adapters.providers import ADAPTERS
from domain.providers import PROVIDERS
from ordertrail.commanding import Commander, Received
from tests.fixtures.recording import ORDER, Recording

LOGGER = logging.getLogger("tests.commands")
FUNDING = "ab" * 32


def commander(
    recording: Recording, *, execute: bool = True, environment: str = "provider.example"
) -> Commander:
    return Commander(
        recording.recorder,
        providers=PROVIDERS,
        adapters=ADAPTERS,
        environments=dict.fromkeys(PROVIDERS, f"https://{environment}"),
        now=lambda: recording.at,
        execute=execute,
        logger=LOGGER,
    )


def command(name: str, id: str = "c-1", order: str = ORDER, **args: object) -> dict[str, Any]:
    return {
        "id": id,
        "command": name,
        "order": order,
        "args": args,
        "by": "u-1",
        "sent_at": "2026-01-01T00:00:00Z",
    }


def record(value: dict[str, Any] | bytes | None, offset: int = 7) -> Received:
    return Received(f"commands/3/{offset}", json.dumps(value).encode() if isinstance(value, dict) else value)


def replies(recording: Recording) -> list[dict[str, Any]]:
    """What waits to be published on the topic of replies."""
    rows = recording.log.outbox(0, 100)
    return [json.loads(row.value or b"") for row in rows if row.topic == "replies"]


def answers(recording: Recording) -> list[tuple[str, str, str | None]]:
    """(id, outcome, reason) of each reply."""
    return [(reply["id"], reply["outcome"], reply["reason"]) for reply in replies(recording)]
