"""What a schedule has learned of its classes, as text: kept with the log, it need not be learned again."""

import math
from collections.abc import Iterable, Sequence

import msgspec

from ordertrail.scheduling.ages import BINS, Ages
from ordertrail.scheduling.dwell import Dwell, Tally
from ordertrail.scheduling.kinds import Kind, Kinds

Sparse = dict[int, float]
"""Counts by bin; those that are missing are 0."""

_DIGITS = 6


class _Counted(msgspec.Struct, frozen=True):
    events: dict[str, Sparse]
    part: Sparse
    full: Sparse


class _Class(msgspec.Struct, frozen=True):
    """`span` None: no order with a deadline was met."""

    state: str
    watching: bool
    sights: int
    seen: float
    lateness: float
    changes: float
    before: _Counted
    span: float | None = None
    after: _Counted | None = None


class _Memory(msgspec.Struct, frozen=True):
    """`unit` and `bins`: the grid of ages that it was counted on."""

    unit: float
    bins: int
    changes: int
    classes: list[_Class]


_decode = msgspec.json.Decoder(_Memory).decode


def told(kinds: Iterable[Kind], ages: Ages, changes: int) -> str:
    """`changes`: how many were learned from."""
    classes = [_class(kind) for kind in kinds if kind.dwell.sights or kind.dwell.seen]
    return msgspec.json.encode(_Memory(ages.unit, BINS, changes, classes)).decode()


def recalled(words: str, kinds: Kinds, ages: Ages) -> int:
    """How many changes it was learned from. ValueError: nobody can tell what it says, or it was counted on
    another grid; then nothing is changed."""
    memory = _decode(words)
    if (memory.unit, memory.bins) != (ages.unit, BINS):
        raise ValueError(f"ages were counted in units of {memory.unit:g} s, not {ages.unit:g} s")
    if not all(_fits(counted) for one in memory.classes for counted in (one.before, one.after) if counted):
        raise ValueError(f"there are {BINS} bins of ages, and counts beyond them")
    for one in memory.classes:
        kind = kinds.of(one.state, one.watching, one.after is not None)
        kind.lateness, kind.changes = one.lateness, one.changes
        _recall(kind.dwell, one)
        kind.refresh()
    return memory.changes


def _class(kind: Kind) -> _Class:
    dwell = kind.dwell
    return _Class(
        state=kind.state,
        watching=kind.watching,
        sights=dwell.sights,
        seen=dwell.seen,
        lateness=kind.lateness,
        changes=kind.changes,
        before=_counted(dwell.before),
        span=dwell.span if math.isfinite(dwell.span) else None,
        after=None if dwell.after is None else _counted(dwell.after),
    )


def _recall(dwell: Dwell, one: _Class) -> None:
    dwell.sights, dwell.seen = one.sights, one.seen
    dwell.span = math.inf
    if one.span is not None:
        dwell.aim(one.span)
    _fill(dwell.before, one.before)
    if dwell.after is not None and one.after is not None:
        _fill(dwell.after, one.after)


def _counted(tally: Tally) -> _Counted:
    events = {target: _sparse(counts) for target, counts in tally.events.items()}
    return _Counted(events, _sparse(tally.part), _sparse(tally.full))


def _fill(tally: Tally, counted: _Counted) -> None:
    tally.events = {target: _dense(counts, BINS) for target, counts in counted.events.items()}
    tally.part = _dense(counted.part, len(tally.part))
    tally.full = _dense(counted.full, len(tally.full))


def _fits(counted: _Counted) -> bool:
    places = [place for counts in counted.events.values() for place in counts]
    return all(0 <= place < BINS for place in places) and all(
        0 <= place <= BINS for place in [*counted.part, *counted.full]
    )


def _sparse(counts: Sequence[float]) -> Sparse:
    return {place: round(count, _DIGITS) for place, count in enumerate(counts) if count}


def _dense(counts: Sparse, size: int) -> list[float]:
    return [counts.get(place, 0.0) for place in range(size)]
