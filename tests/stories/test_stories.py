"""Every story of every provider: read, judged, recorded in a real log, and folded into the read models."""

from pathlib import Path
from random import Random

import msgspec
import pytest

from domain.encoding import decode, row_digest
from domain.identity import uuid7
from domain.instants import SECOND
from domain.providers import PROVIDERS
from domain.readings import Look
from domain.rows import Row
from ordertrail.history import history
from ordertrail.observation import Observation, Seen
from ordertrail.order_at import order as order_line
from ordertrail.orders import fold
from ordertrail.project import Projector
from ordertrail.queries import orders
from tests.fixtures.recording import Recording, minute
from tests.stories.telling import STORIES, Step, answer, order_of, steps, told

every_story = pytest.mark.parametrize("path", STORIES, ids=lambda path: f"{path.parent.name}-{path.stem}")


class Bounds(msgspec.Struct):
    not_before: str | None
    not_after: str
    recorded_at: str


class Telling:
    """A story told to a recorder, a look a minute."""

    def __init__(self, recording: Recording, path: Path) -> None:
        self._recording = recording
        self._key = order_of(path)
        self._rng = Random(3)
        self._minutes = 0

    def tell(self, step: Step) -> Seen:
        self._minutes += 1
        asked = minute(self._minutes)
        self._recording.at = asked + 2 * SECOND
        look = Look(uuid7(asked, self._rng), asked, asked + SECOND)
        [seen] = self._recording.recorder.observe([Observation(self._key, look, answer(step))])
        return seen


def rows(recording: Recording, path: Path) -> list[Row]:
    return recording.log.stream(recording.log.registered(*order_of(path)) or "")


@every_story
def test_each_answer_tells_what_the_story_says(recording: Recording, path: Path) -> None:
    telling = Telling(recording, path)

    for number, step in enumerate(steps(path)):
        events = telling.tell(step).events

        assert [told(event) for event in events] == step["tells"], f"step {number}"


@every_story
def test_the_same_answer_again_tells_nothing(recording: Recording, path: Path) -> None:
    telling = Telling(recording, path)

    for number, step in enumerate(steps(path)):
        telling.tell(step)

        assert telling.tell(step).events == [], f"step {number}"


@every_story
def test_folding_the_stored_log_is_folding_in_memory(recording: Recording, path: Path) -> None:
    telling = Telling(recording, path)

    for step in steps(path):
        seen = telling.tell(step)

        assert fold(rows(recording, path)) == seen.order


@every_story
def test_each_event_names_the_digest_of_the_one_before(recording: Recording, path: Path) -> None:
    telling = Telling(recording, path)
    for step in steps(path):
        telling.tell(step)

    stored = rows(recording, path)

    assert [row.version for row in stored] == list(range(1, len(stored) + 1))
    chained = [decode(row.topic, row.state).previous for row in stored]
    assert chained == [None, *map(row_digest, stored[:-1])]


@every_story
def test_the_read_model_stands_where_the_log_does(recording: Recording, path: Path) -> None:
    telling = Telling(recording, path)
    for step in steps(path):
        telling.tell(step)
    Projector(recording.log, say=lambda words: None).catch_up()

    [line] = orders(recording.log)

    direct = order_line(recording.log, order_of(path))
    for beside in ("coverage", "blind", "exact_to"):
        del direct[beside]
    assert line == direct


@every_story
def test_states_follow_the_lifecycle_and_have_a_phase(recording: Recording, path: Path) -> None:
    telling, provider = Telling(recording, path), PROVIDERS[path.parent.name]
    for step in steps(path):
        telling.tell(step)

    for line in history(recording.log, order_of(path)):
        data = line["data"]
        if line["event"] == "StateChanged" and isinstance(data, dict) and data["source"] is not None:
            assert data["target"] in provider.graph.reachable[data["source"]]
            assert provider.graph.event.get((data["source"], data["target"])) == data["transition"]
    assert set(provider.phases) == set(provider.graph.states)


@every_story
def test_no_event_is_later_than_its_record_nor_inverted(recording: Recording, path: Path) -> None:
    telling = Telling(recording, path)
    for step in steps(path):
        telling.tell(step)

    for line in history(recording.log, order_of(path)):
        bounds = msgspec.convert(line, Bounds)
        assert bounds.not_before is None or bounds.not_before <= bounds.not_after
        assert bounds.not_after <= bounds.recorded_at


@every_story
def test_evidence_that_is_named_is_kept_and_opens(recording: Recording, path: Path) -> None:
    telling = Telling(recording, path)
    for step in steps(path):
        telling.tell(step)
    named = {str(line["evidence"]) for line in history(recording.log, order_of(path)) if line["evidence"]}

    bodies = {sha256: recording.vault.open(recording.log.evidence(sha256)[0]) for sha256 in named}

    assert set(bodies.values()) <= {answer(step).body for step in steps(path)}
