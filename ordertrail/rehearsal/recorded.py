"""What the log says of one order, as the scorer needs it."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

import msgspec

from domain.encoding import decode
from domain.events import (
    Agreed,
    Contradicted,
    Data,
    DetailsChanged,
    Event,
    SnapshotRejected,
    StateChanged,
    StatusUnrecognised,
)
from domain.instants import Instant, instant
from domain.log import Log
from domain.rows import LookRow, Row
from domain.watch import Watch
from ordertrail.rehearsal.ideal import GONE, Told
from ordertrail.rehearsal.oddities import Sort
from ordertrail.rehearsal.wire import Taken
from simulators.details import Shown

ODD = (StatusUnrecognised, SnapshotRejected, Contradicted)
_watch = msgspec.json.Decoder(Watch).decode
_MEMBER = re.compile(r"\[[^\]]*\]")


class Change(NamedTuple):
    """A StateChanged, or one path of a DetailsChanged; the look that told it was asked and answered then, by
    the process's clock."""

    version: int
    target: Shown
    inferred: bool
    not_before: Instant | None
    not_after: Instant
    asked: Instant
    answered: Instant
    path: str | None = None


class Odd(NamedTuple):
    """An oddity that was open from one answer's end to that of another, by the clock that never steps."""

    sort: Sort
    word: str | None
    since: int
    until: int | None


@dataclass
class Recorded:
    """`counts` of failed and late looks by kind; `told`: the looks that events name."""

    changes: list[Change] = field(default_factory=list)
    odd: list[Odd] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    told: set[Told] = field(default_factory=set)


def recorded(
    log: Log, stream: str, rows: Sequence[Row], taken: Sequence[Taken], watched: Collection[str]
) -> Recorded:
    """`taken`: the looks at this order, as the wire had them; `watched`: patterns of the details compared."""
    ends = {(look.asked, look.answered): look.ended for look in taken}
    looks = {look.look: look for look in log.looks(stream)}
    found = Recorded(counts=_counts(log, stream))
    agreed: dict[int, int] = {}
    events = [(row.version, decode(row.topic, row.state)) for row in rows]
    for _, event in events:
        if isinstance(event.data, Agreed):
            agreed |= dict.fromkeys(event.data.resolves, _end(event, looks, ends))
    patterns = frozenset(_MEMBER.sub("[]", pattern) for pattern in watched)
    for version, event in events:
        if event.look is not None:
            found.told.add((looks[event.look].asked_at, looks[event.look].answered_at))
        if isinstance(event.data, ODD):
            since = _end(event, looks, ends)
            found.odd.append(Odd(*_sorted(event.data), since, agreed.get(version)))
        elif isinstance(event.data, StateChanged):
            found.changes.append(_change(version, event, looks, event.data.target, event.data.inferred))
        elif isinstance(event.data, DetailsChanged):
            for path, change in event.data.changes.items():
                if _MEMBER.sub("[]", path) in patterns:
                    value = GONE if isinstance(change.after, msgspec.UnsetType) else change.after
                    found.changes.append(_change(version, event, looks, cast(Shown, value), path=path))
    return found


def _counts(log: Log, stream: str) -> dict[str, int]:
    kept = log.watch(stream)
    watch = Watch() if kept is None else _watch(kept.watch)
    found = dict(watch.unanswered)
    for span in watch.spans:
        for kind, count in span.failures.items():
            found[kind] = found.get(kind, 0) + count
    return found


def _change(
    version: int,
    event: Event[Data],
    looks: Mapping[str, LookRow],
    target: Shown,
    inferred: bool = False,
    path: str | None = None,
) -> Change:
    look = _look(event, looks)
    not_before = None if event.not_before is None else instant(event.not_before)
    times = (not_before, instant(event.not_after), look.asked_at, look.answered_at)
    return Change(version, target, inferred, *times, path)


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
