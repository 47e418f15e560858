"""The judgement: what one look tells about an order, given where the order stands.

Pure: the same arguments give the same answer, and the same snapshot twice tells nothing the second time. The
lifecycle's graph alone decides what is legal; steps nobody saw are told only when they are certain.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from domain.events import (
    Agreed,
    ContactLost,
    ContactRestored,
    Contradicted,
    Data,
    DetailChange,
    DetailsChanged,
    Event,
    ExecutionSettled,
    OrderForgotten,
    OrderNotFound,
    OrderRecovered,
    SnapshotRejected,
    StateChanged,
    StatusUnrecognised,
    TrackingStopped,
)
from domain.execution import MOVED_ON, moved_on
from domain.fields import Detail
from domain.fields import Fields as Table
from domain.instants import SECOND, Instant, instant, text, text_or_none
from domain.order import Order
from domain.phases import FINAL, Phase
from domain.provider import Provider
from domain.readings import (
    Failed,
    Look,
    NotFound,
    Reading,
    Rejected,
    Shown,
    Unrecognised,
    WrongOrder,
)
from domain.watch import PATIENCE, Fields, Patience, Watch, coverage, gift, later, proof

CORE_RULES = 2
"""Raised when shared judging changes any story's outcome."""

_CHANGES_PER_EVENT = 2_000
_TEXT_PER_EVENT = 65_536


class Bounds(NamedTuple):
    """The truth lies in (`not_before`, `not_after`]."""

    not_before: Instant | None
    not_after: Instant


class Case(msgspec.Struct, frozen=True, gc=False):
    """One look at one order, with all that bears on its judgement.

    `evidence` is the body's SHA-256, `body_digest` the digest that tells equal bodies; `others_answer`: the
    provider has answered for another order since this one began to fail.
    """

    provider: Provider
    order: Order
    watch: Watch
    look: Look
    reading: Reading
    recorded_at: Instant
    evidence: str | None = None
    body_digest: bytes | None = None
    others_answer: bool = False
    patience: Patience = PATIENCE


class Draft(NamedTuple):
    data: Data
    bounds: Bounds
    state: str | None
    phase: Phase | None
    provider_time: Instant | None = None


class Judgement(msgspec.Struct, frozen=True):
    """`events` in order, `previous` not yet set; `keep`: look and evidence are to be kept."""

    events: list[Event[Data]]
    watch: Watch
    keep: bool


def rules(provider: Provider) -> str:
    return f"{CORE_RULES}.{provider.rules}"


def judge(case: Case) -> Judgement:
    reading = case.reading
    if isinstance(reading, Failed):
        return _failed(case, reading)
    drafts = list(_contact_restored(case)) if case.order.contact_lost is not None else []
    if case.watch.failures:
        case = replace(case, watch=replace(case.watch, failures=0, failing_since=None))
    if isinstance(reading, NotFound):
        return _not_found(case, reading, drafts)
    if isinstance(reading, Shown):
        return _shown(case, reading, drafts)
    return _odd(case, reading, drafts)


def judge_contact(case: Case) -> Judgement:
    """What one look at any order tells about reaching its provider; `case.order` folds the contact stream."""
    if isinstance(case.reading, Failed):
        return _failed(replace(case, others_answer=True), case.reading)
    events, fields = _written(case, list(_contact_restored(case)))
    return Judgement(events, replace(case.watch, **fields, failures=0, failing_since=None), keep=False)


def bounds(case: Case) -> Bounds:
    """The interval of what this look shows to be new."""
    watch, look = case.watch, case.look
    since = watch.shown_from if later(watch, look) else None
    if since is None:
        since = None if case.order.not_before is None else instant(case.order.not_before)
    return _between(case, since, look.answered_at)


def _between(case: Case, after: Instant | None, by: Instant) -> Bounds:
    """Widened by what the clock was moved since the last good look, or by what two clocks may differ."""
    if after is None:
        return Bounds(None, by)
    watch, clock = case.watch, case.look.clock
    moved = abs(clock.offset - watch.offset)
    widening = moved if clock.name == watch.clock else case.patience.clock_error
    not_after = by + widening
    return Bounds(min(after - widening, not_after), not_after)


def late(case: Case) -> bool:
    """Whether the look may show a moment before the look that gave the present state had ended, or before the
    last good look."""
    order, watch, look = case.order, case.watch, case.look
    if order.not_after is None:
        return False
    if not later(watch, look):
        return True
    if watch.given is not None and watch.given_clock == look.clock.name:
        return look.effective_start - look.clock.offset < watch.given
    error = 0 if look.clock.name == watch.given_clock else case.patience.clock_error
    return look.effective_start < instant(order.not_after) + error


