"""Kept looks, opened and read again: what judging them anew needs, or why it is not there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from adapters.vault import Vault, VaultError
from domain.basis import Basis, answer_of, basis_of, look_of
from domain.events import EvidenceErased
from domain.judge import Case
from domain.log import Log
from domain.order import Order
from domain.provider import Provider
from domain.readings import Look, Read, Reading
from domain.rows import EvidenceRow, LookRow, Row
from ordertrail.observation import body_digest


class Verdict(StrEnum):
    SAME = "same"  # judged again, to the same bytes
    DIFFERS = "differs"  # judged again, and it comes to something else
    OTHER_RULES = "other_rules"  # judged by rules that are no longer in force
    ERASED = "erased"  # its evidence was erased on purpose, and that is on record
    LOST = "lost"  # its look or evidence is not there, or does not open
    NO_LOOK = "no_look"  # no answer of the provider's told it
    UNREADABLE = "unreadable"  # an event that this version can't read, or one after it


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


def evidence_of(log: Log, looks: Sequence[LookRow]) -> dict[str, EvidenceRow]:
    """The evidence of one stream's looks, by digest."""
    wanted = {(look.evidence, look.stream) for look in looks if look.evidence is not None}
    return {
        row.sha256: row
        for digest, stream in sorted(wanted)
        for row in log.evidence(digest)
        if row.stream == stream
    }
