"""A stream told anew: what today's rules make of every kept answer, from the first to the last.

As long as they come to what is recorded, the record itself goes on as it is. From the first difference on the
order is folded apart. Looks that were not kept said what the kept one before them said: they move on the
moment until which a state is proven, where both the old rules and today's took it for proven. What no answer
told (tracking, contact, commands, what people decided) is carried over. Contact is not judged again.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from domain.basis import Basis
from domain.events import (
    Agreed,
    Contradicted,
    Corrected,
    Data,
    DetailsChanged,
    Event,
    OrderForgotten,
    OrderNotFound,
    SnapshotRejected,
    StateAdopted,
    StateChanged,
    StatusUnrecognised,
    Step,
)
from domain.judge import Case, detail_changes, judge
from domain.order import CONTRADICTIONS, Order, evolve
from domain.provider import Provider
from domain.readings import Look, Reading
from domain.story import Numbered, stepped, struck
from domain.watch import Watch, unproven

JUDGED = (
    StateChanged,
    DetailsChanged,
    StatusUnrecognised,
    SnapshotRejected,
    Contradicted,
    Agreed,
    OrderNotFound,
    OrderForgotten,
)
"""What an answer tells of the order itself."""
_VIRTUAL = 1 << 40
"""From here on are versions of events that were never recorded."""


class Kept(NamedTuple):
    """A kept look, read by today's rules; `reading` is None where `why` it could not be."""

    look: Look
    basis: Basis
    rules: str
    evidence: str | None
    body_digest: bytes | None
    reading: Reading | None
    why: str = ""


class Retold(msgspec.Struct):
    """What today's rules make of a stream.

    `told`: what they tell and is not recorded, by a version beyond all others; `held`: recorded versions that
    they tell as well; `agreed` and `detailed`: the events that did so last. `unjudged`: why which looks could
    not be judged. `blocked`: why the whole can't be told anew, else empty.
    """

    order: Order = Order()
    watch: Watch = Watch()
    steps: list[Step] = []
    told: dict[int, Event[Data]] = {}
    held: set[int] = set()
    diverged: bool = False
    from_rules: str | None = None
    agreed: Event[Data] | None = None
    detailed: Event[Data] | None = None
    unjudged: dict[str, str] = {}
    blocked: str = ""


def retell(provider: Provider, events: Sequence[Numbered], kept: Iterable[Kept]) -> Retold:
    """`events` is the stream from its first; `kept` all its looks in any order."""
    telling = _Telling(provider, events)
    waiting = sorted(kept, key=telling.turn, reverse=True)
    for version in range(len(events) + 1):
        if version:
            telling.record(events[version - 1])
        while waiting and waiting[-1].basis.version <= version:
            telling.look(waiting.pop())
    return telling.end()


