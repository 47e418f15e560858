"""A read model folded anew beside the live one, against bare statements and the usual ways to project."""

import sqlite3
from collections.abc import Iterator
from functools import partial

import msgspec

from bench.library_runner import LibraryRunner
from bench.logs import DATABASES, fresh_log, fresh_url
from bench.measure import Figure, rates, seconds
from bench.project import BATCH, Spy, fill, raw_turn
from bench.raw import raw_writer
from domain.log import Log
from ordertrail.project import Projector
from ordertrail.rebuild import Shadow

SLOW = 1000
"""Events of one turn of the usual ways, which take a transaction each."""
LIBRARY_GOAL = 50
SINGLE_GOAL = 20


def run() -> Iterator[Figure]:
    for database in DATABASES:
        with fresh_log(database) as log:
            fill(log)
            Projector(log, say=print, batch_rows=BATCH).catch_up()
            ours: list[float] = []
            raw: list[float] = []
            usual: list[float] = []
            with fresh_url(database) as url, raw_writer(url) as baseline:
                spy = Spy(log)
                shadow = Shadow(spy)
                shadow.up_to = log.tail()
                projector = Projector(shadow, say=print, batch_rows=BATCH)
                after = 0
                for _ in range(shadow.up_to // BATCH):
                    ours.append(seconds(projector.step))
                    upsert = partial(baseline.upsert, publish=False)
                    raw.append(seconds(partial(raw_turn, log, after, upsert, spy.changes)))
                    usual.append(_usual(database, log, after))
                    after = shadow.position("")
        n = len(ours) * BATCH
        yield Figure(database, rates(BATCH, ours), rates(BATCH, raw), 0.5, "events/s", n)
        case, goal = (
            ("sqlite, a transaction an event", SINGLE_GOAL)
            if database == "sqlite"
            else ("postgresql, ProjectionRunner", LIBRARY_GOAL)
        )
        yield Figure(case, rates(BATCH, ours), rates(SLOW, usual), goal, "events/s", n)


def _usual(database: str, log: Log, after: int) -> float:
    rows = log.read(after, SLOW)
    with fresh_url(database) as url:
        if database == "sqlite":
            return seconds(partial(_one_by_one, log, after, url.removeprefix("sqlite:///")))
        runner = LibraryRunner(url)
        return seconds(partial(runner.run, runner.fill(rows)))


def _one_by_one(log: Log, after: int, file: str) -> None:
    """SELECT, decode, upsert and position, one event after the other, each committed."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE rows (key TEXT PRIMARY KEY, value BLOB)")
    connection.execute("CREATE TABLE position (name TEXT PRIMARY KEY, at INTEGER)")
    for row in log.read(after, SLOW):
        value = msgspec.json.encode(msgspec.json.decode(row.state))
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO rows VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (row.order, value),
        )
        connection.execute(
            "INSERT INTO position VALUES ('rows', ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at",
            (row.position,),
        )
        connection.execute("COMMIT")
    connection.close()
