import sqlite3
from pathlib import Path

import psycopg
import pytest

from adapters.log import masked
from domain.log import LogRefused, LogUnreachable
from tests.log.entries import events, opened


def execute(url: str, statement: str) -> None:
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.execute(statement)
        connection.close()
    else:
        with psycopg.connect(url) as server:
            server.execute(statement)


def test_a_log_keeps_the_id_it_was_made_with(url: str) -> None:
    opened(url, new_id="first").close()

    again = opened(url, new_id="second")

    assert again.id == "first"
    again.close()


def test_a_log_is_made_only_when_asked(url: str) -> None:
    with pytest.raises((LogRefused, LogUnreachable)):
        opened(url, create=False)

    opened(url).close()
    opened(url, create=False).close()


def test_an_unknown_schema_version_is_refused(url: str) -> None:
    opened(url).close()
    execute(url, "UPDATE meta SET value = '99' WHERE name = 'schema'")

    with pytest.raises(LogRefused, match="schema version 99"):
        opened(url)


def test_events_of_another_application_are_not_mixed_with_ours(url: str) -> None:
    execute(url, "CREATE TABLE stored_events (originator_id TEXT)")

    with pytest.raises(LogRefused, match="another application's events"):
        opened(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ordertrail.db",
        "sqlite://ordertrail.db",
        "sqlite:///",
        "mysql://me:secret@localhost/log",
        "postgresql://me:secret@localhost",
        "postgresql://me:secret@localhost:port/log",
        "postgresql://me:sec@ret@localhost/log",
        "postgresql://me:12/secret@localhost/log",
        "postgresql://localhost/log?password=secret&nonsense=1",
        "postgresql://me:secret",
    ],
)
def test_a_bad_url_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="use sqlite:///FILE or postgresql://") as refusal:
        opened(url)

    assert "secret" not in str(refusal.value)
    assert "ret@" not in str(refusal.value)


def test_a_url_is_shown_without_its_password() -> None:
    assert (
        masked("postgresql://me:secret@db:5432/log?sslpassword=secret") == "postgresql://me:***@db:5432/log"
    )
    assert masked("postgresql://db:5432/log") == "postgresql://db:5432/log"
    assert masked("sqlite:///a@b.db") == "sqlite:///a@b.db"


def test_an_unreachable_server_is_named_without_its_password() -> None:
    with pytest.raises(LogUnreachable, match=r"postgresql://me:\*\*\*@127\.0\.0\.1:1/log") as failure:
        opened("postgresql://me:secret@127.0.0.1:1/log")

    assert "secret" not in str(failure.value)


def test_a_file_in_a_missing_folder_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(LogUnreachable, match="can't be read or written"):
        opened(f"sqlite:///{tmp_path / 'missing' / 'log.db'}")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_bytes(b"not a database, though as long as its header would have been" * 20)

    with pytest.raises(LogRefused, match="file is not a database"):
        opened(f"sqlite:///{tmp_path / 'log.db'}")


def test_a_path_may_hold_the_signs_of_a_url(tmp_path: Path) -> None:
    path = tmp_path / "my log?mode=ro#1%20.db"

    opened(f"sqlite:///{path}").close()

    assert path.exists()


def test_a_passing_log_lives_in_memory() -> None:
    log = opened("sqlite:///:memory:")

    log.commit([events("runa-1", 1, 2)])

    assert [row.version for row in log.read(0, 10)] == [1, 2]
    log.close()


def test_a_log_in_a_file_is_synced_and_keeps_a_write_ahead_log(sqlite_url: str) -> None:
    log = opened(sqlite_url)

    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    log.close()
