import sqlite3

import psycopg

from domain.rows import Committed, Conflict
from tests.log.entries import events, opened


def test_sqlite_never_uses_a_position_again(sqlite_url: str) -> None:
    log = opened(sqlite_url)
    log.commit([events("runa-1", 1, 2, 3)])
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        connection.execute("DELETE FROM stored_events WHERE position = 3")
    connection.close()

    [outcome] = log.commit([events("runa-2", 1)])

    assert outcome == Committed([4])
    log.close()


def test_sqlite_gives_the_positions_of_a_failed_commit_to_the_next(sqlite_url: str) -> None:
    log = opened(sqlite_url)
    log.commit([events("runa-1", 1)])
    log.commit([events("runa-1", 1, state=b'{"other":1}')])

    assert log.commit([events("runa-2", 1, 2)]) == [Committed([2, 3])]
    log.close()


def test_postgres_burns_positions_and_readers_pass_over_the_gap(postgres_url: str) -> None:
    log = opened(postgres_url)
    log.commit([events("runa-1", 1)])
    assert log.commit([events("runa-1", 1, state=b'{"other":1}')]) == [Conflict("runa-1")]

    [outcome] = log.commit([events("runa-2", 1)])

    assert isinstance(outcome, Committed)
    assert outcome.positions[0] > 2
    assert [row.position for row in log.read(0, 10)] == [1, *outcome.positions]
    assert log.tail() == outcome.positions[0]
    log.close()


def test_postgres_runs_no_functions_of_the_library(postgres_url: str) -> None:
    opened(postgres_url).close()

    with psycopg.connect(postgres_url) as server:
        found = server.execute("SELECT proname FROM pg_proc WHERE proname LIKE 'es_insert%'").fetchall()

    assert found == []
