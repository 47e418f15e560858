"""Quarantined answers drain by themselves: once today's rules can read what older ones could not, the orders
that wait for it are corrected.

Done once after the rules of a provider have changed, which a note in the log says; order by order, for those
that the read model `attention` lists as unrecognised or rejected. A correction is of the whole order, and
only made if it strikes such an entry.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

import msgspec

from adapters.vault import VaultError
from domain.events import Corrected
from domain.identity import OrderKey
from domain.log import Log, LogError
from ordertrail.readjudicating import Finding, Readjudication
from projections.attention import MODEL
from projections.read_models import PROJECTION

QUARANTINE = frozenset({"unrecognised", "rejected"})
NOTE = "drained:"
ORDERS_AT_ONCE = 20
PAGE = 500


class _Entry(msgspec.Struct):
    kind: str
    version: int | None


class _Waiting(msgspec.Struct):
    open: list[_Entry]


_waiting = msgspec.json.Decoder(_Waiting).decode


class Drainer:
    """Used from one thread. `rules` are today's, by provider; `make` opens the evidence, and is called only
    if there is something to judge. `say` gets people's words."""

    def __init__(
        self,
        log: Log,
        *,
        rules: Mapping[str, str],
        make: Callable[[], Readjudication],
        say: Callable[[str], None],
    ) -> None:
        self._log = log
        self._rules = rules
        self._make = make
        self._say = say
        self._since: int | None = None
        self._orders: Iterator[bool] | None = None
        self._done = False

    def step(self) -> int:
        """Some orders more, once the read models know what was in the log at first; how many were corrected.
        Raises LogError."""
        if self._done:
            return 0
        if self._since is None:
            self._since = self._log.tail()
        if self._orders is None:
            if self._log.position(PROJECTION) < self._since:
                return 0
            self._orders = self._drained()
        try:
            return sum(islice(self._orders, ORDERS_AT_ONCE))
        except VaultError as error:
            self._done = True
            self._say(
                "answers that newer rules may read are not judged anew, since their evidence does not open: "
                f"{error}; `ordertrail readjudicate --apply` does it where the key is"
            )
            return 0
        except LogError:
            self._orders = None
            raise

    def _drained(self) -> Iterator[bool]:
        """Whether each order that waits was corrected."""
        readjudication: Readjudication | None = None
        for slug, rules in self._rules.items():
            if self._log.note(NOTE + slug) == rules:
                continue
            for order, versions in self._waiting(slug):
                readjudication = readjudication or self._make()
                yield self._drain(readjudication, order, versions)
            self._log.take_note(NOTE + slug, rules)
        self._done = True

    def _waiting(self, slug: str) -> Iterator[tuple[OrderKey, frozenset[int | None]]]:
        after = ""
        while rows := self._log.select(MODEL, {"provider": slug}, after=after, limit=PAGE):
            for row in rows:
                versions = frozenset(
                    one.version for one in _waiting(row.value).open if one.kind in QUARANTINE
                )
                if versions and not row.key.startswith("_"):
                    yield OrderKey.of(row.key), versions
            after = rows[-1].key

    def _drain(
        self, readjudication: Readjudication, order: OrderKey, versions: frozenset[int | None]
    ) -> bool:
        finding = readjudication.apply(order, only=lambda found: bool(versions & _struck(found)))
        if finding.applied:
            self._say(f"{order} is corrected: rules {finding.to_rules} read what older ones could not")
        return finding.applied


def _struck(finding: Finding) -> frozenset[int | None]:
    return frozenset(
        version
        for event in finding.events
        if isinstance(event.data, Corrected)
        for version in event.data.replaces
    )
