"""A log in an SQLite file (WAL, every commit synced); several processes may write it."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain

from eventsourcing.persistence import IntegrityError, PersistenceError
from eventsourcing.sqlite import SQLiteCursor

from adapters.log.database import Database, Result, Taken, Transaction
from adapters.log.schema import Kind, Parameter, Record, Table, creation
from adapters.log.sqlite_recorder import (
    BUSY_SECONDS,
    LogDatastore,
    SqliteLogRecorder,
    insertion,
    portions,
)
from domain.log import LogRefused, LogUnreachable
from domain.rows import NewEvent

POLL_SECONDS = 0.02

LAST_EVENT = (
    "stored_events e ON e.position = (SELECT position FROM stored_events "
    "WHERE originator_id = r.stream ORDER BY originator_version DESC LIMIT 1)"
)

KINDS = {
    Kind.TEXT: "TEXT",
    Kind.INTEGER: "INTEGER",
    Kind.BINARY: "BLOB",
    Kind.BOOLEAN: "INTEGER",
    Kind.SERIAL: "INTEGER PRIMARY KEY AUTOINCREMENT",
}


class SqliteDatabase(Database):
    """`name`: a file: URI, or `:memory:`; `shown`: what messages call it."""

    def __init__(self, name: str, shown: str) -> None:
        self._shown = shown
        self._datastore = LogDatastore(name)
        self._recorder = SqliteLogRecorder(self._datastore)

    def close(self) -> None:
        self._datastore.close()

    def ask(self, statement: str, *cells: Parameter) -> list[Record]:
        with self._told(), self._datastore.get_connection(commit=False) as connection:
            return _rows(connection.cursor(), statement, cells)

    def inspect(self, statement: str, *cells: Parameter) -> list[Record]:
        with self._told(), self._datastore.get_connection(commit=False) as connection:
            cursor = connection.cursor()
            raw = cursor.sqlite_cursor.connection
            raw.text_factory = _text_or_bytes
            try:
                return _rows(cursor, statement, cells)
            finally:
                raw.text_factory = str

    def settle(self, statement: str, table: Table) -> list[Record]:
        """There is one writer at a time, and what it writes is seen when it has ended."""
        return self.ask(statement)

    def last_serial(self, table: Table) -> int:
        found = self.ask("SELECT seq FROM sqlite_sequence WHERE name = ?", table.name)
        return int(found[0][0] or 0) if found else 0

    def scrub(self, tables: Sequence[Table]) -> bool:
        """The log's file has none of it left once the write-ahead log is written back and empty."""
        with self._told(), self._datastore.get_connection(commit=False) as connection:
            [(busy, _, _)] = _rows(connection.cursor(), "PRAGMA wal_checkpoint(TRUNCATE)", ())
        return not busy

    def transact(self, work: Callable[[Transaction], Result], *, repeatable: bool) -> Result:
        with self._told(), self._datastore.transaction(commit=True) as cursor:
            return work(SqliteTransaction(self._recorder, cursor))

    def wait(self, arrived: Callable[[], bool], timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not arrived() and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, POLL_SECONDS))  # SQLite notifies no other process

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's errors in the log's words."""
        try:
            yield
        except (sqlite3.Error, PersistenceError) as error:
            cause = error if isinstance(error, sqlite3.Error) else error.__cause__
            name = getattr(cause, "sqlite_errorname", "")
            if isinstance(error, (sqlite3.IntegrityError, IntegrityError)):
                if name in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
                    raise Taken from error
                raise
            if name.startswith("SQLITE_BUSY"):
                raise LogUnreachable(
                    f"{self._shown} is locked: another process has held it for {BUSY_SECONDS} s"
                ) from error
            if name.startswith(("SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL")) or not name:
                raise LogUnreachable(f"{self._shown} can't be read or written: {cause}") from error
            raise LogRefused(f"{self._shown} is no fit log: {cause}") from error


class SqliteTransaction(Transaction):
    def __init__(self, recorder: SqliteLogRecorder, cursor: SQLiteCursor) -> None:
        self._recorder = recorder
        self._cursor = cursor

    def create(self) -> None:
        self._recorder._create_table(self._cursor)
        for statement in creation(KINDS):
            self._cursor.execute(statement)

    def has(self, table: str) -> bool:
        return bool(self.ask("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", table))

    def keep_creators_out(self) -> None:
        """A transaction keeps every other writer out anyway."""

    def run(self, statement: str, *cells: Parameter) -> int:
        self._cursor.execute(_worded(statement), _bound(cells))
        return self._cursor.sqlite_cursor.rowcount

    def ask(self, statement: str, *cells: Parameter) -> list[Record]:
        return _rows(self._cursor, statement, cells)

    def put(self, table: Table, rows: Sequence[Record]) -> int:
        stored = 0
        for portion in portions(rows):
            statement = f"{insertion(table.name, _columns(table), len(portion))} {table.on_conflict}"
            self._cursor.execute(statement, [*chain.from_iterable(portion)])
            stored += self._cursor.sqlite_cursor.rowcount
        return stored

    def put_in_order(self, table: Table, rows: Sequence[Record]) -> None:
        self.put(table, rows)

    def keep_evidence_still(self) -> None:
        self._cursor.execute("PRAGMA secure_delete = ON")

    def append(self, events: Sequence[NewEvent]) -> Sequence[int]:
        return self._recorder.insert_rows(self._cursor, events)


def _rows(cursor: SQLiteCursor, statement: str, cells: Sequence[Parameter]) -> list[Record]:
    plain = cursor.sqlite_cursor
    plain.row_factory = None
    plain.execute(_worded(statement), _bound(cells))
    return plain.fetchall()


def _text_or_bytes(text: bytes) -> str | bytes:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text


def _bound(cells: Sequence[Parameter]) -> list[Parameter]:
    return [json.dumps(cell) if isinstance(cell, list) else cell for cell in cells]


@cache
def _worded(statement: str) -> str:
    return statement.format(
        position="position",
        any="IN (SELECT value FROM json_each(?))",
        last_event=LAST_EVENT,
        raw="CAST(? AS TEXT)",
    )


@cache
def _columns(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.filled)
