"""The log replayed to a pipe, against a bare SELECT of what it tells and writing the same bytes."""

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO

import psycopg

from adapters.log import open_log
from bench.logs import DATABASES, fresh_url
from bench.measure import Figure, rates, seconds
from bench.orders import BEGIN, filled
from domain.log import Log
from ordertrail.replay import PAGE, lines, pages, span_of
from ordertrail.sinks import to_stream

ORDERS = 5000
TURNS = 7
SELECT = (
    "SELECT e.{position}, e.originator_id, coalesce(r.provider || '/' || r.order_id, e.originator_id), "
    "e.originator_version, e.topic, e.state "
    "FROM stored_events e LEFT JOIN register r ON r.stream = e.originator_id "
    "WHERE e.{position} > {mark} ORDER BY e.{position} LIMIT {mark}"
)

Ask = Callable[[int], Sequence[tuple[int, ...]]]


def run() -> Iterator[Figure]:
    for database in DATABASES:
        with fresh_url(database) as url:
            log = open_log(url, now=BEGIN, new_id="bench")
            filled(log, ORDERS)
            count = log.tail()
            told = [lines(log.id, page) for page in pages(log, span_of(count, None, None))]
            ours: list[float] = []
            raw: list[float] = []
            with _raw(url) as ask:
                for _ in range(TURNS):
                    with _pipe() as pipe:
                        ours.append(seconds(partial(_ours, log, pipe)))
                    with _pipe() as pipe:
                        raw.append(seconds(partial(_baseline, ask, told, pipe)))
            log.close()
        yield Figure(database, rates(count, ours), rates(count, raw), 0.5, "events/s", count)


def _ours(log: Log, pipe: BinaryIO) -> None:
    to_stream(pipe, log.id, pages(log, span_of(log.tail(), None, None)), lambda page: None)


def _baseline(ask: Ask, told: Sequence[bytes], pipe: BinaryIO) -> None:
    after = 0
    for page in told:
        after = ask(after)[-1][0]
        pipe.write(page)
    pipe.flush()


@contextmanager
def _pipe() -> Iterator[BinaryIO]:
    """A pipe that another process empties."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as reader:
        assert reader.stdin is not None
        with os.fdopen(os.dup(reader.stdin.fileno()), "wb") as pipe:
            reader.stdin.close()
            yield pipe


@contextmanager
def _raw(url: str) -> Iterator[Ask]:
    """Asks for a page of rows beyond a position."""
    if url.startswith("sqlite"):
        statement = SELECT.format(position="position", mark="?")
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        yield lambda after: connection.execute(statement, (after, PAGE)).fetchall()
        connection.close()
        return
    words = SELECT.format(position="notification_id", mark="%s").encode()
    with psycopg.connect(url, autocommit=True) as server:
        yield lambda after: server.cursor(binary=True).execute(words, (after, PAGE)).fetchall()
