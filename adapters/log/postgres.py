"""A log in PostgreSQL, for many workers at once."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import psycopg
from eventsourcing.persistence import IntegrityError, InterfaceError, OperationalError, PersistenceError
from psycopg import Connection, Cursor, errors
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow, TupleRow, tuple_row
from psycopg_pool import PoolTimeout

from adapters.log.database import Database, Result, Taken, Transaction
from adapters.log.postgres_arrays import encoded
from adapters.log.postgres_recorder import CONNECT_SECONDS, LogDatastore, PostgresLogRecorder
from adapters.log.schema import Kind, Parameter, Record, Table, creation
from domain.log import LogRefused, LogUnreachable
from domain.rows import NewEvent

PATIENCE_SECONDS = 10.0
RETRY_SECONDS = 0.2
POLL_SECONDS = 0.5  # beside NOTIFY, which can be lost
CREATION_LOCK = 0x0DE27A11  # an advisory lock's number: ours alone, by chance

LAST_EVENT = (
    "LATERAL (SELECT originator_version, topic, state FROM stored_events "
    "WHERE originator_id = r.stream ORDER BY originator_version DESC LIMIT 1) e ON true"
)

KINDS = {
    Kind.TEXT: 'text COLLATE "C"',
    Kind.INTEGER: "bigint",
    Kind.BINARY: "bytea",
    Kind.BOOLEAN: "boolean",
    Kind.SERIAL: "bigserial PRIMARY KEY",
}
ARRAYS = {
    Kind.TEXT: "text[]",
    Kind.INTEGER: "bigint[]",
    Kind.BINARY: "bytea[]",
    Kind.BOOLEAN: "boolean[]",
}

# Nothing was committed when one of these is raised.
UNDONE = (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable, PoolTimeout)


class PostgresDatabase(Database):
    """`place`: a connection's parameters by libpq's names; `shown`: what messages call it."""

    def __init__(self, place: dict[str, str], shown: str) -> None:
        self._place = {
            "application_name": "ordertrail",
            "connect_timeout": str(CONNECT_SECONDS),
            "tcp_user_timeout": str(int(PATIENCE_SECONDS * 1000)),
            **place,
        }
        self._shown = shown
        self._listener: Connection[TupleRow] | None = None
        self._demand_answer()
        self._datastore = LogDatastore(self._place)
        self._recorder = PostgresLogRecorder(self._datastore)

    def close(self) -> None:
        self._stop_listening()
        self._datastore.close()

    def ask(self, statement: str, *cells: Parameter) -> list[Record]:
        def attempt() -> list[Record]:
            with self._datastore.get_connection() as connection:
                return _rows(connection, statement, cells)

        return self._patiently(attempt, repeatable=True)

    def inspect(self, statement: str, *cells: Parameter) -> list[Record]:
        """The server lets no other text in."""
        return self.ask(statement, *cells)

    def settle(self, statement: str, table: Table) -> list[Record]:
        def work(transaction: Transaction) -> list[Record]:
            transaction.run(f"LOCK TABLE {table.name} IN SHARE MODE")
            return transaction.ask(statement)

        return self.transact(work, repeatable=True)

    def last_serial(self, table: Table) -> int:
        """Also counts serials of rows that were never committed."""
        [(last, given)] = self.ask(f"SELECT last_value, is_called FROM {table.name}_id_seq")
        return int(last or 0) if given else 0

    def scrub(self, tables: Sequence[Table]) -> bool:
        try:
            with psycopg.connect(make_conninfo(**self._place), autocommit=True) as connection:
                for table in tables:
                    connection.execute(f"VACUUM {table.name}".encode())
        except psycopg.OperationalError as error:
            raise self._unreachable(error) from error
        return True

    def transact(self, work: Callable[[Transaction], Result], *, repeatable: bool) -> Result:
        def attempt() -> Result:
            with self._datastore.transaction(commit=True) as cursor:
                return work(PostgresTransaction(self._recorder, cursor))

        return self._patiently(attempt, repeatable=repeatable)

    def wait(self, arrived: Callable[[], bool], timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not arrived() and (left := deadline - time.monotonic()) > 0:
            self._listen(min(left, POLL_SECONDS))

    def _demand_answer(self) -> None:
        """The pool tries in the background and can't say what is wrong."""
        try:
            psycopg.connect(make_conninfo(**self._place)).close()
        except psycopg.Error as error:
            raise self._unreachable(error) from error

    def _patiently(self, attempt: Callable[[], Result], *, repeatable: bool) -> Result:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with self._told():
                    return attempt()
            except (OperationalError, InterfaceError) as error:
                safe = repeatable or isinstance(error.__cause__, UNDONE)
                if not safe or time.monotonic() > deadline:
                    raise self._unreachable(error) from error
            time.sleep(RETRY_SECONDS)  # a server that is away tells nobody when it is back

    @contextmanager
    def _told(self) -> Iterator[None]:
        """PostgreSQL's errors in the log's words, but for those that may pass by themselves."""
        try:
            yield
        except (OperationalError, InterfaceError) as error:
            if isinstance(error.__cause__, errors.ProgramLimitExceeded):
                raise self._unfit(error) from error
            raise
        except IntegrityError as error:
            if isinstance(error.__cause__, errors.UniqueViolation):
                raise Taken from error
            raise
        except PersistenceError as error:
            raise self._unfit(error) from error

    def _unfit(self, error: Exception) -> LogRefused:
        return LogRefused(f"{self._shown} is no fit log: {error}")

    def _unreachable(self, error: Exception) -> LogUnreachable:
        why = " ".join(str(error).split())
        return LogUnreachable(f"{self._shown} can't be reached or answers no more: {why}")

    def _listen(self, seconds: float) -> None:
        """An append before LISTEN is up is found by looking again, so the first call returns at once."""
        try:
            if self._listener is None:
                self._listener = psycopg.connect(make_conninfo(**self._place), autocommit=True)
                self._listener.execute("LISTEN stored_events")
            else:
                list(self._listener.notifies(timeout=seconds, stop_after=1))
        except psycopg.OperationalError:
            self._stop_listening()
            time.sleep(min(seconds, RETRY_SECONDS))  # without a listener there is only asking again

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None


