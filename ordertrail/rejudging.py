"""Judging again what was judged once: from the kept look, its evidence, and the events before it.

A judgement is pure, so by the same rules it must come to the same bytes. What can't be judged again is told
with its reason, never passed over.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple

from adapters.vault import Vault, VaultError
from domain.basis import Basis, answer_of, basis_of, look_of
from domain.encoding import UnknownEvent, chain, decode, row_digest
from domain.events import Corrected, Data, Event, EvidenceErased, OrderRecovered
from domain.judge import Case, judge, rules
from domain.log import EvidenceRow, LookRow, Row
from domain.order import Order, evolve
from domain.provider import Provider
from domain.readings import Look, Read, Reading
from ordertrail.observation import body_digest


class Verdict(StrEnum):
    SAME = "same"  # judged again, to the same bytes
    DIFFERS = "differs"  # judged again, and it comes to something else
    OTHER_RULES = "other_rules"  # judged by rules that are no longer in force
    ERASED = "erased"  # its evidence was erased on purpose, and that is on record
    LOST = "lost"  # its look or evidence is not there, or does not open
    NO_LOOK = "no_look"  # no answer of the provider's told it
    UNREADABLE = "unreadable"  # an event that this version can't read, or one after it


class Rejudged(NamedTuple):
    """`version` is None for a look that told nothing. `why` is empty for what is the same."""

    version: int | None
    look: str | None
    verdict: Verdict
    why: str = ""


class Missing(Exception):
    """What a judgement needs is not there; `verdict` says in which way."""

    def __init__(self, verdict: Verdict, why: str) -> None:
        super().__init__(why)
        self.verdict = verdict


@dataclass(frozen=True, slots=True)
class Looked:
    """A kept look, opened and read by today's rules."""

    row: LookRow
    basis: Basis
    look: Look
    body: bytes
    reading: Reading

    def case(self, provider: Provider, order: Order) -> Case:
        """The look at the order as it stood then; events that it tells are recorded as of then."""
        return Case(
            provider=provider,
            order=order,
            watch=self.basis.watch,
            look=self.look,
            reading=self.reading,
            recorded_at=self.basis.recorded_at or self.row.answered_at,
            evidence=self.row.evidence,
            body_digest=body_digest(self.body),
            patience=self.basis.patience,
        )


Open = Callable[[LookRow], bytes]
"""The body of a look's evidence; raises Missing."""


def opener(vault: Vault, evidence: Mapping[str, EvidenceRow], erased: bool) -> Open:
    """`evidence` by digest, of one stream; `erased`: the stream says that its evidence was."""

    def opened(row: LookRow) -> bytes:
        if row.evidence is None:
            raise Missing(Verdict.LOST, f"look {row.look} names no evidence")
        kept = evidence.get(row.evidence)
        try:
            if kept is None:
                raise VaultError(f"evidence {row.evidence} is not kept")
            body = vault.open(kept)
        except VaultError as error:
            if erased:
                raise Missing(Verdict.ERASED, "its evidence was erased") from None
            raise Missing(Verdict.LOST, str(error)) from None
        if sha256(body).hexdigest() != row.evidence:
            raise Missing(Verdict.LOST, f"evidence {row.evidence} holds another body")
        return body

    return opened


def looked(row: LookRow, order_id: str, read: Read, opened: Open) -> Looked:
    """Raises Missing."""
    try:
        basis = basis_of(row)
    except ValueError as error:
        raise Missing(Verdict.LOST, str(error)) from None
    body = opened(row)
    return Looked(row, basis, look_of(row, basis), body, read(order_id, answer_of(row, body)))


def erased(rows: Sequence[Row]) -> bool:
    """Whether a stream says that its evidence was erased."""
    return any(row.topic == EvidenceErased.TOPIC for row in rows)


def rejudged(
    rows: Sequence[Row], looks: Sequence[LookRow], *, provider: Provider, read: Read, opened: Open
) -> list[Rejudged]:
    """One whole stream's events in order of version, then its looks that told nothing.

    `rows` is the stream from its first event, `looks` all that are kept of it.
    """
    return list(_Stream(rows, looks, provider, read, opened).verdicts())


