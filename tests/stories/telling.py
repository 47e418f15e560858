"""Stories as they lie in this folder, and events in the words that stories use."""

import json
from pathlib import Path
from typing import Any

from domain.events import Contradicted, Data, Event, SnapshotRejected, StateChanged, StatusUnrecognised
from domain.identity import OrderKey
from domain.readings import Answer

STORIES = sorted(Path(__file__).parent.glob("*/*.json"))

Step = dict[str, Any]


def steps(path: Path) -> list[Step]:
    told_so: list[Step] = json.loads(path.read_text())
    return told_so


def order_of(path: Path) -> OrderKey:
    return OrderKey(path.parent.name, steps(path)[0]["order_id"])


def answer(step: Step) -> Answer:
    body = step["text"] if "text" in step else json.dumps(step["body"])
    return Answer(step["status"], step.get("content_type", "application/json"), body.encode())


def told(event: Event[Data]) -> str:
    name, data = type(event.data).__name__, event.data
    match data:
        case StateChanged(target=target, inferred=inferred):
            return f"{name} {target} (inferred)" if inferred else f"{name} {target}"
        case StatusUnrecognised(word=word):
            return f"{name} {word}"
        case SnapshotRejected(why=why):
            return f"{name} {why}"
        case Contradicted(kind=kind, reported=reported):
            return f"{name} {kind} {reported}"
    return name
