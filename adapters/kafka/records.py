"""What a row of the log or of the outbox looks like as a Kafka record. Pure.

Events are CloudEvents 1.0 in binary mode: the envelope in headers, the stored bytes unaltered as the value.
Every record has its log position in the header `ce_position`; a read model's also its outbox id in `outbox`.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import msgspec

from adapters.kafka.partition import partition_of
from adapters.kafka.topics import TOPIC, Name
from domain.rows import OutboxRow, Row

LARGEST_RECORD = 900 * 1024
MOST_DIGITS = 18
"""Of a number that a log can hold."""
SPEC_VERSION = ("ce_specversion", b"1.0")
JSON = ("content-type", b"application/json")
INFERRED = {False: ("ce_inferred", b"false"), True: ("ce_inferred", b"true")}
TOLD = (("ce_replay", b"false"), JSON)
REPLAYED = (("ce_replay", b"true"), JSON)
HEADERS_AT_MOST = 1500
EVENT_PARTITIONS = TOPIC[Name.EVENTS].partitions

Header = tuple[str, bytes]


class Record(NamedTuple):
    """`partition` is of the full topic name; a None value is a tombstone."""

    topic: str
    partition: int
    key: bytes
    value: bytes | None
    headers: list[Header]

    @property
    def size(self) -> int:
        """Bytes on the wire before compression, roughly from above."""
        return len(self.key) + len(self.value or b"") + HEADERS_AT_MOST


class _Told(msgspec.Struct, gc=False):
    inferred: bool = False


class _Envelope(msgspec.Struct, gc=False):
    """The fields of a stored event that its headers need."""

    not_before: str | None = None
    not_after: str | None = None
    recorded_at: str | None = None
    evidence: str | None = None
    rules: str | None = None
    data: _Told = msgspec.field(default_factory=_Told)


_envelope = msgspec.json.Decoder(_Envelope)


def event_record(row: Row, log_id: str, *, prefix: str, replay: bool = False, topic: str = "") -> Record:
    """A log row for `events`; when replayed elsewhere, for the full name `topic` with as many partitions."""
    position, _, name, version, kind, state = row
    told, order = _envelope.decode(state), name.encode()
    headers = [
        SPEC_VERSION,
        ("ce_id", b"%b@%d" % (order, version)),
        _source(log_id),
        _type(kind),
        ("ce_subject", order),
    ]
    if told.not_after is not None:
        headers.append(("ce_time", told.not_after.encode()))
    if told.not_before is not None:
        headers.append(("ce_notbefore", told.not_before.encode()))
    if told.recorded_at is not None:
        headers.append(("ce_recordedat", told.recorded_at.encode()))
    headers.append(("ce_position", b"%d" % position))
    headers.append(INFERRED[told.data.inferred])
    if told.rules is not None:
        headers.append(_rules(told.rules))
    if told.evidence is not None:
        headers.append(("ce_evidence", told.evidence.encode()))
    headers += REPLAYED if replay else TOLD
    return Record(topic or _events(prefix), partition_of(name, EVENT_PARTITIONS), order, state, headers)


def outbox_record(row: OutboxRow, *, prefix: str) -> Record:
    """A read model's change or a reply. Raises ValueError for a topic that is none of ours."""
    topic = TOPIC[Name(row.topic)]
    headers = [("ce_position", b"%d" % row.position), ("outbox", b"%d" % row.id)]
    if row.value is not None:
        headers.append(JSON)
    partition = partition_of(row.key, topic.partitions)
    return Record(prefix + topic.name, partition, row.key.encode(), row.value, headers)


def source(log_id: str) -> str:
    return f"urn:ordertrail:{log_id}"


@lru_cache(16)
def _source(log_id: str) -> Header:
    return "ce_source", source(log_id).encode()


@lru_cache(256)
def _type(topic: str) -> Header:
    return "ce_type", topic.encode()


@lru_cache(256)
def _rules(rules: str) -> Header:
    return "ce_rules", rules.encode()


@lru_cache(16)
def _events(prefix: str) -> str:
    return prefix + Name.EVENTS


def number(headers: Iterable[Header], name: str) -> int | None:
    """A header's decimal number; None where there is none, or one that is beyond every log."""
    for header, value in headers:
        if header == name:
            return int(value) if value.isdigit() and len(value) <= MOST_DIGITS else None
    return None
