"""What today's rules would make of the answers that are kept, and appending what differs.

One whole stream at a time: every kept look is read and judged anew, in its order. What differs is appended in
one commit as `Corrected` and what follows from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from msgspec.structs import replace

from adapters.vault import Vault
from domain.correction import correction
from domain.events import Corrected, Data, Event
from domain.identity import OrderKey
from domain.instants import Instant
from domain.judge import rules
from domain.log import Log
from domain.provider import Provider
from domain.readings import Read
from domain.retelling import Retold, proven_by
from domain.watch import Watch, unproven
from ordertrail.acts import Amendment, Stamp
from ordertrail.looked import erased, evidence_of, opener
from ordertrail.orders import Known, Orders
from ordertrail.retold import told_anew
from ordertrail.stream import Line, stream_of


class Finding(NamedTuple):
    """What became of one order. `events` are what was, or would be, appended; `unjudged` are looks that could
    not be judged again, and why; `blocked`: why the order could not be corrected, else empty."""

    order: str
    from_rules: str | None
    to_rules: str
    events: Sequence[Event[Data]]
    unjudged: Mapping[str, str]
    blocked: str
    applied: bool

    @property
    def line(self) -> Line:
        """A `readjudicate --json` line."""
        corrected = next((e.data for e in self.events if isinstance(e.data, Corrected)), None)
        last = self.events[-1] if self.events else None
        return {
            "order": self.order,
            "differs": bool(self.events),
            "applied": self.applied,
            "from_rules": self.from_rules,
            "to_rules": self.to_rules,
            "state": last and last.state,
            "replaces": corrected.replaces if corrected else [],
            "steps": corrected.steps if corrected else [],
            "follows": [
                {"event": type(event.data).__name__, "data": event.data} for event in self.events[1:]
            ],
            "unjudged": [{"look": look, "why": why} for look, why in self.unjudged.items()],
            "blocked": self.blocked or None,
        }


@dataclass(frozen=True)
class Readjudication:
    """`providers` and `readers` are today's rules."""

    log: Log
    vault: Vault
    providers: Mapping[str, Provider]
    readers: Mapping[str, Read]
    orders: Orders

    def show(self, key: OrderKey, *, at: Instant, worker: str) -> Finding:
        """What would be appended. Raises UnknownOrder."""
        return self._found(key, Stamp(at, self._rules(key), worker))[0]

    def apply(self, key: OrderKey, *, only: Callable[[Finding], bool] | None = None) -> Finding:
        """Append it, if `only` says so. Raises UnknownOrder, LogError."""
        found: list[Finding] = []
        stream_of(self.log, key)

        def decide(known: Known, stamp: Stamp) -> Amendment:
            finding, retold = self._found(key, stamp)
            applied = bool(finding.events) and (only is None or only(finding))
            found.append(finding._replace(applied=applied))
            return Amendment(finding.events if applied else (), _watch_after(retold, known.watch))

        self.orders.amend(key, decide)
        return found[-1]

    def _found(self, key: OrderKey, stamp: Stamp) -> tuple[Finding, Retold]:
        provider = self.providers[key.provider]
        rows = self.log.stream(stream_of(self.log, key))
        looks = self.log.looks(rows[0].stream)
        opened = opener(self.vault, evidence_of(self.log, looks), erased(rows))
        try:
            told = told_anew(provider, self.readers[key.provider], rows, looks, opened)
        except ValueError as error:
            return Finding(str(key), None, stamp.rules, (), {}, str(error), False), Retold()
        retold = told.retold
        events = correction(provider, told.order, told.events, retold, at=stamp.at, worker=stamp.worker)
        finding = Finding(
            str(key), retold.from_rules, stamp.rules, events, retold.unjudged, retold.blocked, False
        )
        return finding, retold

    def _rules(self, key: OrderKey) -> str:
        return rules(self.providers[key.provider])


def _watch_after(retold: Retold, stored: Watch) -> Watch:
    """The next answer is judged whatever it says; proven is what today's rules and those of then prove."""
    proven = proven_by(retold.watch, stored)
    return replace(unproven(stored), shown_from=proven.shown_from, clock=proven.clock, offset=proven.offset)
