"""Where an order stands: the fold of its events."""

from collections.abc import Callable
from typing import Any

import msgspec

from domain.events import (
    Agreed,
    BoundRestored,
    BoundStretched,
    ContactLost,
    ContactRestored,
    Contradicted,
    Corrected,
    Data,
    DetailsChanged,
    Event,
    EvidenceErased,
    ExecutionAccepted,
    ExecutionRefused,
    ExecutionRequested,
    ExecutionSettled,
    ExecutionUncertain,
    OrderForgotten,
    OrderNotFound,
    OrderOverdue,
    OrderRecovered,
    OrderTracked,
    SnapshotRejected,
    StateAdopted,
    StateChanged,
    StatusUnrecognised,
    TrackingChanged,
    TrackingStopped,
)
from domain.fields import Detail
from domain.phases import Phase


class Oddity(msgspec.Struct, frozen=True):
    """Something the provider said that does not fit, told apart by both fields; open until an `Agreed`."""

    kind: str
    word: str | None


class Tracking(msgspec.Struct, frozen=True):
    """What we were asked to do with an order. `deadline` RFC 3339."""

    environment: str
    ref: str | None = None
    priority: int = 5
    deadline: str | None = None
    tenant: str | None = None
    kind: str | None = None


class Execution(msgspec.Struct, frozen=True):
    """The last request to execute the order; `stage` is the last word of the event that told it, `state` is
    where the order stood then."""

    version: int
    funding_transaction: str
    request: str
    state: str | None = None
    stage: str = "requested"


class Stretched(msgspec.Struct, frozen=True):
    """`version` is the event that said so, `worker` who did; seconds."""

    version: int
    promised: int
    effective: int
    worker: str


class Overdue(msgspec.Struct, frozen=True):
    """`version` is the event that said so; `bound` in seconds."""

    version: int
    state: str
    bound: int
    basis: str


CONTRADICTIONS = frozenset({"regressed", "unreachable"})
"""Kinds of oddities that a person can decide by adopting what the provider reported."""


UNREADABLE = frozenset({"unrecognised", "rejected", "wrong_order"})
"""Kinds of oddities of answers that show no state of the order."""


class Order(msgspec.Struct, frozen=True):
    """`since` is the interval of the change that led to `state`; `digest` chains the next event. `erased`:
    what was kept was destroyed, and nobody has asked to watch the order since."""

    version: int = 0
    digest: str | None = None
    tracking: Tracking | None = None
    stopped: str | None = None
    state: str | None = None
    phase: Phase | None = None
    not_before: str | None = None
    not_after: str | None = None
    details: dict[str, Detail] = {}
    oddities: dict[int, Oddity] = {}
    contact_lost: str | None = None
    not_found: int | None = None
    forgotten: int | None = None
    overdue: Overdue | None = None
    execution: Execution | None = None
    stretched: Stretched | None = None
    erased: bool = False

    @property
    def watched(self) -> bool:
        return self.tracking is not None and self.stopped is None

    @property
    def quiet(self) -> bool:
        """Nothing is open, so that no person need look."""
        return not (
            self.oddities
            or self.contact_lost
            or self.not_found
            or self.forgotten
            or self.overdue
            or self.uncertain
            or self.stretched
        )

    @property
    def uncertain(self) -> bool:
        """Whether nobody knows if the provider was reached when it was told to execute the order."""
        return self.execution is not None and self.execution.stage == "uncertain"

    @property
    def attention(self) -> list[str]:
        """Why a person should look: the kinds of what is open, each once, in order of appearance."""
        if self.quiet:
            return []
        open_kinds = [oddity.kind for _, oddity in sorted(self.oddities.items())]
        lost = ["contact_lost"] if self.contact_lost else []
        unseen = ["not_found"] if self.not_found else []
        forgotten = ["forgotten"] if self.forgotten and self.phase is Phase.FORGOTTEN else []
        overdue = ["overdue"] if self.overdue else []
        uncertain = ["execution_uncertain"] if self.uncertain else []
        stretched = ["bound_stretched"] if self.stretched else []
        kinds = [*open_kinds, *lost, *unseen, *forgotten, *overdue, *uncertain, *stretched]
        return list(dict.fromkeys(kinds))


def evolve(order: Order, event: Event[Data], version: int, digest: str | None) -> Order:
    """The order after one more event; knows no rules, only how to write down."""
    changed = _FOLDS.get(type(event.data), _nothing)(order, event, version)
    return msgspec.structs.replace(
        order, version=version, digest=digest, state=event.state, phase=event.phase, **changed
    )


Changes = dict[str, Any]  # the keyword arguments of msgspec.structs.replace


def _tracked(order: Order, event: Event[OrderTracked], version: int) -> Changes:
    asked = event.data
    tracking = Tracking(
        asked.environment, asked.ref, asked.priority, asked.deadline, asked.tenant, asked.kind
    )
    return {"tracking": tracking, "stopped": None, "erased": False}


def _tracking_changed(order: Order, event: Event[TrackingChanged], version: int) -> Changes:
    after = {name: change.after for name, change in event.data.changes.items()}
    return {"tracking": msgspec.convert({**msgspec.to_builtins(order.tracking), **after}, Tracking)}


