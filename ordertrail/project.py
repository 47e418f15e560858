"""Keeping the read models up with the log: batches of rows, each folded and stored with its position."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile
from threading import Event
from typing import Protocol

from adapters.waiting import Pauses
from domain.identity import OrderKey
from domain.log import Log, LogError, LogUnreachable, PositionMoved
from domain.rows import Change, ModelRow, Parked, Row
from projections import attention, orders
from projections.read_models import PROJECTION, fold, fold_order, keys

BATCH_ROWS = 5000
BATCH_BYTES = 8 * 1024 * 1024
WAIT_SECONDS = 0.5
FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
ATTEMPTS = 20


class Source(Protocol):
    """The part of `domain.log.Log` that a projector folds and stores in."""

    def tail(self) -> int: ...
    def read(self, after: int, limit: int) -> list[Row]: ...
    def position(self, projection: str) -> int: ...
    def model_rows(self, model: str, keys: Sequence[str]) -> dict[str, ModelRow]: ...
    def project(
        self, projection: str, start: int, end: int, changes: Sequence[Change], parked: Sequence[Parked]
    ) -> None: ...
    def parked(self, projection: str) -> list[Parked]: ...
    def wait(self, after: int, timeout: float) -> None: ...


@dataclass(slots=True)
class Projected:
    """What a projector has done so far. `skipped` events were of parked orders."""

    events: int = 0
    changes: int = 0
    parked: int = 0
    skipped: int = 0


def nothing() -> None:
    """What there is to do beside by default."""


class Projector:
    """One thread's work on one log; another projector of it does no harm. `say` gets people's words."""

    def __init__(
        self,
        log: Source,
        *,
        say: Callable[[str], None],
        batch_rows: int = BATCH_ROWS,
        first_delay: float = FIRST_DELAY,
    ) -> None:
        self.done = Projected()
        self._log = log
        self._say = say
        self._batch_rows = batch_rows
        self._pauses = Pauses(first_delay, LONGEST_DELAY)
        self._position: int | None = None

    def catch_up(self) -> Projected:
        """Fold all there is now; raises LogError. Returns what this projector has done in all."""
        tail = self._log.tail()
        while self.step() < tail:
            pass
        return self.done

    def run(self, stop: Event, beside: Callable[[], object] = nothing) -> None:
        """Until `stop`, with something else to do after each batch or wait. An unreachable log is waited for,
        and said once."""
        while not stop.is_set():
            try:
                before = self._position
                if self.step() == before:
                    self._log.wait(before, WAIT_SECONDS)
                beside()
            except LogUnreachable as error:
                self._position = None
                if self._pauses.fresh:
                    self._say(f"the read models wait for the log: {error}")
                stop.wait(self._pauses.take())
            else:
                if not self._pauses.fresh:
                    self._say("the log is back, the read models go on")
                self._pauses.reset()

    def step(self) -> int:
        """One batch at most; the position reached, the same as before if there was nothing to do."""
        try:
            self._position = self._batch(self._start())
        except PositionMoved:
            self._position = self._log.position(PROJECTION)
        return self._position

    def _start(self) -> int:
        return self._log.position(PROJECTION) if self._position is None else self._position

    def _batch(self, start: int) -> int:
        rows = _portion(self._log.read(start, self._batch_rows))
        if not rows:
            return start
        named, contacts = keys(rows)
        current = self._log.model_rows(orders.MODEL, named)
        if contacts:
            current = {**current, **self._log.model_rows(attention.MODEL, contacts)}
        folded = fold(rows, current, parked_orders(self._log))
        end = rows[-1].position
        self._log.project(PROJECTION, start, end, folded.changes, folded.parked)
        self._count(len(rows), len(folded.changes), folded.parked, folded.skipped)
        return end

    def _count(self, events: int, changes: int, parked: Sequence[Parked], skipped: int) -> None:
        self.done.events += events
        self.done.changes += changes
        self.done.parked += len(parked)
        self.done.skipped += skipped
        for order in parked:
            self._say(
                f"{order.order} is parked: its event at position {order.position} can't be read: {order.why}"
            )


def retry_parked(log: Log, say: Callable[[str], None]) -> None:
    """A newer version may read what an older one could not. Raises LogError."""
    for order in parked_orders(log):
        if unpark(log, order) is None:
            say(f"{order} is no longer parked: all its events can be read now")


def parked_orders(log: Source) -> list[str]:
    """The orders whose events are passed over: parked, and not folded anew since."""
    once = [order.order for order in log.parked(PROJECTION)]
    rows = log.model_rows(attention.MODEL, once) if once else {}
    return [key for key, row in rows.items() if attention.parked(row.fold)]


def unpark(log: Log, order: str) -> Parked | None:
    """Fold a parked order anew from its whole stream; returns why it stays parked, None if it goes on.

    `order` is `provider/order_id` or a reserved stream. Raises LogError. The position goes back by one, so
    that a projector at work starts over from what is stored here; what is folded already changes nothing.
    """
    stream = log.registered(*OrderKey.of(order)) or order
    for _ in range(ATTEMPTS):
        position = log.position(PROJECTION)
        folded = fold_order([row for row in log.stream(stream) if row.position <= position], position)
        if folded.parked:
            return folded.parked[0]
        try:
            log.project(PROJECTION, position, position - 1, folded.changes, [])
        except PositionMoved:
            continue
        return None
    raise LogError(
        f"{order} lost every one of {ATTEMPTS} races with the projector: try again, or stop it first"
    )


def _portion(rows: list[Row]) -> list[Row]:
    """As many of the first rows as make a transaction of bearable size, at least one."""
    sizes = accumulate(len(row.state) for row in rows)
    fitting = sum(1 for _ in takewhile(lambda size: size <= BATCH_BYTES, sizes))
    return rows[: max(1, fitting)]
