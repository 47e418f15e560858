"""Judging again what was judged once: from the kept look, its evidence, and the events before it.

A judgement is pure, so by the same rules it must come to the same bytes; so must a correction, and a person's
decision. What can't be judged again is told with its reason, never passed over.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from domain.adoption import NotReported, UnknownState, adopt
from domain.basis import basis_of
from domain.correction import correction
from domain.encoding import UnknownEvent, chain, decode, row_digest
from domain.events import Corrected, Data, Event, OrderRecovered, StateAdopted
from domain.identity import OrderKey
from domain.instants import instant
from domain.judge import judge, rules
from domain.order import Order, evolve
from domain.provider import Provider
from domain.readings import Read
from domain.retelling import JUDGED
from domain.rows import LookRow, Row
from ordertrail.looked import Missing, Open, Verdict, erased, looked, opener
from ordertrail.retold import told_anew

__all__ = ["Rejudged", "Verdict", "difference", "erased", "opener", "rejudged", "together"]


class Rejudged(NamedTuple):
    """`version` is None for a look that told nothing. `why` is empty for what is the same."""

    version: int | None
    look: str | None
    verdict: Verdict
    why: str = ""


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
            group = events[at : at + together(events, at, self._looks)]
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
        first = group[0]
        if first.look is not None:
            verdict, why = self._judged(order, rows, group, self._looks.get(first.look))
        elif isinstance(first.data, Corrected):
            verdict, why = self._corrected(order, rows, group, first)
        elif isinstance(first.data, StateAdopted):
            verdict, why = self._adopted(order, rows, group, first, first.data)
        else:
            verdict, why = Verdict.NO_LOOK, ""
        for row, event in zip(rows, group, strict=True):
            yield Rejudged(row.version, event.look, verdict, why)

    def _corrected(
        self, order: Order, rows: Sequence[Row], group: Sequence[Event[Data]], first: Event[Data]
    ) -> tuple[Verdict, str]:
        """All kept answers of before are told anew, as they were then."""
        if first.rules != self._rules:
            return Verdict.OTHER_RULES, f"corrected to rules {first.rules}, today's are {self._rules}"
        before = [row for row in self._rows if row.version < rows[0].version]
        looks = [look for look in self._looks.values() if _judged_before(look, rows[0].version)]
        try:
            told = told_anew(self._provider, self._read, before, looks, self._opened)
            at = instant(first.recorded_at)
            again = correction(
                self._provider, told.order, told.events, told.retold, at=at, worker=first.worker
            )
        except Exception as error:  # noqa: BLE001 altered events can break the judgement anywhere
            return Verdict.DIFFERS, f"can't be judged after what is recorded before it: {error!r}"
        if told.retold.blocked:
            return Verdict.ERASED if erased(self._rows) else Verdict.LOST, told.retold.blocked
        return self._compared(order, rows, group, again)

    def _adopted(
        self,
        order: Order,
        rows: Sequence[Row],
        group: Sequence[Event[Data]],
        first: Event[Data],
        data: StateAdopted,
    ) -> tuple[Verdict, str]:
        """The contradiction that it decides must have been open."""
        if first.rules != self._rules:
            return Verdict.OTHER_RULES, f"decided by rules {first.rules}, today's are {self._rules}"
        at, provider = instant(first.recorded_at), self._provider
        try:
            again = adopt(provider, order, data.target, data.reason, by=data.by, at=at, worker=first.worker)
        except (UnknownState, NotReported) as error:
            return Verdict.DIFFERS, str(error)
        return self._compared(order, rows, group, again)

    def _judged(
        self, order: Order, rows: Sequence[Row], group: Sequence[Event[Data]], kept: LookRow | None
    ) -> tuple[Verdict, str]:
        if kept is None:
            return Verdict.LOST, f"look {group[0].look} is not kept"
        if group[0].rules != self._rules:
            return Verdict.OTHER_RULES, f"judged by rules {group[0].rules}, today's are {self._rules}"
        try:
            one = looked(kept, OrderKey.of(rows[0].order).order_id, self._read, self._opened)
        except Missing as missing:
            return missing.verdict, str(missing)
        if one.basis.version != order.version:
            return Verdict.DIFFERS, (
                f"its look was judged after version {one.basis.version}, not after {order.version}"
            )
        try:
            again = judge(one.case(self._provider, order)).events
            return self._compared(order, rows, group, again)
        except Exception as error:  # noqa: BLE001 altered events can break the judgement anywhere
            return Verdict.DIFFERS, f"can't be judged after what is recorded before it: {error!r}"

    def _compared(
        self,
        order: Order,
        rows: Sequence[Row],
        group: Sequence[Event[Data]],
        again: Sequence[Event[Data]],
    ) -> tuple[Verdict, str]:
        """Byte for byte."""
        links = chain(rows[0].stream, order.version, order.digest, again)
        if [link.row.state for link in links] == [row.state for row in rows]:
            return Verdict.SAME, ""
        return Verdict.DIFFERS, difference([link.event for link in links], group)

    def _nothing(self, order: Order, silent: Sequence[LookRow]) -> Iterator[Rejudged]:
        for row in silent:
            try:
                if row.rules != self._rules:
                    raise Missing(Verdict.OTHER_RULES, f"judged by rules {row.rules}")
                one = looked(row, OrderKey.of(row.order).order_id, self._read, self._opened)
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


def _judged_before(look: LookRow, version: int) -> bool:
    try:
        return basis_of(look).version < version
    except ValueError:
        return False


def together(events: Sequence[Event[Data]], at: int, looks: Mapping[str, LookRow]) -> int:
    """How many events from there on came together: of one look, or a correction or decision and what follows
    from it. `events` is the stream from its first."""
    first, last = events[at], at + 1
    if isinstance(first.data, Corrected | StateAdopted):
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
        return isinstance(event.data, (OrderRecovered, *JUDGED))
    kept = looks.get(event.look)
    return kept is not None and _judged_before(kept, version)
