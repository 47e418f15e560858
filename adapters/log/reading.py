"""Reading the log: events, heads, looks, evidence."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from adapters.log.database import Database, OverDatabase
from adapters.log.schema import Cell
from domain.rows import EvidenceRow, Head, LookRow, Row, WatchRow

PAGE = 5000
REMEMBERED_NAMES = 50_000

IN_ORDER = (
    "SELECT {position}, originator_id, originator_version, topic, state FROM stored_events "
    "WHERE {position} > ? ORDER BY {position} LIMIT ?"
)

EVENTS = (
    "SELECT e.{position}, e.originator_id, coalesce(r.provider || '/' || r.order_id, e.originator_id), "
    "e.originator_version, e.topic, e.state "
    "FROM stored_events e LEFT JOIN register r ON r.stream = e.originator_id "
)

STORIES = (
    "SELECT {position}, originator_id, originator_version, topic, state FROM stored_events "
    "WHERE originator_id > ? AND originator_id <= ? AND {position} <= ? "
    "ORDER BY originator_id, originator_version"
)

HEADS = (
    "SELECT r.stream, r.provider, r.order_id, e.originator_version, e.topic, e.state, w.watch "
    "FROM (SELECT stream, provider, order_id FROM register WHERE {condition} ORDER BY stream LIMIT ?) r "
    "LEFT JOIN {{last_event}} LEFT JOIN watches w ON w.stream = r.stream ORDER BY r.stream"
)

LOOKS = (
    "SELECT look, stream, order_name, asked_at, answered_at, http_status, content_type, age, api, rules, "
    "evidence, truncated, basis FROM looks "
)


class LogReading(OverDatabase):
    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._orders: dict[Cell, Cell] = {}

    def tail(self) -> int:
        """The position of the last event, 0 in an empty log."""
        [(position,)] = self._database.ask("SELECT coalesce(max({position}), 0) FROM stored_events")
        return int(position or 0)

    def read(self, after: int, limit: int) -> list[Row]:
        """Events beyond a position in the log's order; positions rise but may have gaps."""
        found = self._database.ask(IN_ORDER, after, limit)
        orders = self._orders_of({record[1] for record in found})
        return [
            tuple.__new__(Row, (at, stream, orders.get(stream, stream), version, topic, state))
            for at, stream, version, topic, state in found
        ]

    def _orders_of(self, streams: set[Cell]) -> dict[Cell, Cell]:
        """Orders by stream, remembered: joining the register row by row takes as long as all the rest."""
        if len(self._orders) > REMEMBERED_NAMES:
            self._orders.clear()
        if missing := streams.difference(self._orders):
            statement = "SELECT stream, provider || '/' || order_id FROM register WHERE stream {any}"
            found = self._database.ask(statement, [str(stream) for stream in missing])
            self._orders.update((stream, order) for stream, order in found)
        return self._orders

    def stream(self, stream: str, after_version: int = 0) -> list[Row]:
        found = self._database.ask(
            EVENTS + "WHERE e.originator_id = ? AND e.originator_version > ? ORDER BY e.originator_version",
            stream,
            after_version,
        )
        return list(map(Row._make, found))

    def streams(self, names: Sequence[str]) -> dict[str, list[Row]]:
        """The events of many streams; a stream without any is left out."""
        found = self._database.ask(
            EVENTS + "WHERE e.originator_id {any} ORDER BY e.originator_id, e.originator_version",
            list(names),
        )
        return {name: list(rows) for name, rows in groupby(map(Row._make, found), attrgetter("stream"))}

    def orders_after(self, stream: str, limit: int, up_to: int) -> tuple[str, list[Row]]:
        """The next orders by their streams' names: the last of these names ("" if there are no more), and
        their events no further than a position, each stream's in order of version."""
        statement = "SELECT stream, provider || '/' || order_id FROM register WHERE stream > ? "
        page = self._database.ask(statement + "ORDER BY stream LIMIT ?", stream, limit)
        if not page:
            return "", []
        last = str(page[-1][0])
        orders = {name: order for name, order in page}  # noqa: C416 rows have no fixed length for the checker
        found = self._database.ask(STORIES, stream, last, up_to)
        return last, [
            tuple.__new__(Row, (at, name, orders[name], version, topic, state))
            for at, name, version, topic, state in found
            if name in orders
        ]

    def heads(self, provider: str | None = None) -> Iterator[Head]:
        """The last event of each order's stream, by stream, a page at a time. An order tracked meanwhile may
        be missed: take `tail` first and read on from there."""
        statement = HEADS.format(condition="stream > ?" + (" AND provider = ?" if provider else ""))
        filters = (provider,) if provider else ()
        after = ""
        while True:
            page = self._database.ask(statement, after, *filters, PAGE)
            yield from (Head._make(record) for record in page if record[3] is not None)
            if len(page) < PAGE:
                return
            after = str(page[-1][0])

    def registered(self, provider: str, order_id: str) -> str | None:
        found = self._database.ask(
            "SELECT stream FROM register WHERE provider = ? AND order_id = ?", provider, order_id
        )
        return str(found[0][0]) if found else None

    def watch(self, stream: str) -> WatchRow | None:
        return self.watches([stream]).get(stream)

    def watches(self, streams: Sequence[str]) -> dict[str, WatchRow]:
        """By stream; one that was never looked at is left out."""
        statement = "SELECT stream, last, watch, writer, revision FROM watches WHERE stream {any}"
        found = map(WatchRow._make, self._database.ask(statement, list(streams)))
        return {row.stream: row for row in found}

    def look(self, look: str) -> LookRow | None:
        found = self._database.ask(LOOKS + "WHERE look = ?", look)
        return _look(found[0]) if found else None

    def looks(self, stream: str) -> list[LookRow]:
        """An order's kept looks, oldest first."""
        found = self._database.ask(LOOKS + "WHERE stream = ? ORDER BY answered_at, look", stream)
        return [_look(record) for record in found]

    def evidence(self, sha256: str) -> list[EvidenceRow]:
        """A body as each of the orders that saw it sealed it."""
        found = self._database.ask(
            "SELECT sha256, stream, size, sealed, kept_at FROM evidence WHERE sha256 = ? ORDER BY stream",
            sha256,
        )
        return list(map(EvidenceRow._make, found))

    def key(self, stream: str) -> bytes | None:
        found = self._database.ask("SELECT wrapped FROM evidence_keys WHERE stream = ?", stream)
        return found[0][0] if found and isinstance(found[0][0], bytes) else None

    def wait(self, after: int, timeout: float) -> None:
        """Return when there is an event beyond a position, or after so many seconds."""
        self._database.wait(lambda: self.tail() > after, timeout)


def _look(record: Sequence[object]) -> LookRow:
    look = LookRow._make(record)
    return look._replace(truncated=bool(look.truncated))
