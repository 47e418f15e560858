"""Kept bodies, shown: secrets masked, or raw and then on record."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.mask import mask
from adapters.vault import Vault, VaultError
from domain.encoding import decode
from domain.events import EvidenceErased
from domain.identity import OrderKey
from domain.instants import text
from domain.log import Log
from domain.provider import Provider
from domain.rows import EvidenceRow
from ordertrail.orders import Orders


class UnknownEvidence(LookupError):
    """No kept body has that digest; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A body as it may be shown. `order` is the one that it was kept for first; `size` of the raw body."""

    sha256: str
    order: str
    size: int
    kept_at: str
    masked: bool
    body: bytes


def masked(log: Log, vault: Vault, sha256: str, *, providers: Mapping[str, Provider]) -> Evidence:
    """Without secrets and what the provider's table does not know. Raises UnknownEvidence, VaultError."""
    row, body = _opened(log, vault, sha256)
    key = _order(log, row)
    shown = mask(body, providers[key.provider].fields)
    return Evidence(row.sha256, str(key), row.size, text(row.kept_at), True, shown)


def raw(log: Log, vault: Vault, sha256: str, *, orders: Orders, by: str | None) -> Evidence:
    """Byte for byte; that it was shown goes on record first. Raises UnknownEvidence, VaultError, LogError."""
    row, body = _opened(log, vault, sha256)
    key = _order(log, row)
    orders.evidence_shown(key, row.sha256, by=by)
    return Evidence(row.sha256, str(key), row.size, text(row.kept_at), False, body)


def _opened(log: Log, vault: Vault, sha256: str) -> tuple[EvidenceRow, bytes]:
    """The first copy that opens: each order that saw the body sealed one of its own."""
    rows = sorted(log.evidence(sha256.lower()), key=lambda row: (row.kept_at, row.stream))
    if not rows:
        raise _erased(log, sha256.lower()) or UnknownEvidence(
            f"no evidence {sha256[:64]} is kept: `ordertrail history` names what there is"
        )
    for row in rows[:-1]:
        try:
            return row, vault.open(row)
        except VaultError:
            continue
    return rows[-1], vault.open(rows[-1])


def _erased(log: Log, sha256: str) -> UnknownEvidence | None:
    """What to say of a body that was kept and destroyed on record."""
    for stream in log.seen_by(sha256):
        for row in log.stream(stream):
            event = decode(row.topic, row.state) if row.topic == EvidenceErased.TOPIC else None
            if event is not None and isinstance(event.data, EvidenceErased):
                why = f"at {event.recorded_at} by {event.data.by}: {event.data.reason}"
                return UnknownEvidence(f"evidence {sha256} of {row.order} was erased {why}")
    return None


def _order(log: Log, row: EvidenceRow) -> OrderKey:
    """Whose look brought the body; a failure's example is kept under its provider's name."""
    looked = next((look.order for look in log.looks(row.stream) if look.evidence == row.sha256), None)
    if looked is None:
        raise UnknownEvidence(f"evidence {row.sha256} belongs to no look: the log was altered")
    return OrderKey.of(looked)
