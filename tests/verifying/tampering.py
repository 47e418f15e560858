"""Somebody who can write the database, and what a verification finds of what they did."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from adapters.providers import ADAPTERS
from adapters.vault import Vault
from domain.log import Log
from domain.providers import PROVIDERS
from ordertrail.verifying.findings import Finding, What
from ordertrail.verifying.one_stream import Judging
from ordertrail.verifying.verify import Verification, Verified
from tests.fixtures.recording import KEY

Cell = str | int | bytes | None
Row = tuple[Cell, ...]

COLUMNS = {
    "stored_events": ("position", "originator_id", "originator_version", "topic", "state"),
    "register": ("provider", "order_id", "stream"),
    "looks": (
        "look",
        "stream",
        "order_name",
        "asked_at",
        "answered_at",
        "http_status",
        "content_type",
        "age",
        "api",
        "rules",
        "evidence",
        "truncated",
        "basis",
    ),
    "evidence": ("sha256", "stream", "size", "sealed", "kept_at"),
    "evidence_keys": ("stream", "wrapped"),
}
BINARY = ("state", "basis", "sealed", "wrapped")


def verification(log: Log, found: list[Finding]) -> Verification:
    judging = Judging(Vault(log, KEY), PROVIDERS, {slug: each.read for slug, each in ADAPTERS.items()})
    return Verification(log, judging, tell=found.append, progress=lambda what, done, of: None)


def verified(log: Log, *, resume: bool = False) -> Verified:
    return verification(log, []).run(resume=resume)


def findings(log: Log) -> list[Finding]:
    found: list[Finding] = []
    verification(log, found).run(resume=False)
    return found


def kinds(log: Log) -> set[What]:
    return {finding.what for finding in findings(log)}


class Intruder:
    """Writes either database past the application; `?` marks a parameter."""

    def __init__(self, url: str) -> None:
        self._connection: sqlite3.Connection | psycopg.Connection[Row]
        if url.startswith("sqlite"):
            self._connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            self._connection.execute("PRAGMA synchronous = OFF")
        else:
            self._connection = psycopg.connect(url, autocommit=True)

    @property
    def sqlite(self) -> sqlite3.Connection:
        assert isinstance(self._connection, sqlite3.Connection)
        return self._connection

    def run(self, statement: str, *cells: Cell) -> int:
        if isinstance(self._connection, sqlite3.Connection):
            return self._connection.execute(statement, cells).rowcount
        worded = statement.replace("position", "notification_id").replace("?", "%s")
        return self._connection.execute(worded.encode(), cells).rowcount

    def ask(self, statement: str, *cells: Cell) -> list[Row]:
        if isinstance(self._connection, sqlite3.Connection):
            return self._connection.execute(statement, cells).fetchall()
        worded = statement.replace("position", "notification_id").replace("?", "%s")
        return self._connection.execute(worded.encode(), cells).fetchall()

    def close(self) -> None:
        self._connection.close()

    # SQLite, which takes any bytes

    def cells(self) -> Iterator[tuple[str, int, str, Cell]]:
        """Table, row id, column and cell, text as bytes, of all that a verification answers for."""
        self.sqlite.text_factory = bytes
        for table, columns in COLUMNS.items():
            rows = self.sqlite.execute(f"SELECT rowid, {', '.join(columns)} FROM {table}").fetchall()
            for rowid, *cells in rows:
                for column, cell in zip(columns, cells, strict=True):
                    yield table, rowid, column, cell

    @contextmanager
    def altered(self, table: str, rowid: int, column: str, before: Cell, after: Cell) -> Iterator[None]:
        """Until the end of the block; then it is as it was. sqlite3.IntegrityError: it can't be."""
        mark = "?" if column in BINARY else "CAST(? AS TEXT)" if isinstance(after, bytes) else "?"
        statement = f"UPDATE {table} SET {column} = {mark} WHERE rowid = ?"
        self.sqlite.execute(statement, (after, rowid))
        try:
            yield
        finally:
            back = statement if before is not None else f"UPDATE {table} SET {column} = ? WHERE rowid = ?"
            at = after if column == "position" else rowid
            self.sqlite.execute(back, (before, at))


def flips(cell: Cell) -> Iterator[Cell]:
    """The cell with one bit of one byte flipped, for each byte; a null with a byte in its place."""
    if isinstance(cell, int):
        for byte in range(8):
            flipped = cell ^ 1 << (8 * byte + cell % 8)
            yield flipped - (1 << 64) if flipped >= 1 << 63 else flipped
    elif isinstance(cell, bytes):
        for at in range(len(cell)):
            yield cell[:at] + bytes([cell[at] ^ 1 << at % 8]) + cell[at + 1 :]
    else:
        yield b"x"
