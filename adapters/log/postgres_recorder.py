"""eventsourcing's recorder on PostgreSQL: its table, lock and NOTIFY, with binary arrays and no pipeline."""

from collections.abc import Callable, Sequence

from eventsourcing.persistence import InterfaceError, OperationalError, StoredEvent, Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresProcessRecorder
from eventsourcing.utils import retry
from psycopg import Connection, Cursor
from psycopg.rows import DictRow
from psycopg.sql import SQL

from adapters.log.postgres_arrays import Encoded, EncodedDumper, encoded
from adapters.log.schema import Kind

LOCK_SECONDS = 10
CONNECT_SECONDS = 5
# A worker that is frozen within a transaction would keep every other writer out.
IDLE_IN_TRANSACTION_SECONDS = 30

SCHEMA = "public"
EVENT_KINDS = (Kind.TEXT, Kind.INTEGER, Kind.TEXT, Kind.BINARY)

StoredRow = tuple[str, int, str, bytes]

# The library's table, but for the collation: streams are sorted the same in every database, and faster.
CREATE_EVENTS = """
CREATE TABLE IF NOT EXISTS stored_events (
    originator_id text COLLATE "C" NOT NULL,
    originator_version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL,
    notification_id bigserial,
    PRIMARY KEY (originator_id, originator_version)
) WITH (
    autovacuum_enabled = true,
    autovacuum_vacuum_threshold = 100000000,
    autovacuum_vacuum_scale_factor = 0.5,
    autovacuum_analyze_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.01
)
"""

LOCK_EVENTS = "LOCK TABLE stored_events IN EXCLUSIVE MODE; NOTIFY stored_events"

INSERT_EVENTS = (
    "INSERT INTO stored_events (originator_id, originator_version, topic, state) "
    "SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::bytea[]) RETURNING notification_id"
)


class LogDatastore(PostgresDatastore):
    """`place`: a connection's parameters by libpq's names."""

    def __init__(self, place: dict[str, str], *, pool_size: int = 1) -> None:
        super().__init__(
            dbname=place["dbname"],
            host=place.get("host", ""),
            port=place.get("port", ""),
            user=place.get("user", ""),
            password=place.get("password", ""),
            connect_timeout=CONNECT_SECONDS,
            idle_in_transaction_session_timeout=IDLE_IN_TRANSACTION_SECONDS,
            lock_timeout=LOCK_SECONDS,
            pool_size=pool_size,
            schema=SCHEMA,
            originator_id_type="text",
        )
        assert isinstance(self.pool.kwargs, dict)
        self.pool.kwargs.update(place)

    def after_connect_func(self) -> Callable[[Connection[DictRow]], None]:
        library = super().after_connect_func()

        def after_connect(connection: Connection[DictRow]) -> None:
            library(connection)
            connection.adapters.register_dumper(Encoded, EncodedDumper)
            connection.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'; SET search_path TO {SCHEMA}")

        return after_connect


class PostgresLogRecorder(PostgresProcessRecorder):
    def __init__(self, datastore: PostgresDatastore) -> None:
        super().__init__(datastore, events_table_name="stored_events", tracking_table_name="tracking")
        self.sql_create_statements[self.create_table_statement_index] = SQL(CREATE_EVENTS).format()
        self.sql_create_statements = [
            statement
            for statement in self.sql_create_statements
            if not statement.as_string().startswith(("CREATE TYPE", "CREATE OR REPLACE FUNCTION"))
        ]
        self._insertion = SQL(INSERT_EVENTS)

    def insert_rows(self, cursor: Cursor[DictRow], rows: Sequence[StoredRow]) -> list[int]:
        """Their positions. From the lock to the end of the transaction every other writer waits, so positions
        become visible in their order and no reader passes over one; a transaction that fails burns some."""
        if not rows:
            return []
        cursor.execute(LOCK_EVENTS, prepare=False)
        columns = zip(*rows, strict=True)
        arrays = [encoded(kind, column) for kind, column in zip(EVENT_KINDS, columns, strict=True)]
        cursor.execute(self._insertion, arrays)
        return [row["notification_id"] for row in cursor.fetchall()]

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, tracking: Tracking | None = None, **_: object
    ) -> Sequence[int] | None:
        with self.datastore.transaction(commit=True) as cursor:
            if tracking is not None:
                self._insert_tracking(cursor, tracking)
            rows = [(str(e.originator_id), e.originator_version, e.topic, e.state) for e in stored_events]
            return self.insert_rows(cursor, rows)
