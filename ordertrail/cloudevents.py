"""An event as a CloudEvent 1.0 in structured mode: one JSON object, the stored bytes unaltered as its `data`.

The attributes are those of the headers on Kafka. What is not known is left out.
"""

import msgspec

from domain.log import Row

BATCH_TYPE = "application/cloudevents-batch+json"


class UnreadableEvent(Exception):
    """A stored event is not the JSON it must be; the message says which and what to do."""


class _Told(msgspec.Struct):
    inferred: bool = False


class _Envelope(msgspec.Struct):
    """The fields of a stored event that its attributes need."""

    not_before: str | None = None
    not_after: str | None = None
    recorded_at: str | None = None
    evidence: str | None = None
    rules: str | None = None
    data: _Told = msgspec.field(default_factory=_Told)


class _CloudEvent(msgspec.Struct, kw_only=True, omit_defaults=True):
    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str | None = None
    notbefore: str | None = None
    recordedat: str | None = None
    position: str
    inferred: bool
    rules: str | None = None
    evidence: str | None = None
    replay: bool
    datacontenttype: str
    data: msgspec.Raw


_envelope = msgspec.json.Decoder(_Envelope)
_encoder = msgspec.json.Encoder()


def source(log_id: str) -> str:
    return f"urn:ordertrail:{log_id}"


def structured(row: Row, source: str, *, replay: bool) -> bytes:
    """The same row gives the same bytes, without a line end in them. Raises UnreadableEvent."""
    envelope = _read(row)
    return _encoder.encode(
        _CloudEvent(
            specversion="1.0",
            id=f"{row.order}@{row.version}",
            source=source,
            type=row.topic,
            subject=row.order,
            time=envelope.not_after,
            notbefore=envelope.not_before,
            recordedat=envelope.recorded_at,
            position=str(row.position),
            inferred=envelope.data.inferred,
            rules=envelope.rules,
            evidence=envelope.evidence,
            replay=replay,
            datacontenttype="application/json",
            data=msgspec.Raw(row.state),
        )
    )


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
