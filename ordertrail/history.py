"""What happened to an order: its events, as stored."""

from typing import cast

import msgspec

from domain.events import KINDS, EvidenceErased
from domain.identity import OrderKey
from domain.instants import Instant, instant, text
from domain.log import Log
from domain.rows import Row
from domain.watch import PATIENCE, Watch
from ordertrail import coverage
from ordertrail.stream import Line, by, stream_of


class _Stored(msgspec.Struct, frozen=True):
    """A stored event of any kind, even one that this version does not know."""

    not_after: str
    recorded_at: str
    rules: str
    looks: int
    data: dict[str, object]
    not_before: str | None = None
    provider_time: str | None = None
    evidence: str | None = None


_stored = msgspec.json.Decoder(_Stored)


def history(
    log: Log,
    key: OrderKey,
    *,
    as_of: Instant | None = None,
    known_at: Instant | None = None,
    gap: int = PATIENCE.coverage_gap,
) -> list[Line]:
    """`history --json` lines by version. Raises UnknownOrder.

    `as_of`: only events that were certain by then (not_after); `known_at`: only those recorded by then. An
    event that can't be read at all is there with its topic as `event` and nulls, unless a moment is given.
    `erased` is on the lines whose evidence was destroyed since. `blind`: when nothing was answered since the
    event before, exact to `gap`.
    """
    lines: list[Line] = []
    stream = stream_of(log, key)
    rows = log.stream(stream)
    for row in rows:
        event = _event(row)
        if event is not None and event.not_after <= by(as_of) and event.recorded_at <= by(known_at):
            lines.append(_line(row, event))
        elif event is None and as_of is None and known_at is None:
            lines.append(_line(row, None))
    erased = max((row.version for row in rows if row.topic == EvidenceErased.TOPIC), default=0)
    for line in lines:
        if line["evidence"] is not None and cast(int, line["version"]) < erased:
            line["erased"] = True
    _tell_blindness(lines, coverage.watch_at(log, stream), gap)
    return lines


def _tell_blindness(lines: list[Line], watch: Watch, gap: int) -> None:
    """Each time of blindness with the first event that was certain after it."""
    certain = [line for line in lines if line["not_after"] is not None]
    since = instant(str(certain[0]["not_after"])) if certain else None
    left = coverage.blind(watch, since=since, gap=gap)
    for line in lines:
        by_then = [one for one in left if line in certain and text(one.until) <= str(line["not_after"])]
        left = [one for one in left if one not in by_then]
        line["blind"] = coverage.blind_lines(by_then)


def _event(row: Row) -> _Stored | None:
    try:
        return _stored.decode(row.state)
    except ValueError:
        return None


def _line(row: Row, event: _Stored | None) -> Line:
    kind = KINDS.get(row.topic)
    return {
        "order": row.order,
        "version": row.version,
        "position": row.position,
        "event": kind.__name__ if kind else row.topic,
        "data": event and event.data,
        "not_before": event and event.not_before,
        "not_after": event and event.not_after,
        "recorded_at": event and event.recorded_at,
        "provider_time": event and event.provider_time,
        "evidence": event and event.evidence,
        "rules": event and event.rules,
        "looks": event and event.looks,
    }
