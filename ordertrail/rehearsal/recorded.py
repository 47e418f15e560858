"""What the log says of one order, as the scorer needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from domain.encoding import decode
from domain.events import (
    Agreed,
    Contradicted,
    Data,
    Event,
    OrderForgotten,
    SnapshotRejected,
    StateChanged,
    StatusUnrecognised,
)
from domain.instants import Instant, instant
from domain.log import Log, LookRow, Row
from domain.watch import Watch
from ordertrail.rehearsal.ideal import Sort
from ordertrail.rehearsal.wire import Taken

ODD = (StatusUnrecognised, SnapshotRejected, Contradicted)
_watch = msgspec.json.Decoder(Watch).decode


class Change(NamedTuple):
    """A StateChanged; the look that told it was asked and answered then, by the process's clock."""

    version: int
    target: str
    inferred: bool
    not_before: Instant | None
    not_after: Instant
    asked: Instant
    answered: Instant


class Odd(NamedTuple):
    """An oddity that was open from one answer's end to that of another, by the clock that never steps."""

    sort: Sort
    word: str | None
    since: int
    until: int | None


@dataclass
class Recorded:
    changes: list[Change] = field(default_factory=list)
    odd: list[Odd] = field(default_factory=list)
    forgotten: int = 0
    counts: dict[str, int] = field(default_factory=dict)


def recorded(log: Log, stream: str, rows: Sequence[Row], taken: Sequence[Taken]) -> Recorded:
    """`taken`: the looks at this order, as the wire had them."""
    ends = {(look.asked, look.answered): look.ended for look in taken}
    looks = {look.look: look for look in log.looks(stream)}
    found = Recorded()
    kept = log.watch(stream)
    for span in [] if kept is None else _watch(kept.watch).spans:
        for kind, count in span.failures.items():
            found.counts[kind] = found.counts.get(kind, 0) + count
    agreed: dict[int, int] = {}
    events = [(row.version, decode(row.topic, row.state)) for row in rows]
    for _, event in events:
        if isinstance(event.data, Agreed):
            agreed |= dict.fromkeys(event.data.resolves, _end(event, looks, ends))
    for version, event in events:
        if isinstance(event.data, ODD):
            since = _end(event, looks, ends)
            found.odd.append(Odd(*_sorted(event.data), since, agreed.get(version)))
        else:
            _note(found, version, event, looks)
    return found


def _note(found: Recorded, version: int, event: Event[Data], looks: Mapping[str, LookRow]) -> None:
    data = event.data
    if isinstance(data, StateChanged):
        look = _look(event, looks)
        not_before = None if event.not_before is None else instant(event.not_before)
        not_after = instant(event.not_after)
        times = (not_before, not_after, look.asked_at, look.answered_at)
        found.changes.append(Change(version, data.target, data.inferred, *times))
    elif isinstance(data, OrderForgotten):
        found.forgotten += 1


def _look(event: Event[Data], looks: Mapping[str, LookRow]) -> LookRow:
    """Every event that a body told names a look that was kept."""
    return looks[event.look or ""]


def _end(event: Event[Data], looks: Mapping[str, LookRow], ends: Mapping[tuple[int, int], int]) -> int:
    look = _look(event, looks)
    return ends[look.asked_at, look.answered_at]


def _sorted(data: StatusUnrecognised | SnapshotRejected | Contradicted) -> tuple[Sort, str | None]:
    if isinstance(data, StatusUnrecognised):
        return Sort.UNRECOGNISED, data.word
    if isinstance(data, SnapshotRejected):
        return Sort.REJECTED, data.why
    return (Sort.WRONG_ORDER if data.kind == "wrong_order" else Sort.CONTRADICTED), data.reported