class _Stream:
    def __init__(
        self, rows: Sequence[Row], looks: Sequence[LookRow], provider: Provider, read: Read, opened: Open
    ) -> None:
        self._rows = rows
        self._looks = {look.look: look for look in looks}
        self._provider = provider
        self._read = read
        self._opened = opened
        self._rules = rules(provider)

    def verdicts(self) -> Iterator[Rejudged]:
        events, unreadable = _decoded(self._rows)
        silent = self._silent(events)
        order, at, told_nothing = Order(), 0, list[Rejudged]()
        while at < len(events):
            told_nothing += self._nothing(order, silent.pop(order.version, ()))
            group = events[at : at + _length(events, at, self._looks)]
            yield from self._told(order, self._rows[at : at + len(group)], group)
            try:
                for row, event in zip(self._rows[at:], group, strict=False):
                    order = evolve(order, event, row.version, row_digest(row))
            except ValueError as error:
                at, unreadable = at + len(group), f"version {row.version} can't be folded: {error}"
                break
            at += len(group)
        for row in self._rows[at:]:
            yield Rejudged(row.version, None, Verdict.UNREADABLE, unreadable)
        told_nothing += self._nothing(order, silent.pop(order.version, ()))
        yield from told_nothing
        for look in (one for left in silent.values() for one in left):
            why = unreadable or "the order never had the version at which it was judged"
            yield Rejudged(None, look.look, Verdict.UNREADABLE if unreadable else Verdict.DIFFERS, why)

    def _silent(self, events: Sequence[Event[Data]]) -> dict[int, list[LookRow]]:
        """The looks that told nothing, by the version they were judged at; -1 for one that does not say."""
        named = {event.look for event in events}
        silent: defaultdict[int, list[LookRow]] = defaultdict(list)
        for name, row in self._looks.items():
            if name not in named:
                try:
                    silent[basis_of(row).version].append(row)
                except ValueError:
                    silent[-1].append(row)
        return silent

    def _told(self, order: Order, rows: Sequence[Row], group: Sequence[Event[Data]]) -> Iterator[Rejudged]:
        """Verdicts on events that came together."""
        look = group[0].look
        verdict, why = Verdict.NO_LOOK, ""
        if look is not None:
            verdict, why = self._judged(order, rows, group, self._looks.get(look))
        for row in rows:
            yield Rejudged(row.version, look, verdict, why)

    def _judged(
        self, order: Order, rows: Sequence[Row], group: Sequence[Event[Data]], kept: LookRow | None
    ) -> tuple[Verdict, str]:
        if kept is None:
            return Verdict.LOST, f"look {group[0].look} is not kept"
        if group[0].rules != self._rules:
            return Verdict.OTHER_RULES, f"judged by rules {group[0].rules}, today's are {self._rules}"
        try:
            one = looked(kept, rows[0].order.partition("/")[2], self._read, self._opened)
        except Missing as missing:
            return missing.verdict, str(missing)
        if one.basis.version != order.version:
            return Verdict.DIFFERS, (
                f"its look was judged after version {one.basis.version}, not after {order.version}"
            )
        try:
            again = judge(one.case(self._provider, order)).events
            links = chain(rows[0].stream, order.version, order.digest, again)
        except Exception as error:  # noqa: BLE001 altered events can break the judgement anywhere
            return Verdict.DIFFERS, f"can't be judged after what is recorded before it: {error!r}"
        if [link.row.state for link in links] == [row.state for row in rows]:
            return Verdict.SAME, ""
        return Verdict.DIFFERS, difference([link.event for link in links], group)

    def _nothing(self, order: Order, silent: Sequence[LookRow]) -> Iterator[Rejudged]:
        for row in silent:
            try:
                if row.rules != self._rules:
                    raise Missing(Verdict.OTHER_RULES, f"judged by rules {row.rules}")
                one = looked(row, row.order.partition("/")[2], self._read, self._opened)
            except Missing as missing:
                yield Rejudged(None, row.look, missing.verdict, str(missing))
                continue
            try:
                again = judge(one.case(self._provider, order)).events
            except Exception as error:  # noqa: BLE001 altered events can break the judgement anywhere
                yield Rejudged(None, row.look, Verdict.DIFFERS, f"can't be judged: {error!r}")
                continue
            verdict = Verdict.DIFFERS if again else Verdict.SAME
            yield Rejudged(None, row.look, verdict, difference(again, ()) if again else "")


def difference(again: Sequence[Event[Data]], stored: Sequence[Event[Data]]) -> str:
    """In which way a second judgement differs from the first, in words; never a value of the provider's."""
    kinds = [[type(event.data).__name__ for event in events] for events in (again, stored)]
    if kinds[0] != kinds[1]:
        now, then = (", ".join(names) or "nothing" for names in kinds)
        return f"judged again it tells {now}; recorded is {then}"
    fields = {
        name
        for one, other in zip(again, stored, strict=True)
        for name in one.__struct_fields__
        if getattr(one, name) != getattr(other, name)
    }
    return f"judged again it differs in {', '.join(sorted(fields)) or 'how it is written'}"


def _decoded(rows: Sequence[Row]) -> tuple[list[Event[Data]], str]:
    """Events up to the first that can't be read, and why it can't."""
    events: list[Event[Data]] = []
    for row in rows:
        try:
            events.append(decode(row.topic, row.state))
        except UnknownEvent as error:
            return events, f"version {row.version} can't be read: {error}"
    return events, ""


def _length(events: Sequence[Event[Data]], at: int, looks: Mapping[str, LookRow]) -> int:
    """How many events from there on came together: of one look, or a correction and what follows from it."""
    first, last = events[at], at + 1
    if isinstance(first.data, Corrected):
        while last < len(events) and _follows(first, at + 1, events[last], looks):
            last += 1
    elif first.look is not None:
        while last < len(events) and (events[last].look, events[last].rules) == (first.look, first.rules):
            last += 1
    return last - at


def _follows(corrected: Event[Data], version: int, event: Event[Data], looks: Mapping[str, LookRow]) -> bool:
    """Whether an event was written down with the correction of that version, not told by a later look."""
    if (event.recorded_at, event.rules) != (corrected.recorded_at, corrected.rules):
        return False
    if event.look is None:
        return isinstance(event.data, OrderRecovered)
    kept = looks.get(event.look)
    try:
        return kept is not None and basis_of(kept).version < version
    except ValueError:
        return False
