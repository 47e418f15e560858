"""The bare baselines of writing: the same rows into the same tables, by executemany in one transaction."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import psycopg

from adapters.log import open_log
from adapters.log.schema import EVIDENCE, LOOKS, OUTBOX, READ_MODELS, WATCHES, Record, Table
from domain.rows import Change, Entry

Work = tuple[str, list[Record]]
EVENT_COLUMNS = ("originator_id", "originator_version", "topic", "state")


class RawWriter(Protocol):
    def write(self, entries: Sequence[Entry]) -> None: ...
    def upsert(self, changes: Sequence[Change], *, publish: bool = True) -> None: ...


@contextmanager
def raw_writer(url: str) -> Iterator[RawWriter]:
    open_log(url, now=time.time_ns() // 1000, new_id="raw").close()
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -4096")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        yield SqliteWriter(connection)
        connection.close()
        return
    with psycopg.connect(url, autocommit=True) as server:
        yield PostgresWriter(server)


class SqliteWriter:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def write(self, entries: Sequence[Entry]) -> None:
        self._run(_statements(entries, "?"))

    def upsert(self, changes: Sequence[Change], *, publish: bool = True) -> None:
        self._run(_upserts(changes, "?", publish))

    def _run(self, work: Iterator[Work]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        for statement, rows in work:
            self._connection.executemany(statement, rows)
        self._connection.execute("COMMIT")


class PostgresWriter:
    def __init__(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self._connection = connection

    def write(self, entries: Sequence[Entry]) -> None:
        self._run(_statements(entries, "%s"))

    def upsert(self, changes: Sequence[Change], *, publish: bool = True) -> None:
        self._run(_upserts(changes, "%s", publish))

    def _run(self, work: Iterator[Work]) -> None:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            for statement, rows in work:
                cursor.executemany(statement.encode(), rows)


def _upserts(changes: Sequence[Change], mark: str, publish: bool) -> Iterator[Work]:
    names = [column.name for column in READ_MODELS.filled][4:]
    yield (
        _insert(READ_MODELS, mark),
        [
            (
                change.model,
                change.key,
                change.value,
                change.fold,
                *(change.columns.get(name) for name in names),
            )
            for change in changes
        ],
    )
    if publish:
        outbox: list[Record] = [(row.model, row.key, row.value, row.position) for row in changes]
        yield _insert(OUTBOX, mark), outbox


def _statements(entries: Sequence[Entry], mark: str) -> Iterator[Work]:
    yield _insert(EVIDENCE, mark), [tuple(entry.evidence) for entry in entries if entry.evidence]
    yield _insert(LOOKS, mark), [tuple(entry.look) for entry in entries if entry.look]
    yield _insert(WATCHES, mark), [tuple(entry.watch) for entry in entries if entry.watch]
    events = f"INSERT INTO stored_events ({', '.join(EVENT_COLUMNS)}) VALUES ({', '.join([mark] * 4)})"
    yield events, [tuple(event) for entry in entries for event in entry.events]


def _insert(table: Table, mark: str) -> str:
    names = [column.name for column in table.filled]
    marks = ", ".join([mark] * len(names))
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks}) {table.on_conflict}"
