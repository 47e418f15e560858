"""What other processes do to a log: write it steadily, or die between two statements."""

import multiprocessing
import os
import random
import signal
import sqlite3
import sys
from collections.abc import Callable, Sequence
from multiprocessing.context import ForkServerProcess
from typing import Any  # what sqlite3 and psycopg are called with

import psycopg

from domain.rows import Committed, Entry, EvidenceRow, WatchRow
from tests.log.entries import event, opened

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload([__name__])


def begin(work: Callable[..., None], *arguments: object) -> ForkServerProcess:
    process = processes.Process(target=work, args=arguments, daemon=True)
    process.start()
    return process


def write_steadily(url: str, writer: str, commits: int, size: int) -> None:
    """Commits of a few streams, with watch and evidence rows that all writers share, in random order."""
    log = opened(url)
    rng = random.Random(writer)
    for number in range(1, commits + 1):
        shared = rng.sample(range(size * 2), size)
        entries = [
            Entry(
                events=[event(f"runa-{writer}-{stream}", number)],
                evidence=EvidenceRow(f"sha-{shared[stream]}", "runa-shared", 5, b"sealed", 1),
                watch=WatchRow(f"runa-shared-{shared[stream]}", number, writer.encode()),
            )
            for stream in range(size)
        ]
        assert all(isinstance(outcome, Committed) for outcome in log.commit(entries))
        log.save_watches([WatchRow(f"runa-shared-{stream}", number, b"saved") for stream in shared])
    log.close()


def commit_and_die(url: str, entries: Sequence[Entry], statements: int) -> None:
    """Killed by itself before the statement that follows so many of the commit; lives if there is none."""
    death = Death()
    log = opened(url)
    death.left = statements
    log.commit(entries)
    os._exit(0)


def open_and_die(url: str, statements: int) -> None:
    Death().left = statements
    opened(url)
    os._exit(0)


class Death:
    """Counts the statements that reach the database, by sqlite3's trace and psycopg's wait for an answer."""

    def __init__(self) -> None:
        self.left = sys.maxsize
        connect, wait = sqlite3.connect, psycopg.Connection.wait

        def connect_counting(*arguments: Any, **options: Any) -> Any:
            connection = connect(*arguments, **options)
            connection.set_trace_callback(self._count)
            return connection

        def wait_counting(*arguments: Any, **options: Any) -> Any:
            self._count()
            return wait(*arguments, **options)

        sqlite3.connect = connect_counting
        psycopg.Connection.wait = wait_counting  # type: ignore[method-assign]  # to stand between statements

    def _count(self, _: str = "") -> None:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
