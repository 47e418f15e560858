"""Each story's answers are read as what the story tells; how they are judged is tested with the judgement."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.providers import ADAPTERS
from domain.providers import PROVIDERS
from domain.readings import Answer, Reading, Shown
from tests.providers.telling import told

STORIES = sorted((Path(__file__).parent.parent / "stories").glob("*/*.json"))
AS_READ = {
    "StateChanged": "Shown",
    "StatusUnrecognised": "Unrecognised",
    "SnapshotRejected": "Rejected",
    "OrderForgotten": "NotFound gone",
    "DetailsChanged": "Shown",
    "Agreed": "Shown",
}
every_story = pytest.mark.parametrize("path", STORIES, ids=lambda path: f"{path.parent.name}-{path.stem}")


def steps(path: Path) -> list[dict[str, Any]]:
    told_so: list[dict[str, Any]] = json.loads(path.read_text())
    return told_so


def reading_of(path: Path, step: dict[str, Any]) -> Reading:
    body = step["text"] if "text" in step else json.dumps(step["body"])
    answer = Answer(step["status"], step.get("content_type", "application/json"), body.encode())
    return ADAPTERS[path.parent.name].read(steps(path)[0]["order_id"], answer)


def as_read(tell: str) -> str:
    event, *words = tell.removesuffix(" (inferred)").split()
    if event == "Contradicted":
        return f"WrongOrder {words[1]}" if words[0] == "wrong_order" else f"Shown {words[1]}"
    return " ".join([AS_READ[event], *words])


@every_story
def test_an_answer_is_read_as_what_it_tells(path: Path) -> None:
    for number, step in enumerate(steps(path)):
        reading = told(reading_of(path, step))
        tells = [tell for tell in step["tells"] if "(inferred)" not in tell and tell != "TrackingStopped"]

        assert all(reading.startswith(as_read(tell)) for tell in tells), f"step {number}: {reading}, {tells}"


@every_story
def test_a_story_names_only_fields_that_are_listed(path: Path) -> None:
    readings = [reading_of(path, step) for step in steps(path) if "body" in step]

    assert all(reading.unlisted == {} for reading in readings if isinstance(reading, Shown))


@pytest.mark.parametrize("slug", PROVIDERS)
def test_every_provider_has_its_stories(slug: str) -> None:
    assert sum(path.parent.name == slug for path in STORIES) >= 5
