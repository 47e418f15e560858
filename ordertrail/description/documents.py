"""The generated documents as files: what they should hold, and what those that are there say otherwise."""

import json
from collections.abc import Mapping
from pathlib import Path

from ordertrail.description.asyncapi import document
from ordertrail.description.compatibility import Break, breaks
from ordertrail.description.forms import Schema
from ordertrail.description.headers import headers
from ordertrail.description.intake import refusals
from ordertrail.description.schemas import COMMANDS_BEGIN, schemas

DOCS = Path(__file__).resolve().parents[2] / "docs"
SCHEMAS = "schemas"
ASYNCAPI = "asyncapi.json"


def generated() -> dict[str, str]:
    """Text by path within the docs; raises Undescribed."""
    described = {f"{SCHEMAS}/{name}.json": schema for name, schema in present().items()}
    return {path: _text(schema) for path, schema in {ASYNCAPI: document(), **described}.items()}


def present() -> dict[str, Schema]:
    """The schemas of the models as they are, by name."""
    return schemas() | headers()


def released(docs: Path = DOCS) -> dict[str, Schema]:
    """The schemas in the docs, by name: consumers know these."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((docs / SCHEMAS).glob("*.json"))}


def broken(docs: Path = DOCS) -> list[Break]:
    """What the models as they are would break of what the docs promise, to readers and to senders."""
    told, sent = _parted(released(docs))
    now_told, now_sent = _parted(present())
    return [*breaks(told, now_told), *refusals(sent, now_sent), *_broken_channels(docs)]


def outdated(docs: Path = DOCS) -> list[str]:
    """Paths within the docs that are missing, or not as generated."""
    return [path for path, text in generated().items() if _read(docs / path) != text]


def write(docs: Path = DOCS) -> None:
    for path, text in generated().items():
        (docs / path).parent.mkdir(parents=True, exist_ok=True)
        (docs / path).write_text(text)


def _parted(schemas: dict[str, Schema]) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """Those of what is published, and those of commands."""
    sent = {name: schema for name, schema in schemas.items() if name.startswith(COMMANDS_BEGIN)}
    return {name: schema for name, schema in schemas.items() if name not in sent}, sent


def _broken_channels(docs: Path) -> list[Break]:
    """Keys would move to other partitions, or readers find no topic."""
    text = _read(docs / ASYNCAPI)
    before = json.loads(text)["channels"] if text else {}
    now = document()["channels"]
    return [
        Break(name, "", "has another address or number of partitions, or is gone")
        for name, channel in before.items()
        if name not in now or _place(channel) != _place(now[name])
    ]


def _place(channel: Mapping[str, Schema]) -> tuple[object, object]:
    return channel["address"], channel["bindings"]["kafka"]["partitions"]


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


def _text(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
