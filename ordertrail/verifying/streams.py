"""Each stream by itself: chained, sound, registered; its looks and bodies there, its answers judged again."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from msgspec import Struct, field

from adapters.vault import Vault
from domain.encoding import UnknownEvent, decode, row_digest
from domain.events import Data, Event, OrderTracked
from domain.identity import reserved
from domain.judge import rules
from domain.log import Cells, EvidenceRow, Kept, KeyRow, Log, LookRow, Row
from domain.order import Order, evolve
from domain.provider import Provider
from domain.readings import Read
from domain.seal import LOG_STREAM
from ordertrail.rejudging import Verdict, opener, rejudged
from ordertrail.rejudging import erased as is_erased
from ordertrail.verifying.causes import unsound
from ordertrail.verifying.findings import Findings, What
from ordertrail.verifying.kept import BodyCheck

STREAMS_AT_ONCE = 200
_TEXTS, _NUMBERS, _PERHAPS_TEXTS, _PERHAPS_NUMBERS = (0, 1, 2, 8, 9), (3, 4, 11), (6, 10), (5, 7)
SEALS_AT_ONCE = 5000


@dataclass(frozen=True)
class Judging:
    """What opening bodies and judging them again needs."""

    vault: Vault
    providers: Mapping[str, Provider]
    readers: Mapping[str, Read]


class Gone(Struct):
    """How far the streams were gone through: a verification can go on after `stream`."""

    stream: str = ""
    environments: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Portion:
    """The rows of some streams, by stream."""

    events: Mapping[str, Sequence[Cells]]
    orders: Mapping[str, str]
    looks: Mapping[str, Sequence[LookRow]]
    evidence: Mapping[str, Mapping[str, EvidenceRow]]
    keys: Mapping[str, KeyRow]


class StreamCheck:
    def __init__(self, log: Log, findings: Findings, judging: Judging, gone: Gone) -> None:
        self._log = log
        self._findings = findings
        self._judging = judging
        self._bodies = BodyCheck(log, judging.vault, findings)
        self.gone = gone

    def run(self) -> Iterator[int]:
        """Yields how many events were gone through, again and again."""
        after = self.gone.stream.encode()
        while names := self._log.stream_names(after, STREAMS_AT_ONCE):
            readable = [name for name in names if isinstance(name, str)]
            portion = self._portion([name for name in readable if name != LOG_STREAM])
            for name in readable:
                if name == LOG_STREAM:
                    self._seals()
                else:
                    self._stream(name, portion)
            after = names[-1] if isinstance(names[-1], bytes) else names[-1].encode()
            self.gone.stream = readable[-1] if readable else self.gone.stream
            yield sum(map(len, portion.events.values()))
        self._eventless()

    def _portion(self, names: Sequence[str]) -> _Portion:
        cells = self._log.cells
        events, looks = _by(cells(Kept.EVENTS, names), 1), _looks(cells(Kept.LOOKS_OF, names))
        digests = {look.evidence for look in chain.from_iterable(looks.values()) if look.evidence}
        evidence: defaultdict[str, dict[str, EvidenceRow]] = defaultdict(dict)
        for row in cells(Kept.EVIDENCE, sorted(digests)):
            evidence[str(row[1])][str(row[0])] = EvidenceRow._make(row)
        return _Portion(
            events=events,
            orders={str(row[2]): "/".join(map(str, row[:2])) for row in cells(Kept.REGISTER, names)},
            looks=looks,
            evidence=evidence,
            keys={str(row[0]): KeyRow._make(row) for row in cells(Kept.KEYS, names)},
        )

    def _eventless(self) -> None:
        """Providers whose examples of failures were kept, and that never failed for long."""
        names = [f"_provider-{slug}" for slug in self._judging.providers]
        portion = self._portion(names)
        for name in names:
            if name not in portion.events:
                self._bodies.run(
                    name, portion.looks.get(name, ()), portion.evidence[name], portion.keys.get(name), ()
                )

    def _seals(self) -> None:
        after, order, position = 0, Order(), 0
        while page := self._log.stored_in(LOG_STREAM, after, SEALS_AT_ONCE):
            rows = self._rows(LOG_STREAM, LOG_STREAM, page)
            _, order = self._folded(rows, order, None, position)
            if not rows:
                return
            after, position = rows[-1].version, rows[-1].position

    def _stream(self, name: str, portion: _Portion) -> None:
        counts = self._findings.counts
        counts.streams += 1
        own = reserved(name)
        order_name = portion.orders.get(name)
        slug = name.removeprefix("_provider-") if own else name.partition("-")[0]
        provider = self._judging.providers.get(slug)
        if not own:
            counts.orders += 1
            self._registered(name, order_name, slug)
        rows = self._rows(name, order_name or name, portion.events.get(name, ()))
        events, _ = self._folded(rows, Order(), None if own else provider, 0)
        looks = portion.looks.get(name, ())
        evidence = portion.evidence.get(name, {})
        self._bodies.run(name, looks, evidence, portion.keys.get(name), events)
        if own:
            counts.no_look += len(events)
            return
        self._environment(slug, events, rows)
        if provider is not None and order_name is not None:
            self._judged(rows, looks, evidence, provider)

    def _registered(self, name: str, order: str | None, slug: str) -> None:
        if order is None:
            self._findings.add(What.REMOVED, "the stream's registration is gone", stream=name)
        elif order.partition("/")[0] != slug:
            self._findings.add(
                What.ALTERED, "another provider's name is registered", stream=name, order=order
            )

    def _rows(self, name: str, order: str, cells: Sequence[Cells]) -> list[Row]:
        """Up to the first that is none; that was told when rows were held against receipts."""
        rows: list[Row] = []
        for position, _, version, topic, state in cells:
            if not (isinstance(position, int) and isinstance(version, int) and isinstance(state, bytes)):
                break
            rows.append(Row(position, name, order, version, str(topic), state))
        return rows

    def _folded(
        self, rows: Sequence[Row], order: Order, provider: Provider | None, position: int
    ) -> tuple[list[Event[Data]], Order]:
        """The events up to the first that this version can't read, and where they lead."""
        today = None if provider is None else rules(provider)
        events: list[Event[Data]] = []
        for row in rows:
            try:
                event = decode(row.topic, row.state)
            except UnknownEvent:
                self._findings.counts.unreadable += 1
                return events, order
            if row.version != order.version + 1:
                self._say(What.REMOVED, f"version {order.version + 1} should stand before it", row)
            elif event.previous != order.digest:
                self._say(What.UNCHAINED, "it does not name the digest of the event before it", row)
            if row.position < position:
                self._say(What.REORDERED, "it stands before the event that it follows", row)
            position = row.position
            why = unsound(order, event, provider if event.rules == today else None)
            if why is not None:
                self._say(What.UNSOUND, why, row)
            order = self._evolved(order, event, row)
            events.append(event)
        return events, order

    def _evolved(self, order: Order, event: Event[Data], row: Row) -> Order:
        try:
            return evolve(order, event, row.version, row_digest(row))
        except (ValueError, TypeError) as error:
            self._say(What.UNSOUND, f"it can't be folded: {error}", row)
            return order

    def _say(self, what: What, why: str, row: Row) -> None:
        self._findings.add(
            what, why, order=row.order, stream=row.stream, version=row.version, position=row.position
        )

    def _environment(self, slug: str, events: Sequence[Event[Data]], rows: Sequence[Row]) -> None:
        for event, row in zip(events, rows, strict=False):
            if isinstance(event.data, OrderTracked):
                first = self.gone.environments.setdefault(slug, event.data.environment)
                if event.data.environment != first:
                    why = f"it is of {event.data.environment}, and the log's orders are of {first}"
                    self._say(What.UNSOUND, why, row)

    def _judged(
        self,
        rows: Sequence[Row],
        looks: Sequence[LookRow],
        evidence: Mapping[str, EvidenceRow],
        provider: Provider,
    ) -> None:
        opened = opener(self._judging.vault, evidence, is_erased(rows))
        read = self._judging.readers[provider.slug]
        counts = self._findings.counts
        for one in rejudged(rows, looks, provider=provider, read=read, opened=opened):
            if one.version is not None:
                counts.rejudged += one.verdict is Verdict.SAME
                counts.older_rules += one.verdict is Verdict.OTHER_RULES
                counts.no_look += one.verdict is Verdict.NO_LOOK
            if one.verdict is Verdict.DIFFERS:
                row = rows[0]
                self._findings.add(
                    What.DIFFERS,
                    one.why,
                    order=row.order,
                    stream=row.stream,
                    version=one.version,
                    look=one.look,
                )
            elif one.verdict is Verdict.LOST and one.look not in {look.look for look in looks}:
                self._findings.add(
                    What.LOST, one.why, order=rows[0].order, stream=rows[0].stream, version=one.version
                )


def _by(rows: Sequence[Cells], column: int) -> dict[str, list[Cells]]:
    found: defaultdict[str, list[Cells]] = defaultdict(list)
    for row in rows:
        found[str(row[column])].append(row)
    return found


def _looks(rows: Sequence[Cells]) -> dict[str, list[LookRow]]:
    """Cells of a wrong type were told already: such a look counts for nothing."""
    found: defaultdict[str, list[LookRow]] = defaultdict(list)
    for row in rows:
        look = LookRow._make(row)
        if _whole(look):
            found[look.stream].append(look._replace(truncated=bool(look.truncated)))
    return found


def _whole(look: LookRow) -> bool:
    return (
        all(isinstance(look[at], str) for at in _TEXTS)
        and all(isinstance(look[at], int) for at in _NUMBERS)
        and all(isinstance(look[at], str | None) for at in _PERHAPS_TEXTS)
        and all(isinstance(look[at], int | None) for at in _PERHAPS_NUMBERS)
        and isinstance(look.basis, bytes)
    )
