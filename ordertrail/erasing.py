"""Destroying what is kept of an order: its bodies and the key that opens them, for good and on record."""

from collections.abc import Callable
from typing import NamedTuple

from adapters.vault import Vault
from domain.identity import OrderKey, contact_stream
from domain.instants import Instant
from domain.judge import rules
from domain.log import LogError
from domain.provider import Provider
from domain.rows import Conflict, Entry, Erasure
from domain.tracking import evidence_erased
from ordertrail.orders import ATTEMPTS, Orders, chained
from ordertrail.stream import stream_of


class Erased(NamedTuple):
    """`bodies` were destroyed; None: they had been before, and nothing was kept since. `watched`: more may
    be kept from now on. `scrubbed`: the database has let go of the bytes already."""

    bodies: int | None
    watched: bool
    scrubbed: bool


class Eraser:
    """`worker` names who writes the event; `now` gives the time of recording."""

    def __init__(self, orders: Orders, vault: Vault, *, now: Callable[[], Instant], worker: str) -> None:
        self._orders = orders
        self._log = orders.log
        self._vault = vault
        self._now = now
        self._worker = worker

    def erase(self, key: OrderKey, provider: Provider, *, reason: str, by: str) -> Erased:
        """Bodies, key and event in one transaction. Raises UnknownOrder, LogError."""
        stream = stream_of(self._log, key)
        for _ in range(ATTEMPTS):
            known = self._orders.known(key)
            assert known is not None  # it is registered
            where = (stream, str(key), contact_stream(key.provider))
            bodies = self._log.bodies(*where)
            if known.order.erased and bodies == 0:
                return Erased(None, known.order.watched, self._log.scrub())
            events = evidence_erased(
                known.order,
                bodies,
                reason,
                by=by,
                at=self._now(),
                rules=rules(provider),
                worker=self._worker,
            )
            rows, _ = chained(stream, known.order, events)
            entry = Entry(events=rows, erase=Erasure(*where, bodies))
            if not isinstance(self._log.commit([entry])[0], Conflict):
                self._vault.forget(stream)
                return Erased(bodies, known.order.watched, self._log.scrub())
        raise LogError(f"{key} lost every one of {ATTEMPTS} races for its stream")