def _shown(case: Case, reading: Shown, drafts: list[Draft]) -> Judgement:
    order, graph = case.order, case.provider.graph
    steps: tuple[str, ...] | None = ()
    if order.state is None:
        steps = (reading.state,)
    elif not _agrees(case, reading):
        steps = graph.certain(order.state, reading.state)
    if late(case) and (not steps or order.state in graph.reachable[reading.state]):
        return _late(case, reading, drafts)
    if steps is None:
        return _contradicted(case, reading, drafts)
    drafts += _accepted(case, reading, steps)
    good = bool(steps) or reading.state == order.state
    learned = _found(case.watch)
    if steps:
        learned |= gift(case.look) | proof(case.look)  # whatever proved more proved the state before
    elif good and later(case.watch, case.look):
        learned |= proof(case.look)
    return _told(case, drafts, reading.meaning, learned, good=good)


def _agrees(case: Case, reading: Shown) -> bool:
    current = case.order.state
    return reading.state == current or (
        reading.at_least and current in case.provider.graph.reachable[reading.state]
    )


def _accepted(case: Case, reading: Shown, steps: tuple[str, ...]) -> Iterator[Draft]:
    order, interval = case.order, bounds(case)
    resolved = [*order.oddities]
    if order.forgotten is not None and not steps:
        resolved.append(order.forgotten)
    phase = None if order.state is None else case.provider.phases[order.state]
    if resolved:
        yield Draft(Agreed(sorted(resolved)), interval, order.state, phase)
    if order.overdue is not None and steps:
        late = order.overdue
        yield Draft(OrderRecovered(late.state, late.bound, late.basis), interval, order.state, phase)
    source = order.state
    for step in steps:
        transition = case.provider.graph.event.get((source, step)) if source is not None else None
        data = StateChanged(transition, source, step, inferred=step != steps[-1])
        phase = case.provider.phases[step]
        yield Draft(data, interval, step, phase, reading.claims.get(step))
        source = step
    if order.execution is not None and order.uncertain and moved_on(order.execution, source, case.provider):
        yield Draft(ExecutionSettled(MOVED_ON, None), interval, source, phase)
    changed = detail_changes(case.provider.fields, order.details, reading.details)
    for changes in portions(changed):
        yield Draft(DetailsChanged(changes), interval, source, phase)


def detail_changes(
    fields: Table, before: Mapping[str, Detail], after: Mapping[str, Detail]
) -> dict[str, DetailChange]:
    changes: dict[str, DetailChange] = {}
    for path, value in after.items():
        if path not in before:
            changes[path] = DetailChange(after=value)
            continue
        old = before[path]
        if (old != value or type(old) is not type(value)) and not fields.same(path, old, value, after):
            changes[path] = DetailChange(before=old, after=value)
    if before and not before.keys() <= after.keys():
        for path in sorted(before.keys() - after.keys()):
            changes[path] = DetailChange(before=before[path])
    return changes


def portions(changes: dict[str, DetailChange]) -> Iterator[dict[str, DetailChange]]:
    """Changes in portions that fit an event each."""
    if len(changes) == 1:
        yield changes
        return
    portion: dict[str, DetailChange] = {}
    size = 0
    for path, change in changes.items():
        portion[path] = change
        size += len(path)
        if isinstance(change.before, str):
            size += len(change.before)
        if isinstance(change.after, str):
            size += len(change.after)
        if len(portion) == _CHANGES_PER_EVENT or size > _TEXT_PER_EVENT:
            yield portion
            portion, size = {}, 0
    if portion:
        yield portion


def _late(case: Case, reading: Shown, drafts: list[Draft]) -> Judgement:
    """It may show the past: it contradicts nothing, and proves the present only if it shows just that."""
    watch = case.watch
    events, fields = _written(case, drafts, "late")
    if watch.good and reading.meaning == watch.meaning and later(watch, case.look):
        fields |= proof(case.look)
    return Judgement(events, replace(watch, **fields), bool(events) or reading.meaning != watch.meaning)


def _contradicted(case: Case, reading: Shown, drafts: list[Draft]) -> Judgement:
    order = case.order
    backwards = order.state in case.provider.graph.reachable[reading.state]
    kind = "regressed" if backwards else "unreachable"
    drafts += _oddity(case, Contradicted(reading.state, kind), kind, reading.state)
    return _told(case, drafts, reading.meaning, _found(case.watch))


def _odd(case: Case, reading: Unrecognised | Rejected | WrongOrder, drafts: list[Draft]) -> Judgement:
    learned: Fields = {}
    if isinstance(reading, Unrecognised):
        learned = _found(case.watch)
        drafts += _oddity(case, StatusUnrecognised(reading.word), "unrecognised", reading.word)
    elif isinstance(reading, Rejected):
        drafts += _oddity(case, SnapshotRejected(reading.why, reading.example), "rejected", reading.why)
    else:
        drafts += _oddity(
            case, Contradicted(reading.reported, "wrong_order"), "wrong_order", reading.reported
        )
    meaning = reading.meaning or case.body_digest
    return _told(case, drafts, meaning, learned)