class _Telling:
    def __init__(self, provider: Provider, events: Sequence[Numbered]) -> None:
        self._provider = provider
        self._struck = struck(events)
        self._by_look: defaultdict[str | None, list[Numbered]] = defaultdict(list)
        for numbered in events:
            self._by_look[numbered.event.look].append(numbered)
        self._recorded = Order()
        self._recorded_steps: list[Step] = []
        self._corrected = False
        self._retold = Retold()

    def turn(self, kept: Kept) -> tuple[int, bool, int, int, str]:
        """When a look was judged: of those at one version, the one that told something was the last."""
        told = bool(self._group(kept))
        return (kept.basis.version, told, kept.basis.watch.looks, kept.look.answered_at, kept.look.id)

    def record(self, numbered: Numbered) -> None:
        version, event = numbered
        retold, data = self._retold, event.data
        self._recorded = evolve(self._recorded, event, version, None)
        self._recorded_steps = stepped(self._recorded_steps, event)
        if isinstance(data, Corrected):
            self._corrected, retold.diverged = True, True
            retold.from_rules = retold.from_rules or data.to_rules
        elif not retold.diverged:
            retold.order, retold.steps = self._recorded, self._recorded_steps
            retold.held.add(version)
        elif isinstance(data, StateAdopted):
            self._adopt(version, event, data.target)
        elif not isinstance(data, JUDGED):
            carried = replace(event, state=retold.order.state, phase=retold.order.phase)
            retold.order = evolve(retold.order, carried, version, None)

    def look(self, kept: Kept) -> None:
        self._converge()
        retold = self._retold
        if kept.reading is None:
            retold.unjudged[kept.look.id] = kept.why
            retold.blocked = retold.blocked or (kept.why if retold.diverged else "")
        elif retold.order.state is not None and retold.order.state not in self._provider.phases:
            retold.blocked = retold.blocked or f"today's rules know no state {retold.order.state}"
        elif retold.diverged:
            self._tell(kept, _continued(retold.watch, kept.basis.watch))
        elif not self._repeats(kept):
            retold.diverged, retold.from_rules = True, retold.from_rules or kept.rules
            self._tell(kept, kept.basis.watch)

    def end(self) -> Retold:
        self._converge()
        return self._retold

    def _group(self, kept: Kept) -> list[Event[Data]]:
        """What is recorded of a look, but for what a correction said of it later."""
        group: list[Event[Data]] = []
        for version, event in self._by_look[kept.look.id]:
            if version == kept.basis.version + 1 + len(group):
                group.append(event)
        return group

    def _repeats(self, kept: Kept) -> bool:
        """Whether today's rules tell of a look what is recorded."""
        judgement = judge(_case(self._provider, self._recorded, kept.basis.watch, kept))
        self._retold.watch = judgement.watch
        return list(map(_said, judgement.events)) == list(map(_said, self._group(kept)))

    def _tell(self, kept: Kept, watch: Watch) -> None:
        """Fold what today's rules make of a look; of contact and commands they have nothing to say."""
        retold = self._retold
        bare = replace(retold.order, contact_lost=None, overdue=None, execution=None)
        judgement = judge(_case(self._provider, bare, watch, kept))
        retold.watch = judgement.watch
        for event in judgement.events:
            if not isinstance(event.data, JUDGED):
                continue
            retold.order = evolve(retold.order, event, self._version(event), None)
            retold.steps = stepped(retold.steps, event)
            if isinstance(event.data, Agreed):
                retold.agreed = event
            elif isinstance(event.data, DetailsChanged):
                retold.detailed = event

    def _version(self, event: Event[Data]) -> int:
        """The recorded event that says the same of the same look, else one of its own."""
        held, told, same = self._retold.held, self._retold.told, _identity(event)
        for version, recorded in self._by_look[event.look]:
            if version not in self._struck and version not in held and _identity(recorded) == same:
                held.add(version)
                return version
        version = _VIRTUAL + len(told)
        told[version] = event
        return version

    def _adopt(self, version: int, event: Event[Data], target: str) -> None:
        """What a person decided stays, unless today's rules have come to that state by themselves."""
        retold = self._retold
        reported = {o.word for o in retold.order.oddities.values() if o.kind in CONTRADICTIONS}
        if target in reported or target not in {step.target for step in retold.steps}:
            adopted = replace(event, state=target, phase=self._provider.phases.get(target, event.phase))
            retold.order = evolve(retold.order, adopted, version, None)
            retold.steps = stepped(retold.steps, adopted)
            retold.watch = unproven(retold.watch)

    def _converge(self) -> None:
        """After a correction that says what today's rules say, the record itself goes on."""
        retold = self._retold
        if not (self._corrected and retold.diverged):
            return
        self._corrected = False
        fields = self._provider.fields
        same = _standing(self._recorded) == _standing(retold.order) and not detail_changes(
            fields, self._recorded.details, retold.order.details
        )
        if same and self._recorded_steps == retold.steps:
            retold.diverged, retold.told, retold.from_rules = False, {}, None
            retold.order, retold.steps = self._recorded, self._recorded_steps
            retold.held |= set(range(1, self._recorded.version + 1))


def oddities(order: Order) -> dict[tuple[str, str | None], int]:
    """What is open, and the version that said so."""
    return {(oddity.kind, oddity.word): version for version, oddity in order.oddities.items()}


def _standing(order: Order) -> tuple[object, ...]:
    """Where an order stands, but for its details."""
    unseen = (order.not_found is None, order.forgotten is None)
    return (order.state, order.phase, order.not_before, order.not_after, oddities(order).keys(), unseen)


def _said(event: Event[Data]) -> tuple[object, ...]:
    return (event.data, event.not_before, event.not_after, event.state, event.phase)


def _identity(event: Event[Data]) -> tuple[object, ...]:
    """What makes two events of one look the same: of an oddity its word, not the example."""
    match event.data:
        case StateChanged() as data:
            return (data, event.not_before, event.not_after)
        case StatusUnrecognised(word=word):
            return (StatusUnrecognised, word)
        case SnapshotRejected(why=why):
            return (SnapshotRejected, why)
        case Contradicted() as data:
            return (data,)
    return (type(event.data),)


def _case(provider: Provider, order: Order, watch: Watch, kept: Kept) -> Case:
    assert kept.reading is not None
    return Case(
        provider=provider,
        order=order,
        watch=watch,
        look=kept.look,
        reading=kept.reading,
        recorded_at=kept.look.answered_at,
        evidence=kept.evidence,
        body_digest=kept.body_digest,
        patience=kept.basis.patience,
    )


def _continued(own: Watch, stored: Watch) -> Watch:
    """A watch after looks that were not kept, which `stored` has counted by the rules of then."""
    watch = replace(own, failures=0, failing_since=None, looks=stored.looks)
    if own.unseen and stored.unseen > own.unseen:
        watch = replace(watch, unseen=stored.unseen)
    return proven_by(watch, stored)


def proven_by(own: Watch, stored: Watch) -> Watch:
    """What `stored` has proven beyond that, if both sets of rules took the state for proven."""
    if not (own.good and stored.good) or stored.shown_from is None:
        return own
    if own.shown_from is not None and own.shown_from >= stored.shown_from:
        return own
    return replace(own, shown_from=stored.shown_from, clock=stored.clock, offset=stored.offset)