class PostgresTransaction(Transaction):
    def __init__(self, recorder: PostgresLogRecorder, cursor: Cursor[DictRow]) -> None:
        self._recorder = recorder
        self._cursor = cursor

    def create(self) -> None:
        self._recorder._create_table(self._cursor)
        for statement in creation(KINDS):
            self._cursor.execute(statement)

    def has(self, table: str) -> bool:
        return self.ask("SELECT to_regclass(?) IS NOT NULL", table) == [(True,)]

    def keep_creators_out(self) -> None:
        self._cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CREATION_LOCK])

    def run(self, statement: str, *cells: Parameter) -> int:
        self._cursor.execute(_worded(statement), cells)
        return self._cursor.rowcount

    def ask(self, statement: str, *cells: Parameter) -> list[Record]:
        return _rows(self._cursor.connection, statement, cells)

    def put(self, table: Table, rows: Sequence[Record]) -> int:
        """In the order of the key: writers that lock the same rows wait for each other, never in a circle."""
        if not rows:
            return 0
        return self._insert(table, sorted(rows, key=table.order) if table.clash else rows)

    def put_in_order(self, table: Table, rows: Sequence[Record]) -> None:
        if rows:
            self._cursor.execute(f"LOCK TABLE {table.name} IN EXCLUSIVE MODE")
            self._insert(table, rows)

    def keep_evidence_still(self) -> None:
        self._cursor.execute("LOCK TABLE evidence IN SHARE ROW EXCLUSIVE MODE")

    def append(self, events: Sequence[NewEvent]) -> Sequence[int]:
        return self._recorder.insert_rows(self._cursor, events)

    def _insert(self, table: Table, rows: Sequence[Record]) -> int:
        columns = zip(table.filled, zip(*rows, strict=True), strict=True)
        self._cursor.execute(_insertion(table), [encoded(column.kind, cells) for column, cells in columns])
        return self._cursor.rowcount


def _rows(connection: Connection[DictRow], statement: str, cells: Sequence[Parameter]) -> list[Record]:
    with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        return cursor.execute(_worded(statement), cells).fetchall()


@cache
def _worded(statement: str) -> str:
    words = statement.format(
        position="notification_id", any="= ANY(?)", last_event=LAST_EVENT, raw="convert_from(?, 'UTF8')"
    )
    return words.replace("?", "%s")


@cache
def _insertion(table: Table) -> str:
    names = ", ".join(column.name for column in table.filled)
    arrays = ", ".join(f"%s::{ARRAYS[column.kind]}" for column in table.filled)
    return f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays}) {table.on_conflict}"
