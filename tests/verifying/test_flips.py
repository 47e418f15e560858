"""One byte of one column is altered, and it is found; `python -m bench tamper` does it at every byte."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from adapters.log import open_log
from domain.log import Log
from tests.description.course import told
from tests.fixtures.recording import START, Recording
from tests.verifying.conftest import recorded, seal
from tests.verifying.tampering import COLUMNS, Intruder, findings, flips

EVERY = 83  # prime, so that all bits get their turn
AT_RANDOM = 30


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = open_log(f"sqlite:///{tmp_path}/log.db", now=START, new_id="log-a")
    yield log
    log.close()


@pytest.fixture
def intruder(tmp_path: Path, log: Log) -> Iterator[Intruder]:
    intruder = Intruder(f"sqlite:///{tmp_path}/log.db")
    yield intruder
    intruder.close()


@pytest.mark.parametrize("table", COLUMNS)
def test_a_flipped_byte_is_found_whatever_column_it_is_in(log: Log, intruder: Intruder, table: str) -> None:
    recorded(Recording(log))
    unfound, tried = [], 0

    for where, rowid, column, cell in list(intruder.cells()):
        for after in list(flips(cell))[::EVERY] if where == table else ():
            try:
                with intruder.altered(table, rowid, column, cell, after):
                    tried += 1
                    unfound += [] if findings(log) else [(rowid, column, after)]
            except sqlite3.IntegrityError:
                continue  # the database itself does not let it in

    assert unfound == []
    assert tried >= len(COLUMNS[table])
    assert findings(log) == []


def test_a_byte_flipped_at_random_in_a_larger_log_is_found(log: Log, intruder: Intruder) -> None:
    told(log)
    seal(Recording(log), every=20)
    rng = Random(20261122)
    cells = list(intruder.cells())
    unfound = []

    for table, rowid, column, cell in rng.sample(cells, AT_RANDOM):
        after = rng.choice(list(flips(cell)) or [b"x"])
        try:
            with intruder.altered(table, rowid, column, cell, after):
                unfound += [] if findings(log) else [(table, rowid, column, after)]
        except sqlite3.IntegrityError:
            continue  # as above

    assert unfound == []
