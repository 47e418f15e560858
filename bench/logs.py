"""Fresh logs to measure on: an SQLite file and a PostgreSQL database."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.log import open_log
from domain.log import Log
from tests.fixtures.postgres import shared_server

DATABASES = ("sqlite", "postgresql")


@contextmanager
def fresh_url(database: str) -> Iterator[str]:
    if database == "sqlite":
        with tempfile.TemporaryDirectory() as directory:
            yield f"sqlite:///{Path(directory) / 'bench.db'}"
        return
    server = shared_server()
    url = server.create_database()
    try:
        yield url
    finally:
        server.drop_database(url)


@contextmanager
def fresh_log(database: str) -> Iterator[Log]:
    with fresh_url(database) as url:
        log = open_log(url, now=time.time_ns() // 1000, new_id="bench")
        try:
            yield log
        finally:
            log.close()
