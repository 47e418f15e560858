"""What can be learned about an order. Past tense, immutable, in the log for good.

    OrderTracked, TrackingChanged, TrackingStopped              what we were asked to do
    StateChanged, DetailsChanged                                what the provider showed
    StatusUnrecognised, SnapshotRejected, Contradicted, Agreed  what it showed and we can't take as it is
    ContactLost, ContactRestored, OrderNotFound, OrderForgotten what we could not see
    OrderOverdue, OrderRecovered                                what lasts longer than it should
    BoundStretched, BoundRestored                               what we can't look at as often as we promise
    ExecutionRequested, Accepted, Refused, Uncertain, Settled   what we asked a provider to do
    StateAdopted, Corrected                                     what a person, or newer rules, decided
    EvidenceShown, EvidenceErased                               what became of raw bodies
    LogSealed                                                   that the log was whole up to here

`TOPIC` is what is stored and published as the type: a class may be renamed, its topic may not. A changed
shape is a new topic and an upcaster.
"""

from typing import ClassVar, Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from domain.fields import Detail
from domain.phases import Phase

TOPIC_PREFIX = "ordertrail."


class Data(msgspec.Struct, frozen=True):
    """What one kind of event says. Every kind names its own topic."""

    TOPIC: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        if "TOPIC" not in cls.__dict__ or not cls.TOPIC.startswith(TOPIC_PREFIX):
            raise TypeError(f"{cls.__name__} needs a TOPIC of its own that begins with {TOPIC_PREFIX}")


class OrderTracked(Data, frozen=True):
    """`environment` is the host asked; `deadline` RFC 3339; `kind` the provider's sort of order, if any."""

    TOPIC: ClassVar[str] = "ordertrail.order-tracked.v1"
    environment: str
    ref: str | None
    priority: int
    deadline: str | None
    tenant: str | None
    kind: str | None


Setting = str | int | None


class SettingChange(msgspec.Struct, frozen=True):
    before: Setting
    after: Setting


class TrackingChanged(Data, frozen=True):
    TOPIC: ClassVar[str] = "ordertrail.tracking-changed.v1"
    changes: dict[str, SettingChange]


class TrackingStopped(Data, frozen=True):
    """`reason`: asked, watch_ended, order_ended, or what the person wrote."""

    TOPIC: ClassVar[str] = "ordertrail.tracking-stopped.v1"
    reason: str
    by: str | None


class StateChanged(Data, frozen=True):
    """`transition` is the lifecycle's event, null unless source → target is a single edge."""

    TOPIC: ClassVar[str] = "ordertrail.state-changed.v1"
    transition: str | None
    source: str | None
    target: str
    inferred: bool


class DetailChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A side that is left out was absent; null was null."""

    before: Detail | UnsetType = UNSET
    after: Detail | UnsetType = UNSET


class DetailsChanged(Data, frozen=True):
    TOPIC: ClassVar[str] = "ordertrail.details-changed.v1"
    changes: dict[str, DetailChange]


class StatusUnrecognised(Data, frozen=True):
    TOPIC: ClassVar[str] = "ordertrail.status-unrecognised.v1"
    word: str


class SnapshotRejected(Data, frozen=True):
    TOPIC: ClassVar[str] = "ordertrail.snapshot-rejected.v1"
    why: str
    example: str


class Contradicted(Data, frozen=True):
    """`kind`: regressed, unreachable, wrong_order."""

    TOPIC: ClassVar[str] = "ordertrail.contradicted.v1"
    reported: str | None
    kind: str


class Agreed(Data, frozen=True):
    """The provider agrees with the lifecycle again; `resolves` are versions of this stream."""

    TOPIC: ClassVar[str] = "ordertrail.agreed.v1"
    resolves: list[int]


class ContactLost(Data, frozen=True):
    TOPIC: ClassVar[str] = "ordertrail.contact-lost.v1"
    why: str
    failures: int


class ContactRestored(Data, frozen=True):
    """`lost_for` in whole seconds, from the end of the first failed look to the end of this one."""

    TOPIC: ClassVar[str] = "ordertrail.contact-restored.v1"
    lost_for: int


class OrderNotFound(Data, frozen=True):
    TOPIC: ClassVar[str] = "ordertrail.order-not-found.v1"
    looks: int


class OrderForgotten(Data, frozen=True):
    TOPIC: ClassVar[str] = "ordertrail.order-forgotten.v1"
    looks: int


class OrderOverdue(Data, frozen=True):
    """It has been in `state` for more than `bound` seconds; `basis`: prior, learned or deadline."""

    TOPIC: ClassVar[str] = "ordertrail.order-overdue.v1"
    state: str
    bound: int
    basis: str


class OrderRecovered(Data, frozen=True):
    """It left `state` after all; `bound` and `basis` as they were when it was overdue."""

    TOPIC: ClassVar[str] = "ordertrail.order-recovered.v1"
    state: str
    bound: int
    basis: str


class BoundStretched(Data, frozen=True):
    """So many orders are watched at a provider that the time between two looks at one can't be kept: it was
    to be `promised` seconds at most, and is `effective`. In the provider's own stream; the latest one counts,
    until `BoundRestored`."""

    TOPIC: ClassVar[str] = "ordertrail.bound-stretched.v1"
    promised: int
    effective: int


class BoundRestored(Data, frozen=True):
    """The time between two looks at an order is kept again, in seconds."""

    TOPIC: ClassVar[str] = "ordertrail.bound-restored.v1"
    promised: int


class ExecutionRequested(Data, frozen=True):
    """We are about to tell the provider that an order is funded; `request` names this attempt, a UUID."""

    TOPIC: ClassVar[str] = "ordertrail.execution-requested.v1"
    funding_transaction: str
    request: str
    by: str | None


class ExecutionAccepted(Data, frozen=True):
    """`echoed`: the funding transaction as the provider repeated it, if it did."""

    TOPIC: ClassVar[str] = "ordertrail.execution-accepted.v1"
    echoed: str | None


class ExecutionRefused(Data, frozen=True):
    TOPIC: ClassVar[str] = "ordertrail.execution-refused.v1"
    why: str
    http_status: int


class ExecutionUncertain(Data, frozen=True):
    """Nobody knows whether the request arrived; it is never repeated blindly."""

    TOPIC: ClassVar[str] = "ordertrail.execution-uncertain.v1"
    why: str


class ExecutionSettled(Data, frozen=True):
    """`how`: moved_on, by_person; then `by` says who."""

    TOPIC: ClassVar[str] = "ordertrail.execution-settled.v1"
    how: str
    by: str | None


class StateAdopted(Data, frozen=True):
    """A person decided a contradiction: the provider's word counts from here on."""

    TOPIC: ClassVar[str] = "ordertrail.state-adopted.v1"
    target: str
    reason: str
    by: str


class Step(msgspec.Struct, frozen=True):
    """One state of a corrected story; the truth lies in (`not_before`, `not_after`]."""

    target: str
    inferred: bool
    not_before: str | None
    not_after: str
    look: str | None


class Corrected(Data, frozen=True):
    """`replaces`: versions of this stream that no longer hold. `steps`: where the states differ, all that the
    order went through, from its first; else none. Details and oddities that differ follow as events."""

    TOPIC: ClassVar[str] = "ordertrail.corrected.v1"
    replaces: list[int]
    steps: list[Step]
    from_rules: str
    to_rules: str


class EvidenceShown(Data, frozen=True):
    TOPIC: ClassVar[str] = "ordertrail.evidence-shown.v1"
    evidence: str
    by: str | None


class EvidenceErased(Data, frozen=True):
    """`count` bodies were destroyed with their key; digests and events stay."""

    TOPIC: ClassVar[str] = "ordertrail.evidence-erased.v1"
    count: int
    reason: str
    by: str


class LogSealed(Data, frozen=True, rename={"start": "from", "end": "to"}):
    """Merkle `root` over the digests of the `count` events at positions `from` to `to`, in their order;
    `previous` is the root of the seal before. `rows` register and look rows were stored since that one, up
    to the commit of that `receipt`; `rows_root` is over their digests."""

    TOPIC: ClassVar[str] = "ordertrail.log-sealed.v1"
    start: int
    end: int
    count: int
    root: str
    previous: str | None
    rows: int
    rows_root: str
    receipt: int


KINDS: dict[str, type[Data]] = {kind.TOPIC: kind for kind in Data.__subclasses__()}

D = TypeVar("D")


class Event(msgspec.Struct, Generic[D], frozen=True):
    """An event as stored. Times are RFC 3339 UTC, `Z`, microseconds.

    The truth lies in (`not_before`, `not_after`]. `previous` is the digest of the event before in the stream;
    `state` and `phase` hold after this event; `looks` counts looks since the event before, at least.
    """

    previous: str | None
    state: str | None
    phase: Phase | None
    not_before: str | None
    not_after: str
    recorded_at: str
    provider_time: str | None
    look: str | None
    evidence: str | None
    rules: str
    looks: int
    worker: str
    data: D
