"""Looks and evidence of one stream: there, whole, or erased on record."""

import hashlib
from collections.abc import Mapping, Sequence

from adapters.vault import Vault, VaultError
from domain.basis import basis_of
from domain.encoding import decode
from domain.events import Data, Event, EvidenceErased
from domain.identity import OrderKey, reserved
from domain.instants import text
from domain.log import Log
from domain.rows import EvidenceRow, KeyRow, LookRow
from ordertrail.verifying.findings import Findings, What


class BodyCheck:
    """`evidence` by digest and `key` are the stream's own. What a provider's stream keeps of failures goes
    with the order that it was kept of."""

    def __init__(self, log: Log, vault: Vault, findings: Findings) -> None:
        self._log = log
        self._vault = vault
        self._findings = findings

    def run(
        self,
        looks: Sequence[LookRow],
        evidence: Mapping[str, EvidenceRow],
        key: KeyRow | None,
        events: Sequence[Event[Data]],
    ) -> None:
        if key is not None:
            self._key(key)
        told = {event.look: version for version, event in enumerate(events, 1) if event.look}
        erasures = [version for version, event in enumerate(events, 1) if is_erasure(event)]
        opened: set[str] = set()
        for look in looks:
            self._findings.counts.looks += 1
            if look.evidence is None or look.evidence in opened:
                continue
            row = evidence.get(look.evidence)
            if row is not None:
                opened.add(look.evidence)
                self._body(look, row, key)
            elif _judged_at(look, told) < max(erasures, default=0) or self._example_erased(look):
                self._findings.counts.erased += 1
            else:
                self._say(What.LOST, "its body is gone, and no erasure says so", look)

    def _example_erased(self, look: LookRow) -> bool:
        if not reserved(look.stream):
            return False
        stream = self._log.registered(*OrderKey.of(look.order))
        rows = self._log.stream(stream) if stream else []
        erasures = [row for row in rows if row.topic == EvidenceErased.TOPIC]
        return any(decode(row.topic, row.state).recorded_at >= text(look.answered_at) for row in erasures)

    def _key(self, key: KeyRow) -> None:
        try:
            self._vault.check(key)
        except (VaultError, TypeError, ValueError) as error:
            self._findings.add(What.ALTERED, f"the evidence key: {error}", stream=key.stream)

    def _body(self, look: LookRow, row: EvidenceRow, key: KeyRow | None) -> None:
        self._findings.counts.bodies += 1
        if key is None:
            self._say(What.LOST, "the key of its body is gone, and the body is there", look)
            return
        try:
            body = self._vault.open(row)
        except (VaultError, TypeError, ValueError) as error:
            self._say(What.ALTERED, str(error), look)
            return
        if hashlib.sha256(body).hexdigest() != row.sha256 or len(body) != row.size:
            self._say(What.ALTERED, "the body is not the one that it is named for", look)

    def _say(self, what: What, why: str, look: LookRow) -> None:
        self._findings.add(
            what, why, order=look.order, stream=look.stream, look=look.look, evidence=look.evidence
        )


def is_erasure(event: Event[Data]) -> bool:
    return isinstance(event.data, EvidenceErased)


def _judged_at(look: LookRow, told: Mapping[str, int]) -> int:
    """The version of the stream that a look was judged on, or gave."""
    if look.look in told:
        return told[look.look]
    try:
        return basis_of(look).version
    except ValueError:
        return 0
