"""What the log tells of an order, in a few words."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from domain.encoding import decode
from domain.identity import contact_stream, uuid7
from domain.instants import SECOND
from domain.log import LogUnreachable
from domain.readings import Look
from domain.rows import Entry, EvidenceRow, Outcome, Row
from ordertrail.observation import Observation, Seen
from ordertrail.record import Recorder
from tests.fixtures.recording import ORDER, Came, Recording, came_back, key, minute


def body(word: str, order: str = ORDER, **fields: object) -> dict[str, Any]:
    """What Xverse says of an order."""
    return {"id": key(order).order_id, "state": word, **fields}


def observation(
    recording: Recording, minutes: float, came: Came, *, order: str = ORDER, status: int = 200
) -> Observation:
    """A look of one second."""
    asked = minute(minutes)
    recording.at = max(recording.at, asked + 2 * SECOND)
    look = Look(uuid7(asked, recording.rng), asked, asked + SECOND)
    return Observation(key(order), look, came_back(came, status))


def seen_by(recorder: Recorder, recording: Recording, minutes: float, word: str) -> Seen:
    """A recorder of several sees the order in a state."""
    [seen] = recorder.observe([observation(recording, minutes, body(word))])
    return seen


def stream_of(recording: Recording, order: str = ORDER) -> str:
    stream = recording.log.registered(*key(order))
    assert stream is not None
    return stream


def told(recording: Recording, order: str = ORDER) -> list[str]:
    """`OrderTracked`, `StateChanged new`, `ContactLost timeout` …"""
    return [_words(row) for row in recording.log.stream(stream_of(recording, order))]


def told_of_provider(recording: Recording, provider: str = "xverse") -> list[str]:
    return [_words(row) for row in recording.log.stream(contact_stream(provider))]


def kept(recording: Recording, came: Came) -> list[EvidenceRow]:
    """The evidence that was kept of a body."""
    raw = came if isinstance(came, bytes) else json.dumps(came).encode()
    return recording.log.evidence(hashlib.sha256(raw).hexdigest())


def _words(row: Row) -> str:
    data = decode(row.topic, row.state).data
    says = next((str(getattr(data, name)) for name in ("target", "why", "kind") if hasattr(data, name)), "")
    kind = type(data).__name__
    return kind if kind == "OrderTracked" else f"{kind} {says}".strip()


def unwritten(recording: Recording, work: Callable[[], object]) -> None:
    """The log can't be reached just when its next commit is due, whatever it is."""
    log, commit = recording.log, recording.log.commit

    def away(entries: Sequence[Entry]) -> list[Outcome]:
        raise LogUnreachable("the server is away")

    log.commit = away  # type: ignore[method-assign] # the log itself stays real
    with pytest.raises(LogUnreachable):
        work()
    log.commit = commit  # type: ignore[method-assign] # as above
