"""What people ask of us: to track an order, to track it differently, to stop. No look tells these."""

from msgspec.structs import asdict

from domain.events import (
    Data,
    Event,
    EvidenceErased,
    EvidenceShown,
    OrderTracked,
    SettingChange,
    TrackingChanged,
    TrackingStopped,
)
from domain.instants import Instant, text
from domain.order import Order, Tracking
from domain.phases import Phase


def track(
    order: Order, wanted: Tracking, *, at: Instant, recorded_at: Instant, rules: str, worker: str
) -> list[Event[Data]]:
    """Nothing if it is tracked just so already; a stopped order goes on in the same stream.

    `at` is the moment tracking began: now, or the first captured poll of an order that is imported.
    """
    asked = asdict(wanted)
    if not order.watched or order.tracking is None:
        return [spoken(order, OrderTracked(**asked), at, recorded_at, rules, worker)]
    before = asdict(order.tracking)
    changes = {
        name: SettingChange(before[name], after) for name, after in asked.items() if after != before[name]
    }
    return [spoken(order, TrackingChanged(changes), at, recorded_at, rules, worker)] if changes else []


def stop(
    order: Order, reason: str, *, by: str | None, at: Instant, rules: str, worker: str
) -> list[Event[Data]]:
    """Nothing if it is not watched."""
    if not order.watched:
        return []
    return [spoken(order, TrackingStopped(reason, by), at, at, rules, worker)]


def evidence_shown(
    order: Order, evidence: str, *, by: str | None, at: Instant, rules: str, worker: str
) -> list[Event[Data]]:
    return [spoken(order, EvidenceShown(evidence, by), at, at, rules, worker)]


def evidence_erased(
    order: Order, count: int, reason: str, *, by: str, at: Instant, rules: str, worker: str
) -> list[Event[Data]]:
    return [spoken(order, EvidenceErased(count, reason, by), at, at, rules, worker)]


def spoken(
    order: Order, data: Data, at: Instant, recorded_at: Instant, rules: str, worker: str
) -> Event[Data]:
    """An event that comes from no look, and leaves the order where it is."""
    return Event(
        previous=None,
        state=order.state,
        phase=None if order.phase is None else Phase(order.phase),
        not_before=text(at),
        not_after=text(at),
        recorded_at=text(recorded_at),
        provider_time=None,
        look=None,
        evidence=None,
        rules=rules,
        looks=0,
        worker=worker,
        data=data,
    )
