"""Destroying evidence, and keeping it from being sealed under a key that was destroyed."""

from collections.abc import Mapping

from adapters.log.database import Taken, Transaction
from domain.rows import Erasure

OWN = (
    "FROM evidence WHERE stream = ? AND sha256 IN "
    "(SELECT evidence FROM looks WHERE stream = ? AND evidence IS NOT NULL)"
)
EXAMPLES = (
    "FROM evidence WHERE stream = ? AND sha256 IN "
    "(SELECT evidence FROM looks WHERE stream = ? AND order_name = ? AND evidence IS NOT NULL) AND sha256 "
    "NOT IN (SELECT evidence FROM looks WHERE stream = ? AND order_name <> ? AND evidence IS NOT NULL)"
)


def erase(transaction: Transaction, erasure: Erasure) -> None:
    """Taken if there are more or fewer bodies by now than were counted."""
    stream, order, examples, bodies = erasure
    transaction.keep_evidence_still()
    own = transaction.run(f"DELETE {OWN}", stream, stream)
    kept = transaction.run(f"DELETE {EXAMPLES}", examples, examples, order, examples, order)
    if own + kept != bodies:
        raise Taken
    transaction.run("DELETE FROM evidence_keys WHERE stream = ?", stream)


def demand_keys(transaction: Transaction, wrapped: Mapping[str, bytes]) -> None:
    """After evidence was put, when nobody can erase it in between: the streams' keys are still these."""
    if not wrapped:
        return
    statement = "SELECT stream, wrapped FROM evidence_keys WHERE stream {any}"
    stored = {record[0]: record[1] for record in transaction.ask(statement, list(wrapped))}
    if stored != dict(wrapped):
        raise Taken
