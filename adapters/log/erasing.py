"""Destroying evidence, and keeping it from being sealed under a key that was destroyed."""

from collections.abc import Mapping

from adapters.log.database import Taken, Transaction
from domain.log import Erasure

_DELETE = (
    "DELETE FROM evidence WHERE stream = ? AND sha256 IN "
    "(SELECT evidence FROM looks WHERE stream = ? AND evidence IS NOT NULL)"
)


def erase(transaction: Transaction, erasure: Erasure) -> None:
    """Taken if there are more or fewer bodies by now than were counted."""
    transaction.keep_evidence_still()
    if transaction.run(_DELETE, erasure.stream, erasure.stream) != erasure.bodies:
        raise Taken
    transaction.run("DELETE FROM evidence_keys WHERE stream = ?", erasure.stream)


def demand_keys(transaction: Transaction, wrapped: Mapping[str, bytes]) -> None:
    """After evidence was put, when nobody can erase it in between: the streams' keys are still these."""
    if not wrapped:
        return
    statement = "SELECT stream, wrapped FROM evidence_keys WHERE stream {any}"
    stored = {record[0]: record[1] for record in transaction.ask(statement, list(wrapped))}
    if stored != dict(wrapped):
        raise Taken
