"""What a schedule writes down of an order, from what it is told."""

import math

from ordertrail.scheduling import rates
from ordertrail.scheduling.facts import Facts
from ordertrail.scheduling.kinds import Kind
from ordertrail.scheduling.records import NEVER, WAITING, Record

_KNOWN = 0.1
"""Of the time until a deadline: how narrowly an entry must be known to tell how long that usually is."""


def begun(facts: Facts, kind: Kind, now: float, last: float | None) -> Record:
    known = facts.rate is not None
    rate = facts.rate if facts.rate is not None else 1.0 / kind.mean
    shape = rates.KNOWN if known else rates.SHAPE
    return Record(
        due=now,
        entered=estimate(facts, kind),
        last=NEVER if last is None else last,
        deadline=or_never(facts.deadline),
        wanted_by=or_never(facts.wanted_by),
        gap=math.inf,
        rate=rate,
        shape=shape,
        ratio=shape / rate,
        kind=kind.number,
        priority=facts.priority,
        status=WAITING,
        failures=0,
        unproven=0,
    )


def stands(record: Record, kind: Kind, facts: Facts, entered: float) -> Record:
    """The record of an order of which other facts are known now."""
    return record._replace(
        entered=entered,
        deadline=or_never(facts.deadline),
        wanted_by=or_never(facts.wanted_by),
        kind=kind.number,
        priority=facts.priority,
    )


def seen(record: Record, now: float) -> float:
    """When it was looked at last; one that only others have seen, by now."""
    return now if record.last == NEVER else record.last


def rated(record: Record, changed: bool, now: float) -> Record:
    """What a look told of an order's own rate."""
    if record.shape >= rates.KNOWN or record.last == NEVER:
        return record
    gap = max(now - record.last, 1e-6)
    told = rates.changed if changed else rates.unchanged
    shape, ratio = told(record.shape, record.ratio, gap)
    return record._replace(shape=shape, ratio=ratio, rate=shape / ratio)


def estimate(facts: Facts, kind: Kind) -> float:
    """When the class was entered, for want of better: as long before its deadline as is usual, else in the
    middle of what is known."""
    after = _after(facts)
    if facts.deadline is not None and math.isfinite(kind.dwell.span):
        return min(max(facts.deadline - kind.dwell.span, after), facts.entered_by)
    return facts.entered_by if after == -math.inf else (after + facts.entered_by) / 2


def first_seen(facts: Facts, tracked: float) -> Facts:
    """What a first look tells. An order looked at soon after it was tracked was placed by then, as most are;
    of one that had to wait for it, or came late, only the deadline tells the age."""
    if facts.entered_after is not None or facts.deadline is None:
        return facts
    soon = facts.entered_by - tracked <= _KNOWN * (facts.deadline - tracked)
    return facts._replace(entered_after=tracked) if soon else facts


def or_never(moment: float | None) -> float:
    return math.inf if moment is None else moment


def aimed(kind: Kind, facts: Facts, entered: float) -> None:
    """One more order's deadline in a class that it has entered. When it did must be known: orders that came
    while nobody was answered would make the usual time until the deadline shorter than it is. Longer it may
    become by any."""
    if not kind.dated or facts.deadline is None:
        return
    span, usual = facts.deadline - entered, kind.dwell.span
    if facts.entered_by - _after(facts) > _KNOWN * span:
        span = facts.deadline - facts.entered_by
        if span <= usual < math.inf:
            return
    kind.dwell.aim(span)


def _after(facts: Facts) -> float:
    return -math.inf if facts.entered_after is None else facts.entered_after
