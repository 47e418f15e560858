"""An in-memory twin of the log, with rows as a real one would hold."""

from collections.abc import Sequence
from threading import Event

import msgspec

from domain.rows import OutboxRow, Row


class MemoryLog:
    def __init__(
        self, rows: Sequence[Row] = (), outbox: Sequence[OutboxRow] = (), log_id: str = "log-a"
    ) -> None:
        self.id = log_id
        self.rows = list(rows)
        self.waiting = list(outbox)
        self.outbox_given = max((row.id for row in outbox), default=0)
        self.trimmed = 0
        self._grown = Event()

    def tail(self) -> int:
        return self.rows[-1].position if self.rows else 0

    def read(self, after: int, limit: int) -> list[Row]:
        return [row for row in self.rows if row.position > after][:limit]

    def outbox(self, after: int, limit: int) -> list[OutboxRow]:
        return [row for row in self.waiting if row.id > after][:limit]

    def last_outbox(self) -> int:
        return max([self.outbox_given, *(row.id for row in self.waiting)])

    def trim_outbox(self, up_to: int) -> None:
        self.waiting = [row for row in self.waiting if row.id > up_to]
        self.trimmed = up_to

    def trimmed_outbox(self) -> int:
        return self.trimmed

    def begin_outbox(self, at: int) -> None:
        self.trimmed = at

    def grow(self, rows: Sequence[Row]) -> None:
        self.rows += rows
        self._grown.set()

    def wait(self, after: int, timeout: float) -> None:
        self._grown.clear()
        if self.tail() <= after:
            self._grown.wait(timeout)


def row(position: int, *, orders: int = 50, inferred: bool | None = None, **fields: str | None) -> Row:
    order = f"xverse/order-{position % orders}"
    state = {
        "previous": None,
        "state": "executing",
        "not_before": None,
        "not_after": "2026-01-02T03:04:05.000006Z",
        "recorded_at": "2026-01-02T03:04:06.000000Z",
        "evidence": None,
        "rules": "2.1",
        "data": {} if inferred is None else {"inferred": inferred},
        **fields,
    }
    topic = "ordertrail.state-changed.v1"
    return Row(position, f"s-{order}", order, position // orders + 1, topic, msgspec.json.encode(state))


def rows(last: int, *, first: int = 1) -> list[Row]:
    """Positions with the gaps that a log has."""
    return [row(position) for position in range(first, last + 1) if position % 10]


def change(
    id: int, key: str, value: bytes | None = b"{}", *, topic: str = "orders", position: int = 1
) -> OutboxRow:
    return OutboxRow(id, topic, key, value, position)
