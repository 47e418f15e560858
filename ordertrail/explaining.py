"""Why an event is in the log: its look, its evidence, what was read from it, where the order stood before,
and the judgement, made again on the spot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from adapters.mask import mask
from adapters.vault import Vault
from domain.encoding import UnknownEvent, decode
from domain.events import Corrected, Data, Event, StateChanged
from domain.identity import OrderKey
from domain.judge import judge, rules
from domain.log import Log
from domain.order import Order, evolve
from domain.provider import Provider
from domain.readings import Read
from domain.rows import LookRow, Row
from ordertrail.looked import Looked, Missing, Open, Verdict, erased, evidence_of, looked, opener
from ordertrail.rejudging import rejudged, together
from ordertrail.stream import stream_of

WAYS_SHOWN = 5


class UnknownVersion(LookupError):
    """The order has no such event; the message says which there are."""


class Path(NamedTuple):
    """How the lifecycle leads from the state before a look to the one that it showed. `certain` states are on
    every one of the `ways`, of which `more` are left out; `optional` ones are on some."""

    source: str
    target: str
    ways: Sequence[Sequence[str]]
    more: int
    certain: Sequence[str]
    optional: Sequence[str]


@dataclass(frozen=True)
class Explained:
    """All that is known of one event.

    `group` are the events that came together with it, by version, `events` the whole stream, `before` is the
    order before the first of the group. `correction` is the version of the correction that it belongs to.
    `body` is masked. `today` is what today's rules make of the look, if other rules judged it.
    """

    key: OrderKey
    provider: Provider
    version: int
    event: Event[Data]
    group: Mapping[int, Event[Data]]
    events: Mapping[int, Event[Data]]
    before: Order
    rules_today: str
    verdict: Verdict
    why: str
    look: LookRow | None = None
    looked: Looked | None = None
    body: bytes | None = None
    path: Path | None = None
    correction: int | None = None
    today: Sequence[Event[Data]] | None = None

    @property
    def agrees(self) -> bool:
        """False where judging again came to something else, or what it needs is gone and nobody erased it."""
        return self.verdict not in (Verdict.DIFFERS, Verdict.LOST)


@dataclass(frozen=True)
class Explanations:
    """`providers` and `readers` are today's rules."""

    log: Log
    vault: Vault
    providers: Mapping[str, Provider]
    readers: Mapping[str, Read]

    def explain(self, key: OrderKey, version: int) -> Explained:
        """Raises UnknownOrder, UnknownVersion; UnknownEvent where an event before it can't be read."""
        rows = self.log.stream(stream_of(self.log, key))
        if not 1 <= version <= len(rows):
            raise UnknownVersion(f"{key} has no version {version}: there are 1 to {len(rows)}")
        looks = self.log.looks(rows[0].stream)
        opened = opener(self.vault, evidence_of(self.log, looks), erased(rows))
        explaining = _Explaining(key, self.providers[key.provider], self.readers[key.provider], opened)
        return explaining.event(version, rows, looks)


@dataclass(frozen=True)
class _Explaining:
    key: OrderKey
    provider: Provider
    read: Read
    opened: Open

    def event(self, version: int, rows: Sequence[Row], looks: Sequence[LookRow]) -> Explained:
        events = _readable(rows, version)
        rows = rows[: len(events)]
        by_name = {look.look: look for look in looks}
        start, end = _group(events, by_name, version)
        before = Order()
        for number, event in enumerate(events[:start], 1):
            before = evolve(before, event, number, None)
        found = rejudged(rows, looks, provider=self.provider, read=self.read, opened=self.opened)
        verdict, why = next((one.verdict, one.why) for one in found if one.version == version)
        look = by_name.get(events[version - 1].look or "")
        seen = self._looked(look)
        corrected = isinstance(events[start].data, Corrected)
        return Explained(
            key=self.key,
            provider=self.provider,
            version=version,
            event=events[version - 1],
            group={number + 1: events[number] for number in range(start, end)},
            events=dict(enumerate(events, 1)),
            before=before,
            rules_today=rules(self.provider),
            verdict=verdict,
            why=why,
            look=look,
            looked=seen,
            body=None if seen is None else mask(seen.body, self.provider.fields),
            path=None if corrected else _path(self.provider, before, events[start:end]),
            correction=start + 1 if corrected else None,
            today=self._today(seen, before) if verdict is Verdict.OTHER_RULES and not corrected else None,
        )

    def _looked(self, look: LookRow | None) -> Looked | None:
        try:
            return None if look is None else looked(look, self.key.order_id, self.read, self.opened)
        except Missing:
            return None

    def _today(self, seen: Looked | None, before: Order) -> Sequence[Event[Data]] | None:
        if seen is None or not (before.state is None or before.state in self.provider.phases):
            return None
        return judge(seen.case(self.provider, before)).events


def _readable(rows: Sequence[Row], version: int) -> list[Event[Data]]:
    """Up to the first that this version can't read; UnknownEvent if that is no later than `version`."""
    events: list[Event[Data]] = []
    for row in rows:
        try:
            events.append(decode(row.topic, row.state))
        except UnknownEvent:
            if row.version <= version:
                raise
            break
    return events


def _group(events: Sequence[Event[Data]], looks: Mapping[str, LookRow], version: int) -> tuple[int, int]:
    """Where the events begin and end that came together with a version's."""
    start = end = 0
    while end < version:
        start, end = end, end + together(events, end, looks)
    return start, end


def _path(provider: Provider, before: Order, group: Sequence[Event[Data]]) -> Path | None:
    """None where no state led to another, or the lifecycle of today knows no way between them."""
    reached = [event.data.target for event in group if isinstance(event.data, StateChanged)]
    graph = provider.graph
    if before.state is None or not reached or graph.certain(before.state, reached[-1]) is None:
        return None
    ways = graph.ways(before.state, reached[-1])
    certain = graph.certain(before.state, reached[-1]) or ()
    between = {state for way in ways for state in way[1:-1]}
    optional = [state for state in graph.states if state in between and state not in certain]
    return Path(before.state, reached[-1], ways[:WAYS_SHOWN], len(ways[WAYS_SHOWN:]), certain, optional)
