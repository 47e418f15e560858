"""An event as a CloudEvent 1.0 in structured mode: one JSON object, the stored bytes unaltered as its `data`.

The attributes are those of the headers on Kafka. What is not known is left out.
"""

from collections.abc import Sequence

import msgspec

from domain.rows import Row

BATCH_TYPE = "application/cloudevents-batch+json"


class UnreadableEvent(Exception):
    """A stored event is not the JSON it must be; the message says which and what to do."""


class _Told(msgspec.Struct, gc=False):
    inferred: bool = False


class _Envelope(msgspec.Struct, gc=False):
    """The fields of a stored event that its attributes need."""

    not_before: str | None = None
    not_after: str | None = None
    recorded_at: str | None = None
    evidence: str | None = None
    rules: str | None = None
    data: _Told = msgspec.field(default_factory=_Told)


class _CloudEvent(msgspec.Struct, gc=False, omit_defaults=True):
    """In the order in which it is written; None is left out."""

    specversion: str | None = None
    id: str | None = None
    source: str | None = None
    type: str | None = None
    subject: str | None = None
    time: str | None = None
    notbefore: str | None = None
    recordedat: str | None = None
    position: str | None = None
    inferred: bool | None = None
    rules: str | None = None
    evidence: str | None = None
    replay: bool | None = None
    datacontenttype: str | None = None
    data: msgspec.Raw | None = None


_envelope = msgspec.json.Decoder(_Envelope)
_encoder = msgspec.json.Encoder()


def source(log_id: str) -> str:
    return f"urn:ordertrail:{log_id}"


def structured(row: Row, source: str, *, replay: bool) -> bytes:
    """The same row gives the same bytes, without a line end in them. Raises UnreadableEvent."""
    return lines([row], source, replay=replay)[:-1]


def lines(rows: Sequence[Row], source: str, *, replay: bool) -> bytes:
    """As `structured`, each followed by a line end. Raises UnreadableEvent."""
    read, raw = _envelope.decode, msgspec.Raw
    try:
        events = [
            _CloudEvent(
                "1.0",
                f"{order}@{version}",
                source,
                topic,
                order,
                (envelope := read(state)).not_after,
                envelope.not_before,
                envelope.recorded_at,
                str(position),
                envelope.data.inferred,
                envelope.rules,
                envelope.evidence,
                replay,
                "application/json",
                raw(state),
            )
            for position, _stream, order, version, topic, state in rows
        ]
    except msgspec.DecodeError:
        for row in rows:
            _read(row)
        raise
    return _encoder.encode_lines(events)


def recorded_at(row: Row) -> str:
    """RFC 3339; empty where the event does not say. Raises UnreadableEvent."""
    return _read(row).recorded_at or ""


def _read(row: Row) -> _Envelope:
    try:
        return _envelope.decode(row.state)
    except msgspec.DecodeError as error:
        raise UnreadableEvent(
            f"the event at position {row.position}, {row.order}@{row.version}, can't be read: {error}; "
            "`ordertrail verify` tells whether the log was altered"
        ) from None
