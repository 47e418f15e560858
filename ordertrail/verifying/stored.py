"""Every row that was stored is there, unaltered, and no other: the log against its receipts."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from domain.encoding import raw_digest
from domain.log import Log
from domain.rows import Cells, Census, Kept, Receipt
from domain.seal import Kind, Stored, cells_digest, event_entries, unpack_stored
from ordertrail.verifying.findings import Findings, What

EVENTS_AT_ONCE = 5000
RECEIPTS_AT_ONCE = 200
NAMES_AT_ONCE = 5000

TABLES = {Kind.LOOK: (Kept.LOOKS, 0, "look"), Kind.ORDER: (Kept.REGISTER, 2, "registration")}


class Reached(Struct):
    """How far the receipts were followed: a verification can go on from here."""

    receipt: int = 0
    position: int = 0
    looks: int = 0
    orders: int = 0
    missing: bool = False


class StoredCheck:
    def __init__(self, log: Log, findings: Findings, reached: Reached) -> None:
        self._log = log
        self._findings = findings
        self.reached = reached
        self._events = self._all_events(reached.position)
        self._ahead: Cells | None = None

    def run(self, census: Census) -> Iterator[int]:
        """Yields the position reached, again and again."""
        while page := self._log.receipts(self.reached.receipt, RECEIPTS_AT_ONCE):
            page = [receipt for receipt in page if receipt.id <= census.receipt]
            if not page:
                break
            self._follow(page)
            yield self.reached.position
        self._drain(census.position)
        self._strays(census)

    def _follow(self, page: Sequence[Receipt]) -> None:
        reached, rows = self.reached, list[Stored]()
        for receipt in page:
            for position, digest in self._entries(receipt):
                if position <= reached.position:
                    self._say_receipt(What.REORDERED, receipt, f"it tells of position {position} too late")
                    continue
                self._event(position, digest)
                reached.position = position
            rows += self._rows(receipt)
            reached.receipt = receipt.id
        for kind in Kind:
            self._compare(kind, [row for row in rows if row.kind is kind])

    def _entries(self, receipt: Receipt) -> list[tuple[int, bytes]]:
        try:
            return list(event_entries(receipt.events))
        except (ValueError, TypeError) as error:
            self._say_receipt(What.ALTERED, receipt, f"it can't be read: {error}")
            return []

    def _rows(self, receipt: Receipt) -> list[Stored]:
        try:
            return unpack_stored(receipt.rows)
        except (ValueError, TypeError) as error:
            self._say_receipt(What.ALTERED, receipt, f"it can't be read: {error}")
            return []

    def _say_receipt(self, what: What, receipt: Receipt, why: str) -> None:
        self._findings.add(what, f"the receipt of a commit: {why}", receipt=receipt.id)

    # events

    def _all_events(self, after: int) -> Iterator[Cells]:
        while page := self._log.stored(after, EVENTS_AT_ONCE):
            yield from page
            last = page[-1][0]
            if not isinstance(last, int):
                return
            after = last

    def _next(self) -> Cells | None:
        if self._ahead is None:
            self._ahead = next(self._events, None)
        return self._ahead

    def _event(self, position: int, digest: bytes) -> None:
        """What stands at a position, and in front of it, where nothing else may be."""
        while (row := self._next()) is not None and _position(row) < position:
            self._inserted(row)
            self._ahead = None
        if row is None or _position(row) != position:
            self._findings.add(What.REMOVED, "the event that stood here is gone", position=position)
            return
        self._ahead = None
        self._findings.counts.events += 1
        if _event_digest(row) != digest:
            self._findings.add(What.ALTERED, "it is not the event that was stored", **_where(row))

    def _drain(self, tail: int) -> None:
        while (row := self._next()) is not None and _position(row) <= tail:
            self._inserted(row)
            self._ahead = None

    def _inserted(self, row: Cells) -> None:
        self._findings.add(What.INSERTED, "no commit stored this event here", **_where(row))

    # looks and registrations

    def _compare(self, kind: Kind, rows: Sequence[Stored]) -> None:
        table, at, called = TABLES[kind]
        for start in range(0, len(rows), NAMES_AT_ONCE):
            portion = rows[start : start + NAMES_AT_ONCE]
            found = {cells[at]: cells for cells in self._log.cells(table, [row.name for row in portion])}
            for row in portion:
                self._row(row, found.get(row.name), called)
        distinct = len({row.name for row in rows})
        if kind is Kind.LOOK:
            self.reached.looks += distinct
        else:
            self.reached.orders += distinct

    def _row(self, row: Stored, cells: Cells | None, called: str) -> None:
        where = {"look": row.name} if row.kind is Kind.LOOK else {"stream": row.name}
        if cells is None:
            self.reached.missing = True
            self._findings.add(What.REMOVED, f"the {called} is gone", **where)
        elif _digest(cells) != row.digest:
            self._findings.add(What.ALTERED, f"the {called} is not what was stored", **where)

    def _strays(self, census: Census) -> None:
        """Rows that no receipt names; looked for one by one where the numbers say that there are some."""
        reached = self.reached
        if (reached.looks, reached.orders) != (census.looks, census.orders) or reached.missing:
            named = self._named()
            for kind, (table, _, called) in TABLES.items():
                for name in self._names(table):
                    if name not in named[kind]:
                        self._stray(kind, called, name)
        for sha256, stream in self._log.stray_evidence():
            self._findings.add(
                What.INSERTED, "no look names this body", evidence=_shown(sha256), stream=_shown(stream)
            )

    def _stray(self, kind: Kind, called: str, name: str | bytes) -> None:
        where = {"look": _shown(name)} if kind is Kind.LOOK else {"stream": _shown(name)}
        self._findings.add(What.INSERTED, f"no commit stored this {called}", **where)

    def _names(self, table: Kept) -> list[str | bytes]:
        names: list[str | bytes] = []
        after: tuple[bytes, ...] = ()
        while page := self._log.names(table, after, NAMES_AT_ONCE):
            names += [name[0] for name in page]
            after = (_bytes(page[-1][0]),)
        return names

    def _named(self) -> dict[Kind, set[str]]:
        """By all receipts there are by now, so that what came meanwhile counts as stored."""
        named: dict[Kind, set[str]] = {kind: set() for kind in Kind}
        after = 0
        while page := self._log.receipts(after, RECEIPTS_AT_ONCE):
            for receipt in page:
                try:
                    for row in unpack_stored(receipt.rows):
                        named[row.kind].add(row.name)
                except (ValueError, TypeError):
                    continue  # told already
            after = page[-1].id
        return named


def _position(row: Cells) -> int:
    return row[0] if isinstance(row[0], int) else 0


def _event_digest(row: Cells) -> bytes | None:
    """None for cells of the wrong type: nothing was ever stored so."""
    _, stream, version, topic, state = row
    if not (isinstance(stream, str) and isinstance(topic, str) and isinstance(state, bytes)):
        return None
    if not isinstance(version, int) or not 0 <= version < 1 << 64:
        return None
    return raw_digest(stream, version, topic, state)


def _digest(cells: Cells) -> bytes | None:
    """Of a truth value as of 0 or 1: SQLite has no others."""
    try:
        return cells_digest([int(cell) if isinstance(cell, bool) else cell for cell in cells])
    except (ValueError, TypeError, OverflowError):
        return None


def _where(row: Cells) -> dict[str, object]:
    position, stream, version, _, _ = row
    return {
        "position": position if isinstance(position, int) else None,
        "stream": _shown(stream),
        "version": version if isinstance(version, int) else None,
    }


def _shown(cell: object) -> str:
    return cell.decode(errors="backslashreplace") if isinstance(cell, bytes) else str(cell)


def _bytes(name: str | bytes) -> bytes:
    return name if isinstance(name, bytes) else name.encode()
