"""eventsourcing's own contract tests, on our recorders."""

import tempfile
import threading
import unittest
from collections.abc import Collection
from pathlib import Path
from uuid import UUID, uuid4

from eventsourcing.tests import persistence as library
from psycopg.conninfo import conninfo_to_dict

from adapters.log.postgres_recorder import LogDatastore as PostgresDatastore
from adapters.log.postgres_recorder import PostgresLogRecorder
from adapters.log.sqlite_recorder import LogDatastore as SqliteDatastore
from adapters.log.sqlite_recorder import SqliteLogRecorder
from tests.fixtures.postgres import shared_server

PATIENT = 10.0


def await_others(before: Collection[threading.Thread]) -> None:
    """The library's tests leave readers running, and SQLite closed under one of them ends the process."""
    for thread in set(threading.enumerate()).difference(before):
        thread.join(PATIENT)


class TextIds(library.RecorderTestCase):
    def new_originator_id(self) -> UUID | str:
        return f"runa-{uuid4()}"


class OnSqlite(unittest.TestCase):
    def create_recorder(self) -> SqliteLogRecorder:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        datastore = SqliteDatastore(f"file:{Path(folder.name) / 'log.db'}")
        self.addCleanup(datastore.close)
        self.addCleanup(await_others, set(threading.enumerate()))
        recorder = SqliteLogRecorder(datastore)
        recorder.create_table()
        return recorder


class OnPostgres(unittest.TestCase):
    def create_recorder(self) -> PostgresLogRecorder:
        server = shared_server()
        url = server.create_database()
        self.addCleanup(server.drop_database, url)
        place = {name: str(value) for name, value in conninfo_to_dict(url).items()}
        datastore = PostgresDatastore(place, pool_size=12)
        self.addCleanup(datastore.close)
        recorder = PostgresLogRecorder(datastore)
        recorder.create_table()
        return recorder


class TestSqliteApplication(OnSqlite, TextIds, library.ApplicationRecorderTestCase):
    pass


class TestSqliteProcess(OnSqlite, TextIds, library.ProcessRecorderTestCase):
    pass


class TestSqliteTracking(OnSqlite, library.TrackingRecorderTestCase):
    pass


class TestSqliteOrder(OnSqlite, TextIds, library.NonInterleavingNotificationIDsBaseCase):
    pass


class TestPostgresApplication(OnPostgres, TextIds, library.ApplicationRecorderTestCase):
    EXPECT_CONTIGUOUS_NOTIFICATION_IDS = False


class TestPostgresProcess(OnPostgres, TextIds, library.ProcessRecorderTestCase):
    pass


class TestPostgresTracking(OnPostgres, library.TrackingRecorderTestCase):
    pass


class TestPostgresOrder(OnPostgres, TextIds, library.NonInterleavingNotificationIDsBaseCase):
    pass
