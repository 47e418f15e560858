"""eventsourcing's recorder on SQLite: positions that are never used again, one insert for many events."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain

from eventsourcing.persistence import Notification, StoredEvent, Tracking
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteProcessRecorder,
    SQLiteTransaction,
)

BUSY_SECONDS = 30
RETRY_SECONDS = 0.02
CACHE_KIB = 4 * 1024
CHECKPOINT_PAGES = 4000
LAST = 2**63 - 1

EVENT_COLUMNS = ("originator_id", "originator_version", "topic", "state")
ROWS_AT_ONCE = 500

StoredRow = tuple[str, int, str, bytes]


class ImmediateTransaction(SQLiteTransaction):
    """Takes the write lock at its start: one that turns into a writer late fails instead of waiting."""

    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
        return cursor


class LogConnection(SQLiteConnection):
    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        with ImmediateTransaction(self, commit=commit) as cursor, cursor:
            yield cursor


class LogConnectionPool(SQLiteConnectionPool):
    def _create_connection(self) -> SQLiteConnection:
        """SQLite does not wait by itself while another process turns a new file to WAL."""
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                return self._configured(super()._create_connection()._sqlite_conn)
            except sqlite3.OperationalError as error:
                if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > deadline:
                    raise
            time.sleep(RETRY_SECONDS)  # SQLite does not wait for the switch to WAL

    def _configured(self, connection: sqlite3.Connection) -> SQLiteConnection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        return LogConnection(sqlite_conn=connection, max_age=self.max_age)


class LogDatastore(SQLiteDatastore):
    """`name`: a file: URI, or `:memory:` (one connection)."""

    def __init__(self, name: str) -> None:
        super().__init__(name, originator_id_type="text")
        self.pool = LogConnectionPool(db_name=name, lock_timeout=BUSY_SECONDS)


class SqliteLogRecorder(SQLiteProcessRecorder):
    def __init__(self, datastore: SQLiteDatastore) -> None:
        super().__init__(datastore)

    def construct_create_table_statements(self) -> list[str]:
        """Of the library's statements the events table is the first; the implicit rowid it would have can be
        renumbered and used again."""
        events = (
            f"CREATE TABLE IF NOT EXISTS {self.events_table_name} ("
            "position INTEGER PRIMARY KEY AUTOINCREMENT, "
            "originator_id TEXT NOT NULL, "
            "originator_version INTEGER NOT NULL, "
            "topic TEXT NOT NULL, "
            "state BLOB NOT NULL, "
            "UNIQUE (originator_id, originator_version))"
        )
        return [events, *super().construct_create_table_statements()[1:]]

    def insert_rows(self, cursor: SQLiteCursor, rows: Sequence[StoredRow]) -> list[int]:
        """Their positions, which are contiguous: there is one writer at a time."""
        last = 0
        for portion in portions(rows):
            statement = insertion(self.events_table_name, EVENT_COLUMNS, len(portion))
            last = cursor.sqlite_cursor.execute(statement, [*chain.from_iterable(portion)]).lastrowid or 0
        return list(range(last - len(rows) + 1, last + 1))

    def _insert_events(
        self,
        c: SQLiteCursor,
        stored_events: Sequence[StoredEvent],
        *,
        tracking: Tracking | None = None,
        **_: object,
    ) -> Sequence[int] | None:
        rows = [(str(e.originator_id), e.originator_version, e.topic, e.state) for e in stored_events]
        positions = self.insert_rows(c, rows)
        if tracking is not None:
            self._insert_tracking(c, tracking)
        return positions

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """As the library's, which looks for a column called rowid."""
        beyond = (start or 0) - (1 if inclusive_of_start else 0)
        among = f"AND topic IN ({','.join('?' * len(topics))}) " if topics else ""
        statement = (
            "SELECT originator_id, originator_version, topic, state, position "
            f"FROM {self.events_table_name} WHERE position > ? AND position <= ? {among}"
            "ORDER BY position LIMIT ?"
        )
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(statement, (beyond, LAST if stop is None else stop, *topics, limit))
            return [Notification(*row) for row in cursor.fetchall()]


@lru_cache(256)
def insertion(table: str, columns: Sequence[str], rows: int) -> str:
    """One statement for many rows: `executemany` takes and gives up Python's lock for each of them, and other
    threads wait."""
    marks = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([marks] * rows)}"


def portions(rows: Sequence[Sequence[object]]) -> Iterator[Sequence[Sequence[object]]]:
    """As many rows at a time as a statement has room for."""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield rows[start : start + ROWS_AT_ONCE]
