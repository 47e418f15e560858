"""One stream by itself: chained, sound, registered; its looks and bodies there, its answers judged again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.vault import Vault
from domain.encoding import UnknownEvent, decode, row_digest
from domain.events import Data, Event, OrderTracked
from domain.identity import reserved
from domain.judge import rules
from domain.log import Log
from domain.order import Order, evolve
from domain.provider import Provider
from domain.readings import Read
from domain.rows import Cells, Row
from ordertrail.rejudging import Verdict, opener, rejudged
from ordertrail.rejudging import erased as is_erased
from ordertrail.verifying.causes import unsound
from ordertrail.verifying.findings import Findings, What
from ordertrail.verifying.kept import BodyCheck
from ordertrail.verifying.portions import Rows


@dataclass(frozen=True)
class Judging:
    """What opening bodies and judging them again needs."""

    vault: Vault
    providers: Mapping[str, Provider]
    readers: Mapping[str, Read]


class OneStream:
    """`environments` by provider: what the log's orders are of, as far as is known yet."""

    def __init__(self, log: Log, findings: Findings, judging: Judging, environments: dict[str, str]) -> None:
        self.findings = findings
        self._judging = judging
        self._environments = environments
        self._bodies = BodyCheck(log, judging.vault, findings)

    def run(self, kept: Rows) -> None:
        name, counts = kept.stream, self.findings.counts
        counts.streams += 1
        own = reserved(name)
        slug = name.removeprefix("_provider-") if own else name.partition("-")[0]
        provider = self._judging.providers.get(slug)
        if not own:
            counts.orders += 1
            self._registered(name, kept.order, slug)
        rows = readable(name, kept.order or name, kept.events)
        events, _ = self.folded(rows, Order(), None if own else provider, 0)
        self._bodies.run(kept.looks, kept.evidence, kept.key, events)
        if own:
            counts.no_look += len(events)
            return
        self._environment(slug, events, rows)
        if provider is not None and kept.order is not None:
            self._judged(rows, kept, provider)

    def _registered(self, name: str, order: str | None, slug: str) -> None:
        if order is None:
            self.findings.add(What.REMOVED, "the stream's registration is gone", stream=name)
        elif order.partition("/")[0] != slug:
            self.findings.add(What.ALTERED, "another provider's name is registered", stream=name, order=order)

    def folded(
        self, rows: Sequence[Row], order: Order, provider: Provider | None, position: int
    ) -> tuple[list[Event[Data]], Order]:
        """The events up to the first that this version can't read, and where they lead."""
        today = None if provider is None else rules(provider)
        events: list[Event[Data]] = []
        for row in rows:
            try:
                event = decode(row.topic, row.state)
            except UnknownEvent:
                self.findings.counts.unreadable += 1
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
        self.findings.add(
            what, why, order=row.order, stream=row.stream, version=row.version, position=row.position
        )

    def _environment(self, slug: str, events: Sequence[Event[Data]], rows: Sequence[Row]) -> None:
        for event, row in zip(events, rows, strict=False):
            if isinstance(event.data, OrderTracked):
                first = self._environments.setdefault(slug, event.data.environment)
                if event.data.environment != first:
                    why = f"it is of {event.data.environment}, and the log's orders are of {first}"
                    self._say(What.UNSOUND, why, row)

    def _judged(
        self,
        rows: Sequence[Row],
        kept: Rows,
        provider: Provider,
    ) -> None:
        opened = opener(self._judging.vault, kept.evidence, is_erased(rows))
        read = self._judging.readers[provider.slug]
        counts, named = self.findings.counts, {look.look for look in kept.looks}
        for one in rejudged(rows, kept.looks, provider=provider, read=read, opened=opened):
            if one.version is not None:
                counts.rejudged += one.verdict is Verdict.SAME
                counts.older_rules += one.verdict is Verdict.OTHER_RULES
                counts.no_look += one.verdict is Verdict.NO_LOOK
            lost = one.verdict is Verdict.LOST and one.look not in named
            if lost or one.verdict is Verdict.DIFFERS:
                self.findings.add(
                    What.LOST if lost else What.DIFFERS,
                    one.why,
                    order=kept.order,
                    stream=kept.stream,
                    version=one.version,
                    look=one.look,
                )


def readable(name: str, order: str, cells: Sequence[Cells]) -> list[Row]:
    """Rows up to the first that is none; that was told when rows were held against receipts."""
    rows: list[Row] = []
    for position, _, version, topic, state in cells:
        if not (isinstance(position, int) and isinstance(version, int) and isinstance(state, bytes)):
            break
        if version < 1:
            break
        rows.append(Row(position, name, order, version, str(topic), state))
    return rows