def _stopped(order: Order, event: Event[TrackingStopped], version: int) -> Changes:
    return {"stopped": event.data.reason}


def _state(order: Order, event: Event[StateChanged], version: int) -> Changes:
    return {
        "not_before": event.not_before,
        "not_after": event.not_after,
        "not_found": None,
        "forgotten": None,
    }


def _details(order: Order, event: Event[DetailsChanged], version: int) -> Changes:
    details = dict(order.details)
    for path, change in event.data.changes.items():
        if isinstance(change.after, msgspec.UnsetType):
            details.pop(path, None)
        else:
            details[path] = change.after
    return {"details": details}


def _unrecognised(order: Order, event: Event[StatusUnrecognised], version: int) -> Changes:
    return {"oddities": {**order.oddities, version: Oddity("unrecognised", event.data.word)}}


def _rejected(order: Order, event: Event[SnapshotRejected], version: int) -> Changes:
    return {"oddities": {**order.oddities, version: Oddity("rejected", event.data.why)}}


def _contradicted(order: Order, event: Event[Contradicted], version: int) -> Changes:
    return {"oddities": {**order.oddities, version: Oddity(event.data.kind, event.data.reported)}}


def _agreed(order: Order, event: Event[Agreed], version: int) -> Changes:
    resolved = event.data.resolves
    return {
        "oddities": {at: oddity for at, oddity in order.oddities.items() if at not in resolved},
        "forgotten": None if order.forgotten in resolved else order.forgotten,
    }


def _lost(order: Order, event: Event[ContactLost], version: int) -> Changes:
    return {"contact_lost": event.not_after}


def _restored(order: Order, event: Event[ContactRestored], version: int) -> Changes:
    return {"contact_lost": None}


def _not_found(order: Order, event: Event[OrderNotFound], version: int) -> Changes:
    return {"not_found": version}


def _forgotten(order: Order, event: Event[OrderForgotten], version: int) -> Changes:
    return {"forgotten": version}


def _overdue(order: Order, event: Event[OrderOverdue], version: int) -> Changes:
    late = event.data
    return {"overdue": Overdue(version, late.state, late.bound, late.basis)}


def _recovered(order: Order, event: Event[OrderRecovered], version: int) -> Changes:
    return {"overdue": None}


def _stretched(order: Order, event: Event[BoundStretched], version: int) -> Changes:
    told = event.data
    return {"stretched": Stretched(version, told.promised, told.effective, event.worker)}


def _restored_bound(order: Order, event: Event[BoundRestored], version: int) -> Changes:
    return {"stretched": None}


def _requested(order: Order, event: Event[ExecutionRequested], version: int) -> Changes:
    asked = event.data
    return {"execution": Execution(version, asked.funding_transaction, asked.request, event.state)}


def _executed(order: Order, event: Event[Data], version: int) -> Changes:
    if order.execution is None:
        return {}
    return {"execution": msgspec.structs.replace(order.execution, stage=_STAGES[type(event.data)])}


def _adopted(order: Order, event: Event[StateAdopted], version: int) -> Changes:
    left = {at: oddity for at, oddity in order.oddities.items() if oddity.kind not in CONTRADICTIONS}
    return {"not_before": event.not_before, "not_after": event.not_after, "oddities": left}


def _corrected(order: Order, event: Event[Corrected], version: int) -> Changes:
    struck, steps = event.data.replaces, event.data.steps
    changes: Changes = {
        "oddities": {at: oddity for at, oddity in order.oddities.items() if at not in struck},
        "not_found": None if order.not_found in struck else order.not_found,
        "forgotten": None if order.forgotten in struck else order.forgotten,
    }
    if steps or event.state is None:
        last = steps[-1] if steps else None
        changes |= {"not_before": last and last.not_before, "not_after": last and last.not_after}
    return changes


def _erased(order: Order, event: Event[EvidenceErased], version: int) -> Changes:
    return {"erased": True}


def _nothing(order: Order, event: Event[Data], version: int) -> Changes:
    return {}


_STAGES: dict[type[Data], str] = {
    ExecutionAccepted: "accepted",
    ExecutionRefused: "refused",
    ExecutionUncertain: "uncertain",
    ExecutionSettled: "settled",
}

_FOLDS: dict[type[Data], Callable[[Order, Any, int], Changes]] = {
    OrderTracked: _tracked,
    TrackingChanged: _tracking_changed,
    TrackingStopped: _stopped,
    StateChanged: _state,
    DetailsChanged: _details,
    StatusUnrecognised: _unrecognised,
    SnapshotRejected: _rejected,
    Contradicted: _contradicted,
    Agreed: _agreed,
    ContactLost: _lost,
    ContactRestored: _restored,
    OrderNotFound: _not_found,
    OrderForgotten: _forgotten,
    OrderOverdue: _overdue,
    OrderRecovered: _recovered,
    BoundStretched: _stretched,
    BoundRestored: _restored_bound,
    ExecutionRequested: _requested,
    ExecutionAccepted: _executed,
    ExecutionRefused: _executed,
    ExecutionUncertain: _executed,
    ExecutionSettled: _executed,
    StateAdopted: _adopted,
    Corrected: _corrected,
    EvidenceErased: _erased,
}
