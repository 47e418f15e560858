"""Stored events: compact JSON bytes, hashed as stored, chained by the digest of the event before."""

import hashlib
from collections.abc import Sequence

import msgspec

from domain.events import KINDS, Data, Event
from domain.log import NewEvent, Row

MAX_EVENT = 900_000
"""Bytes of a stored event: a Kafka record has to hold it."""

_encoder = msgspec.json.Encoder()
_decoders = {topic: msgspec.json.Decoder(Event[kind]) for topic, kind in KINDS.items()}  # type: ignore[valid-type] # the class is a value here


class UnknownEvent(ValueError):
    """A stored event that this version can't read; the message says which."""


def encode(event: Event[Data]) -> bytes:
    return _encoder.encode(event)


def decode(topic: str, state: bytes) -> Event[Data]:
    """Raises UnknownEvent for a topic or a shape that this version does not know."""
    decoder = _decoders.get(topic)
    if decoder is None:
        raise UnknownEvent(f"no event is called {topic}")
    try:
        return decoder.decode(state)
    except msgspec.DecodeError as error:
        raise UnknownEvent(f"{topic}: {error}") from None


def digest(stream: str, version: int, topic: str, state: bytes) -> str:
    """SHA-256 over length-prefixed stream, version (8 bytes, big-endian), topic and stored bytes."""
    hashed = hashlib.sha256()
    for part in (stream.encode(), version.to_bytes(8, "big"), topic.encode(), state):
        hashed.update(len(part).to_bytes(8, "big"))
        hashed.update(part)
    return hashed.hexdigest()


def row_digest(row: Row) -> str:
    return digest(row.stream, row.version, row.topic, row.state)


def chain(
    stream: str, version: int, previous: str | None, events: Sequence[Event[Data]]
) -> tuple[list[NewEvent], list[Event[Data]], str | None]:
    """Events made ready to store after `version`, the same with `previous` set, and the last one's digest."""
    rows: list[NewEvent] = []
    chained: list[Event[Data]] = []
    for event in events:
        version += 1
        linked = msgspec.structs.replace(event, previous=previous)
        topic, state = linked.data.TOPIC, encode(linked)
        previous = digest(stream, version, topic, state)
        rows.append(NewEvent(stream, version, topic, state))
        chained.append(linked)
    return rows, chained, previous
