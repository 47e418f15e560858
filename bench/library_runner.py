"""The library's way to project: eventsourcing's ProjectionRunner on PostgreSQL, a transaction an event."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlparse
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

from domain.rows import Row

WAIT_SECONDS = 60.0


class Swap(Aggregate):
    def __init__(self, order: str) -> None:
        self.order = order

    @event("Told")
    def tell(self, event: str) -> None:
        """What the order's stored event says, as text."""


class Swaps(Application[UUID]):
    pass


class Table(PostgresTrackingRecorder):
    """One row an order, replaced at each of its events."""

    def __init__(self, datastore: PostgresDatastore, **others: Any) -> None:
        super().__init__(datastore, **others)
        self.sql_create_statements.append(
            SQL("CREATE TABLE IF NOT EXISTS rows (key text PRIMARY KEY, value jsonb)").format()
        )

    def put(self, key: str, value: str, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO rows VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (key, value),
            )


class Rows(Projection[Table]):
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        if isinstance(domain_event, Aggregate.Event) and hasattr(domain_event, "event"):
            value = json.loads(domain_event.event)
            self.view.put(str(domain_event.originator_id), json.dumps(value), tracking)


class LibraryRunner:
    """`url`: an empty PostgreSQL database."""

    def __init__(self, url: str) -> None:
        place = urlparse(url)
        self._env = {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": place.path.lstrip("/"),
            "POSTGRES_HOST": place.hostname or "",
            "POSTGRES_PORT": str(place.port),
            "POSTGRES_USER": place.username or "",
            "POSTGRES_PASSWORD": place.password or "none",
        }

    def fill(self, rows: Sequence[Row]) -> int:
        """The rows' events as the library stores them; the position of the last."""
        app = Swaps(env=self._env)
        swaps: dict[str, Swap] = {}
        for row in rows:
            swap = swaps.setdefault(row.order, Swap(row.order))
            swap.tell(row.state.decode())
        app.save(*swaps.values())
        last = app.recorder.max_notification_id() or 0
        app.close()
        return last

    def run(self, last: int) -> None:
        """From the first event to the last."""
        with ProjectionRunner(
            application_class=Swaps, projection_class=Rows, view_class=Table, env=self._env
        ) as runner:
            runner.wait(last, timeout=WAIT_SECONDS)
