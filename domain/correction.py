"""What has to be appended to a stream so that it says what today's rules say.

A `Corrected` strikes what holds no more and, where the states differ, tells all of them; whatever else
differs follows it as the events that would have said so, with the look that shows it. Corrected twice is
corrected once: the second time nothing differs.
"""

from collections.abc import Iterator, Sequence

from domain.events import (
    Agreed,
    Contradicted,
    Corrected,
    Data,
    DetailsChanged,
    Event,
    OrderForgotten,
    OrderNotFound,
    OrderRecovered,
    SnapshotRejected,
    StateChanged,
    StatusUnrecognised,
)
from domain.instants import Instant, text
from domain.judge import detail_changes, portions, rules
from domain.order import Order
from domain.provider import Provider
from domain.retelling import Retold, oddities
from domain.story import Numbered, steps, struck

REPLACEABLE = (
    StateChanged,
    StatusUnrecognised,
    SnapshotRejected,
    Contradicted,
    OrderNotFound,
    OrderForgotten,
)
"""What a correction can strike; details are changed again instead."""


def correction(
    provider: Provider,
    order: Order,
    events: Sequence[Numbered],
    retold: Retold,
    *,
    at: Instant,
    worker: str,
) -> list[Event[Data]]:
    """`order` is the fold of `events`. Nothing if nothing differs or the whole can't be told anew."""
    if retold.blocked or not retold.diverged:
        return []
    return list(_Correction(provider, order, events, retold, at, worker).events())


class _Correction:
    def __init__(
        self,
        provider: Provider,
        order: Order,
        events: Sequence[Numbered],
        retold: Retold,
        at: Instant,
        worker: str,
    ) -> None:
        self._provider = provider
        self._order = order
        self._events = events
        self._retold = retold
        self._rules = rules(provider)
        self._at = text(at)
        self._worker = worker

    def events(self) -> Iterator[Event[Data]]:
        replaced = self._replaced()
        differ = steps(self._events) != self._retold.steps
        following = [*self._following(set(replaced))]
        told_order = self._retold.order
        stands = (self._order.state, self._order.phase) == (told_order.state, told_order.phase)
        if replaced or differ or following or not stands:
            told = self._retold.steps if differ else []
            yield self._event(Corrected(replaced, told, self._retold.from_rules or self._rules, self._rules))
            yield from following

    def _replaced(self) -> list[int]:
        """Recorded versions that today's rules do not tell."""
        gone = struck(self._events) | self._retold.held
        found = {
            version
            for version, event in self._events
            if isinstance(event.data, REPLACEABLE) and event.look is not None and version not in gone
        }
        for recorded, told in (
            (self._order.not_found, self._retold.order.not_found),
            (self._order.forgotten, self._retold.order.forgotten),
        ):
            if recorded is not None and told is None:
                found.add(recorded)
        return sorted(found)

    def _following(self, replaced: set[int]) -> Iterator[Event[Data]]:
        recorded, told = self._order, self._retold.order
        still_open = {one: at for one, at in oddities(recorded).items() if at not in replaced}
        settled = sorted(at for one, at in still_open.items() if one not in oddities(told))
        if settled:
            yield self._event(Agreed(settled), self._retold.agreed)
        if recorded.overdue is not None and recorded.overdue.state != told.state:
            late = recorded.overdue
            yield self._event(OrderRecovered(late.state, late.bound, late.basis))
        changes = detail_changes(self._provider.fields, recorded.details, told.details)
        for portion in portions(changes):
            yield self._event(DetailsChanged(portion), self._retold.detailed)
        for one, at in sorted(oddities(told).items(), key=lambda item: item[1]):
            if one not in still_open:
                yield self._repeated(at)
        for was, at_last in ((recorded.not_found, told.not_found), (recorded.forgotten, told.forgotten)):
            if at_last is not None and (was is None or was in replaced):
                yield self._repeated(at_last)

    def _repeated(self, version: int) -> Event[Data]:
        """An event that was told anew, or that is recorded and holds again."""
        source = self._retold.told.get(version) or self._events[version - 1].event
        return self._event(source.data, source)

    def _event(self, data: Data, source: Event[Data] | None = None) -> Event[Data]:
        """`source` gives the interval, the look and the evidence; without one it is of now, by no look."""
        told = self._retold.order
        return Event(
            previous=None,
            state=told.state,
            phase=told.phase,
            not_before=self._at if source is None else source.not_before,
            not_after=self._at if source is None else source.not_after,
            recorded_at=self._at,
            provider_time=None,
            look=None if source is None else source.look,
            evidence=None if source is None else source.evidence,
            rules=self._rules,
            looks=0,
            worker=self._worker,
            data=data,
        )