def _found(watch: Watch) -> Fields:
    """What to replace in a watch: the provider has the order, whatever else it says of it."""
    return {"unseen": 0, "unseen_since": None} if watch.unseen else {}


def _oddity(case: Case, data: Data, kind: str, word: str | None) -> Iterator[Draft]:
    known = {(oddity.kind, oddity.word) for oddity in case.order.oddities.values()}
    if (kind, word) not in known:
        yield Draft(data, bounds(case), case.order.state, case.order.phase)


def _not_found(case: Case, reading: NotFound, drafts: list[Draft]) -> Judgement:
    order, patience = case.order, case.patience
    since = case.watch.unseen_since or case.look.answered_at
    unseen = case.watch.unseen + 1
    waited = case.look.answered_at - since
    interval = _between(case, case.watch.shown_from, since)
    seen = order.state is not None
    if not seen and order.not_found is None:
        if unseen >= patience.unseen_looks and waited >= patience.unseen_for:
            drafts.append(Draft(OrderNotFound(unseen), interval, None, None))
    elif seen and order.forgotten is None:
        final = order.phase in FINAL
        patient = unseen >= patience.vanished_looks and waited >= patience.vanished_for
        if patient or (final and reading.gone):
            phase = order.phase if final else Phase.FORGOTTEN
            drafts.append(Draft(OrderForgotten(unseen), interval, order.state, phase))
            if phase is Phase.FULFILLED and reading.gone and order.stopped is None:
                drafts.append(Draft(TrackingStopped("order_ended", None), interval, order.state, phase))
    events, fields = _written(case, drafts, "not_found")
    fields |= {"unseen": unseen, "unseen_since": since, "digest": case.body_digest, "good": False}
    new = case.body_digest != case.watch.digest
    return Judgement(events, replace(case.watch, **fields), keep=bool(events) or new)


def _failed(case: Case, reading: Failed) -> Judgement:
    order, patience, look = case.order, case.patience, case.look
    since = case.watch.failing_since or look.answered_at
    failures = case.watch.failures + 1
    enough = failures >= patience.failures and look.answered_at - since >= patience.failing_for
    drafts: list[Draft] = []
    if enough and case.others_answer and order.contact_lost is None:
        interval = _between(case, case.watch.shown_from, since)
        drafts.append(Draft(ContactLost(reading.kind, failures), interval, order.state, order.phase))
    events, fields = _written(case, drafts, reading.kind)
    return Judgement(
        events, replace(case.watch, **fields, failures=failures, failing_since=since), keep=False
    )


def _contact_restored(case: Case) -> Iterator[Draft]:
    lost_at = case.order.contact_lost
    if lost_at is not None:
        lost_for = max(0, case.look.answered_at - instant(lost_at)) // SECOND
        interval = _between(case, case.watch.shown_from, case.look.answered_at)
        yield Draft(ContactRestored(lost_for), interval, case.order.state, case.order.phase)


def _told(
    case: Case, drafts: list[Draft], meaning: bytes | None, learned: Fields, *, good: bool = False
) -> Judgement:
    """A body fully judged: the same again will tell nothing. `learned`: what it proves, fields of a watch."""
    watch = case.watch
    events, fields = _written(case, drafts)
    fields["digest"], fields["meaning"], fields["good"] = case.body_digest, meaning, good
    fields |= learned
    return Judgement(events, replace(watch, **fields), bool(events) or meaning != watch.meaning)


def _written(case: Case, drafts: list[Draft], counted: str | None = None) -> tuple[list[Event[Data]], Fields]:
    """The events, and what one more look replaces in the watch; `counted` is the counter it adds to."""
    look = case.look
    kept = not isinstance(case.reading, Failed)
    fields = coverage(case.watch, look, case.patience.coverage_gap, counted, answered=kept)
    if not drafts:
        return [], fields
    looks, fields["looks"] = case.watch.looks + 1, 0
    evidence, shown_by = (case.evidence, look.id) if kept else (None, None)
    recorded_at, judged_by = text(case.recorded_at), rules(case.provider)
    events: list[Event[Data]] = []
    for data, (not_before, not_after), state, phase, provider_time in drafts:
        events.append(
            Event(
                None,
                state,
                phase,
                text_or_none(not_before),
                text(not_after),
                recorded_at,
                text_or_none(provider_time),
                shown_by,
                evidence,
                judged_by,
                looks,
                look.worker,
                data,
            )
        )
        looks = 0
    return events, fields
