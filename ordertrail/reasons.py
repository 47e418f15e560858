"""Why an event says what it says, in sentences for people: one function a kind of event."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import UnsetType

from domain.events import (
    Agreed,
    ContactLost,
    ContactRestored,
    Contradicted,
    Corrected,
    Data,
    DetailsChanged,
    Event,
    EvidenceErased,
    EvidenceShown,
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
from ordertrail.explaining import Explained, Path
from ordertrail.render import clean, short_time

DETAILS_SHOWN = 12
_REJECTED = {
    "malformed": "is no JSON that can be trusted",
    "no_state": "does not say where the order stands",
    "too_large": "is larger than is read",
    "wrong_type": "has a shape that the provider's answers do not have",
}
_BASIS = {
    "prior": "what is assumed as long as little is known of this provider",
    "learned": "how long other orders stayed in that state",
    "deadline": "the deadline that it was tracked with",
}


def reasons(explained: Explained) -> list[str]:
    """Why it was recorded; for what came with a correction, that first."""
    told = list(_REASONS[type(explained.event.data)](explained, explained.event.data))
    if explained.correction is not None and explained.correction != explained.version:
        return [
            f"It came with the correction of version {explained.correction}: the kept answer was judged "
            "anew by newer rules, and they tell this of it.",
            *told,
        ]
    return told


def title(event: Event[Data]) -> str:
    """The event in a few words."""
    data, name = event.data, type(event.data).__name__
    match data:
        case StateChanged(source=source, target=target, inferred=inferred):
            return f"{name} {source or '–'} → {target}{' (inferred)' if inferred else ''}"
        case StateAdopted(target=word) | StatusUnrecognised(word=word) | SnapshotRejected(why=word):
            return f"{name} {clean(word)}"
        case Contradicted(kind=kind, reported=reported):
            return f"{name} {kind}: {clean(str(reported))}"
    return name


def _state(explained: Explained, data: StateChanged) -> Iterable[str]:
    title_of, before, path = explained.provider.title, explained.before, explained.path
    if data.source is None:
        yield (
            f"It is the first state that any answer showed. Nothing is inferred from a first look: the order "
            f"may have been in {data.target} for long, and may have come there in any way."
        )
        return
    if path is None:
        yield f"The answer showed the order further on than {before.state}, where it was before."
        return
    if data.inferred:
        yield (
            f"Nobody saw the order in {data.target}. It was in {path.source} before, and "
            f"the answer showed {path.target}."
        )
        yield (
            f"Every way of {title_of}'s lifecycle from {path.source} to {path.target} leads "
            f"through {data.target}, so it must have been there in between. {_ways(path)}"
        )
    elif data.transition is not None and len(path.certain) == 1:
        yield (
            f"The answer showed {data.target}. The order was in {path.source} before, and "
            f"{title_of}'s lifecycle has a step from there to {data.target}, called {data.transition}."
        )
    else:
        yield (
            f"The answer showed {data.target}. The order was in {path.source} before, and "
            f"{title_of}'s lifecycle leads from there to {data.target}. {_ways(path)}"
        )
    if path.optional:
        yield (
            f"Whether it was in {_or(path.optional)} as well nobody can know: there is "
            "a way without. So that is not recorded."
        )


def _ways(path: Path) -> str:
    shown = "; ".join(" → ".join(way) for way in path.ways)
    if len(path.ways) + path.more == 1:
        return f"The only way is {shown}."
    more = f", and {path.more} more" if path.more else ""
    return f"The ways are: {shown}{more}."


def _details(explained: Explained, data: DetailsChanged) -> Iterable[str]:
    yield "The answer says of these fields something else than the one before it:"
    for path, change in list(data.changes.items())[:DETAILS_SHOWN]:
        yield f"  {clean(path)}: {_value(change.before)} → {_value(change.after)}"
    if len(data.changes) > DETAILS_SHOWN:
        yield f"  and {len(data.changes) - DETAILS_SHOWN} more."


def _value(value: object) -> str:
    if isinstance(value, UnsetType):
        return "absent"
    if isinstance(value, dict):
        return "(secret)"
    return clean(str(value))[:200] if value is not None else "null"


def _unrecognised(explained: Explained, data: StatusUnrecognised) -> Iterable[str]:
    known = ", ".join(explained.provider.graph.states)
    yield (
        f"The answer calls the order's state {clean(data.word)!r}. The rules of then knew "
        f"no such state, so nothing was made of it: the order stays where it was, in {_where(explained)}."
    )
    if data.word in explained.provider.phases:
        yield "Today's rules know it: `ordertrail readjudicate` shows what they make of it."
    else:
        yield f"Known are {known}."


def _rejected(explained: Explained, data: SnapshotRejected) -> Iterable[str]:
    yield (
        f"The body {_REJECTED.get(data.why, data.why)} ({clean(data.example)}), so nothing "
        f"was made of it: the order stays where it was, in {_where(explained)}."
    )


def _contradicted(explained: Explained, data: Contradicted) -> Iterable[str]:
    graph, name, state = explained.provider.graph, explained.provider.title, _where(explained)
    since = (
        "" if explained.correction else f", {_since(explained.before.not_before, explained.before.not_after)}"
    )
    if data.kind == "wrong_order":
        yield "The body names another order than the one that was asked about, so nothing of it was believed."
        return
    yield (
        f"The answer showed {data.reported}. The order was in {state}{since}, and no way "
        f"of {name}'s lifecycle leads from there to {data.reported}."
    )
    onward = sorted(graph.reachable.get(state, ()))
    if data.kind == "regressed":
        yield f"The other way round there is one: {data.reported} lies behind {state}."
    onward_of = (
        f"From {state} an order can only come to {_or(onward)}." if onward else f"Nothing follows {state}."
    )
    yield onward_of
    yield (
        "The look began after the present state was known, so it is no answer from the "
        "past. It was not believed, and needs a person until the provider says what fits."
    )
    settled = _settled(explained)
    yield settled or (
        f"If the provider is right: ordertrail adopt {explained.key} --state {data.reported} "
        "--reason … --by …"
    )


def _settled(explained: Explained) -> str | None:
    """Which later event closed what this one opened."""
    for version, event in explained.events.items():
        data = event.data
        if isinstance(data, Agreed) and explained.version in data.resolves:
            return f"It is settled: version {version} agrees again."
        if isinstance(data, Corrected) and explained.version in data.replaces:
            return f"It holds no more: version {version} corrects it."
        if isinstance(data, StateAdopted) and version > explained.version:
            return f"It is settled: in version {version} a person adopted {data.target}."
    return None


def _agreed(explained: Explained, data: Agreed) -> Iterable[str]:
    resolved = ", ".join(
        f"version {version} ({title(explained.events[version])})"
        for version in data.resolves
        if version in explained.events
    )
    yield f"The answer fits the lifecycle again. That settles {resolved}."


def _contact_lost(explained: Explained, data: ContactLost) -> Iterable[str]:
    yield (
        f"{data.failures} looks in a row failed, the last one as {clean(data.why)}, while "
        f"other orders of {explained.provider.title} were answered. That says nothing about "
        "the order."
    )


def _contact_restored(explained: Explained, data: ContactRestored) -> Iterable[str]:
    yield (
        f"The provider answered about this order again, {data.lost_for} seconds after the "
        "first look that failed."
    )


def _not_found(explained: Explained, data: OrderNotFound) -> Iterable[str]:
    yield (
        f"In {data.looks} looks the provider said that it has no such order, and it had "
        "never shown it before."
    )


def _forgotten(explained: Explained, data: OrderForgotten) -> Iterable[str]:
    times = "once, in words that mean a purge" if data.looks == 1 else f"in {data.looks} looks"
    yield (
        f"The provider, which had shown the order as {explained.before.state}, said {times} "
        "that it has no such order."
    )
    if explained.event.phase != "forgotten":
        yield f"The order had come to its end ({explained.event.phase}), and stays so."


def _tracked(explained: Explained, data: OrderTracked) -> Iterable[str]:
    yield (
        f"Somebody asked us to watch the order at {clean(data.environment)}. No answer "
        "of the provider's has to do with it."
    )


def _tracking_changed(explained: Explained, data: TrackingChanged) -> Iterable[str]:
    changed = ", ".join(f"{name}: {change.before} → {change.after}" for name, change in data.changes.items())
    yield f"Somebody asked us to watch the order otherwise ({clean(changed)})."


def _stopped(explained: Explained, data: TrackingStopped) -> Iterable[str]:
    why = {
        "watch_ended": "It has been at its end for so long that nothing more is expected.",
        "order_ended": "The provider has purged the order after its end, so there is nothing left to ask.",
    }
    yield why.get(data.reason, f"{_actor(data.by)} asked us to stop watching: {clean(data.reason)}")


def _overdue(explained: Explained, data: OrderOverdue) -> Iterable[str]:
    yield (
        f"The order had been in {data.state} for more than {data.bound} seconds. That bound "
        f"comes from {_BASIS.get(data.basis, data.basis)}. No answer tells this: it follows "
        "from how long the state has lasted."
    )


def _recovered(explained: Explained, data: OrderRecovered) -> Iterable[str]:
    yield f"The order was overdue in {data.state}, and has left it."


def _requested(explained: Explained, data: ExecutionRequested) -> Iterable[str]:
    yield (
        "Before anything was sent it was written down that the provider would be told "
        f"of the funding transaction {data.funding_transaction}."
    )


def _accepted(explained: Explained, data: ExecutionAccepted) -> Iterable[str]:
    echoed = f", and repeated the transaction {clean(data.echoed)}" if data.echoed else ""
    yield f"The provider took the request to execute the order{echoed}."


def _refused(explained: Explained, data: ExecutionRefused) -> Iterable[str]:
    yield f"The provider refused to execute the order, with HTTP code {data.http_status}: {clean(data.why)}."


def _uncertain(explained: Explained, data: ExecutionUncertain) -> Iterable[str]:
    yield (
        f"Whether the request to execute the order arrived nobody knows ({clean(data.why)}). "
        "It is not repeated blindly."
    )


def _execution_settled(explained: Explained, data: ExecutionSettled) -> Iterable[str]:
    how = {"moved_on": "the order moved on by itself", "by_person": "a person decided"}
    yield f"What became of the uncertain request is settled: {how.get(data.how, data.how)}."


def _adopted(explained: Explained, data: StateAdopted) -> Iterable[str]:
    reported = [
        str(version)
        for version, oddity in sorted(explained.before.oddities.items())
        if oddity.word == data.target
    ]
    yield f"{_actor(data.by)} decided that the order is in {data.target}, because: {clean(data.reason)}"
    yield (
        f"The provider had reported it against the lifecycle, in version {', '.join(reported)}; "
        f"the order was in {explained.before.state} until then. The next look has to prove "
        "it."
    )


def _corrected(explained: Explained, data: Corrected) -> Iterable[str]:
    yield (
        f"The kept answers were judged anew, from the first, by the rules {data.to_rules}; "
        f"what is recorded came from {data.from_rules}."
    )
    for version in data.replaces:
        if version in explained.events:
            yield f"  version {version} no longer holds: {title(explained.events[version])}"
    if data.steps:
        yield "The order went through these states:"
    for step in data.steps:
        inferred = " (inferred)" if step.inferred else ""
        yield f"  {step.target}{inferred}, {_since(step.not_before, step.not_after)}"
    followed = [version for version in explained.group if version != explained.version]
    if followed:
        told = ", ".join(f"{version} ({title(explained.events[version])})" for version in followed)
        yield f"With it came version {told}."


def _shown(explained: Explained, data: EvidenceShown) -> Iterable[str]:
    yield f"{_actor(data.by)} looked at the raw body {data.evidence}, with its secrets."


def _erased(explained: Explained, data: EvidenceErased) -> Iterable[str]:
    yield (
        f"{_actor(data.by)} had the order's {data.count} kept answers destroyed, because: "
        f"{clean(data.reason)}"
    )


def _where(explained: Explained) -> str:
    """The state that it was judged against; of what came with a correction, the corrected one."""
    state = explained.before.state if explained.correction is None else explained.event.state
    return state or "no known state"


def _actor(by: str | None) -> str:
    return clean(by) if by else "Somebody"


def _or(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _since(not_before: str | None, not_after: str | None) -> str:
    if not_before is None:
        return f"by {short_time(not_after)}"
    return f"since some moment after {short_time(not_before)} and by {short_time(not_after)}"


_REASONS: dict[type[Data], Callable[[Explained, Any], Iterable[str]]] = {
    StateChanged: _state,
    DetailsChanged: _details,
    StatusUnrecognised: _unrecognised,
    SnapshotRejected: _rejected,
    Contradicted: _contradicted,
    Agreed: _agreed,
    ContactLost: _contact_lost,
    ContactRestored: _contact_restored,
    OrderNotFound: _not_found,
    OrderForgotten: _forgotten,
    OrderTracked: _tracked,
    TrackingChanged: _tracking_changed,
    TrackingStopped: _stopped,
    OrderOverdue: _overdue,
    OrderRecovered: _recovered,
    ExecutionRequested: _requested,
    ExecutionAccepted: _accepted,
    ExecutionRefused: _refused,
    ExecutionUncertain: _uncertain,
    ExecutionSettled: _execution_settled,
    StateAdopted: _adopted,
    Corrected: _corrected,
    EvidenceShown: _shown,
    EvidenceErased: _erased,
}
