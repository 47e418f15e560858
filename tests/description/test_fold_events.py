"""The consumer that people copy: what it makes of `events` alone is what the read model says."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adapters.kafka.topics import Name
from examples.fold_events import MissingEvent, State, fold, listed, row
from tests.description.published import Published, headers_of

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "fold_events.py"

Rows = dict[str, dict[str, Any]]


def events(published: Published) -> list[tuple[dict[str, str], bytes]]:
    return [(headers_of(record), record.value) for record in published.records[Name.EVENTS]]


def rows(state: State) -> Rows:
    return {key: row(key, order) for key, order in state.items() if listed(key, order)}


def published_rows(published: Published) -> Rows:
    return {key: json.loads(value) for key, value in published.newest(Name.ORDERS).items()}


def test_folding_events_alone_gives_the_published_rows(published: Published) -> None:
    state: State = {}

    taken = [fold(state, headers, value) for headers, value in events(published)]

    assert all(taken)
    assert rows(state) == published_rows(published)
    assert any(one["attention"] for one in rows(state).values())


def test_repeats_and_replays_change_nothing(published: Published) -> None:
    state: State = {}
    for headers, value in events(published):
        fold(state, headers, value)
    before = dict(state)

    taken = [fold(state, {**headers, "ce_replay": "true"}, value) for headers, value in events(published)]

    assert not any(taken)
    assert state == before


def test_a_replay_alone_gives_the_same(published: Published) -> None:
    state: State = {}

    for headers, value in events(published):
        fold(state, {**headers, "ce_replay": "true"}, value)

    assert rows(state) == published_rows(published)


def test_state_and_phase_come_from_the_envelope_of_an_event_of_any_type() -> None:
    state: State = {}
    headers = {"ce_id": "runa/O-1@1", "ce_type": "ordertrail.never-heard-of.v1", "ce_position": "7"}

    fold(state, headers, b'{"state": "COMPLETED", "phase": "fulfilled", "data": {}}')

    assert (state["runa/O-1"].state, state["runa/O-1"].phase) == ("COMPLETED", "fulfilled")


def test_a_missing_event_is_not_passed_over() -> None:
    headers = {"ce_id": "runa/O-1@2", "ce_type": "ordertrail.never-heard-of.v1", "ce_position": "7"}

    with pytest.raises(MissingEvent, match="event 2 came after 0"):
        fold({}, headers, b"{}")


def test_run_by_itself_it_prints_the_rows(published: Published) -> None:
    command = [sys.executable, str(EXAMPLE), published.bootstrap, published.prefix]

    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert (done.stderr, done.returncode) == ("", 0)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["order"]: line for line in lines} == published_rows(published)
