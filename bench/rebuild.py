"""A read model folded anew beside the live one, against bare statements and the usual ways to project."""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import partial

import msgspec

from bench.library_runner import LibraryRunner
from bench.logs import DATABASES, fresh_log, fresh_url
from bench.measure import Figure, rates, seconds
from bench.orders import filled
from bench.project import BATCH, ORDERS, Spy, raw_turn
from bench.raw import RawWriter, raw_writer
from domain.log import Log
from domain.rows import Change
from ordertrail.project import Projector
from ordertrail.rebuild import rebuild

SLOW = 1000
"""Events of one turn of the usual ways, which take a transaction each."""
USUAL = {"sqlite": ("a transaction an event", 20), "postgresql": ("ProjectionRunner", 50)}
"""The usual way to project on each database, and how many times faster a rebuild should be."""


def run() -> Iterator[Figure]:
    """Turns of one whole rebuild, the same events by bare statements, and some of them the usual way."""
    for database in DATABASES:
        ours: list[float] = []
        raw: list[float] = []
        usual: list[float] = []
        with fresh_log(database) as log, fresh_url(database) as url, raw_writer(url) as baseline:
            filled(log, ORDERS)
            spy = Spy(log)
            Projector(spy, say=print, batch_rows=BATCH).catch_up()
            turns = log.tail() // BATCH
            for turn in range(turns):
                ours.append(seconds(partial(rebuild, log, switch=False, progress=_unheard, say=print)))
                raw.append(seconds(partial(_raw, log, baseline, spy.batches)))
                usual.append(_usual(database, log, turn * BATCH))
            n = log.tail()
        yield Figure(database, rates(n, ours), rates(n, raw), 0.5, "events/s", turns * n)
        case, goal = USUAL[database]
        yield Figure(f"{database}, {case}", rates(n, ours), rates(SLOW, usual), goal, "events/s", turns * n)


def _unheard(reached: int, up_to: int) -> None:
    """Nobody watches."""


def _raw(log: Log, baseline: RawWriter, batches: Sequence[Sequence[Change]]) -> None:
    """SELECT, JSON decode and bulk upsert of the same events and rows."""
    after = 0
    for changes in batches:
        raw_turn(log, after, partial(baseline.upsert, publish=False), changes)
        after += BATCH


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
