"""Stored events: compact JSON bytes, hashed as stored, chained by the digest of the event before."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

import msgspec

from domain.events import KINDS, Data, Event
from domain.rows import NewEvent, Row

MAX_EVENT = 900_000
"""Bytes of a stored event: a Kafka record has to hold it."""

_length = Struct(">Q").pack
_EIGHT = _length(8)
_encoder = msgspec.json.Encoder()
_decoders = {topic: msgspec.json.Decoder(Event[kind]) for topic, kind in KINDS.items()}  # type: ignore[valid-type] # the class is a value here


class UnknownEvent(ValueError):
    """A stored event that this version can't read; the message says which."""


def decode(topic: str, state: bytes) -> Event[Data]:
    """Raises UnknownEvent for a topic or a shape that this version does not know."""
    decoder = _decoders.get(topic)
    if decoder is None:
        raise UnknownEvent(f"no event is called {topic}")
    try:
        return decoder.decode(state)
    except ValueError as error:
        raise UnknownEvent(f"{topic}: {error}") from None


def digest(stream: str, version: int, topic: str, state: bytes) -> str:
    return raw_digest(stream, version, topic, state).hex()


def raw_digest(stream: str, version: int, topic: str, state: bytes) -> bytes:
    """SHA-256 over length-prefixed stream, version (8 bytes, big-endian), topic and stored bytes."""
    name = stream.encode()
    parts = (_length(len(name)), name, _EIGHT, _length(version), _kind(topic), _length(len(state)), state)
    return hashlib.sha256(b"".join(parts)).digest()


@lru_cache(maxsize=256)
def _kind(topic: str) -> bytes:
    kind = topic.encode()
    return _length(len(kind)) + kind


def row_digest(row: Row) -> str:
    return digest(row.stream, row.version, row.topic, row.state)


class Link(NamedTuple):
    """An event ready to be stored, with `previous` set, and its own digest."""

    row: NewEvent
    event: Event[Data]
    digest: str


def chain(stream: str, version: int, previous: str | None, events: Sequence[Event[Data]]) -> list[Link]:
    """Events made ready to store after `version`; ValueError for one too large to be published."""
    links: list[Link] = []
    for event in events:
        version += 1
        linked = msgspec.structs.replace(event, previous=previous)
        topic, state = linked.data.TOPIC, _encoder.encode(linked)
        if len(state) > MAX_EVENT:
            raise ValueError(f"{topic} of {stream} has {len(state)} bytes, {MAX_EVENT} is the limit")
        previous = digest(stream, version, topic, state)
        links.append(Link(NewEvent(stream, version, topic, state), linked, previous))
    return links
