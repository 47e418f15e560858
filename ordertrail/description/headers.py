"""JSON Schemas of record headers. Which there are is learnt by making records; values are UTF-8 text."""

from collections.abc import Iterable

import msgspec

from adapters.kafka.position import HOLDER
from adapters.kafka.records import JSON, Header, event_record, outbox_record
from adapters.kafka.topics import COMPACTED, PREFIX, TOPIC, Name
from domain.events import Event, OrderNotFound
from domain.rows import OutboxRow, Row
from ordertrail.description.forms import (
    DECIMAL_PATTERN,
    RULES_PATTERN,
    SHA256_PATTERN,
    SUBJECT_PATTERN,
    TIME,
    Schema,
)
from ordertrail.description.schemas import DIALECT, ROWS, URN, Undescribed

EVENTS = f"{PREFIX}{Name.EVENTS}.headers"

FLAG: Schema = {"enum": ["true", "false"]}
HEADERS: dict[str, Schema] = {
    "ce_specversion": {"const": "1.0"},
    "ce_id": {"pattern": r"^.+@[1-9]\d*$", "description": "ORDER@VERSION, unique in a log."},
    "ce_source": {"pattern": "^urn:ordertrail:.+$", "description": "The log: urn:ordertrail:LOG_ID."},
    "ce_type": {"pattern": r"^ordertrail\.[a-z-]+\.v\d+$", "description": "Which schema the value has."},
    "ce_subject": {"pattern": SUBJECT_PATTERN, "description": "The order, as in the key."},
    "ce_time": {**TIME, "description": "The event's not_after."},
    "ce_notbefore": {**TIME, "description": "The event's not_before, if there is one."},
    "ce_recordedat": TIME,
    "ce_position": {
        "pattern": DECIMAL_PATTERN,
        "description": "The log position. In `events` it rises strictly within a partition: what is not "
        "above the last one read is a repeat.",
    },
    "ce_inferred": {**FLAG, "description": "Whether nobody saw it and it must have happened."},
    "ce_rules": {"pattern": RULES_PATTERN},
    "ce_evidence": {"pattern": SHA256_PATTERN},
    "ce_replay": {**FLAG, "description": "Whether this is a copy, sent again on request."},
    "content-type": {"const": "application/json"},
    HOLDER: {"description": "Which publisher goes on working; one that left in order leaves this out."},
    "outbox": {"pattern": DECIMAL_PATTERN, "description": "The publisher's own number of the change."},
}


def headers() -> dict[str, Schema]:
    """The headers of each topic that is written to, by topic name and `.headers`."""
    found = {EVENTS: _schema(EVENTS, _event_headers(full=True), _event_headers(full=False))}
    for name in ROWS:
        title = f"{PREFIX}{name}.headers"
        found[title] = _schema(title, *_row_headers(name))
    return found


def _event_headers(*, full: bool) -> list[Header]:
    """Of an event with all that an event may leave out, or without."""
    told = "-" if full else None
    event = Event(None, None, None, told, "-", "-", None, None, told, "2.1", 1, "-", OrderNotFound(looks=1))
    row = Row(1, "-", "provider/order", 1, OrderNotFound.TOPIC, msgspec.json.encode(event))
    return event_record(row, "log", prefix=PREFIX).headers


def has_tombstones(name: Name) -> bool:
    """Whether a key of the topic can come to an end."""
    ends = name not in (Name.POSITIONS, Name.PROVIDERS)
    return ends and TOPIC[name].settings["cleanup.policy"] == COMPACTED["cleanup.policy"]


def _row_headers(name: Name) -> list[list[Header]]:
    """Of a row, and of its end or, for a position, of a publisher that works and of one that left."""
    if name == Name.POSITIONS:
        left = [("ce_position", b"1"), JSON]
        return [[*left, (HOLDER, b"-")], left]
    values = (b"{}", None) if has_tombstones(name) else (b"{}",)
    return [outbox_record(OutboxRow(1, name, "key", value, 1), prefix=PREFIX).headers for value in values]


def _schema(title: str, *samples: Iterable[Header]) -> Schema:
    names = [dict(sample) for sample in samples]
    every = list(dict.fromkeys(name for sample in names for name in sample))
    if unknown := [name for name in every if name not in HEADERS]:
        raise Undescribed(f"{title}: say in HEADERS of {__name__} what {', '.join(unknown)} looks like")
    return {
        "$schema": DIALECT,
        "$id": URN + title,
        "title": title,
        "type": "object",
        "properties": {name: {"type": "string", **HEADERS[name]} for name in every},
        "required": [name for name in every if all(name in sample for sample in names)],
    }
