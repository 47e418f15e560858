"""Which database a log URL means, and whether what is there is a log of ours."""

import os
import re
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlencode

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from adapters.log.database import Database, Transaction
from adapters.log.postgres import PostgresDatabase
from adapters.log.schema import META, SCHEMA_VERSION
from adapters.log.sql_log import SqlLog
from adapters.log.sqlite import SqliteDatabase
from domain.log import Log, LogRefused, NoLog

SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")
MEMORY = ":memory:"


def open_log(url: str, *, create: bool = True, now: int, new_id: str) -> Log:
    """The log at `sqlite:///FILE` (four slashes: an absolute path; `:memory:` for a passing one) or
    `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`; made with id `new_id` if there is none and `create`.

    ValueError: no such URL. LogUnreachable: nothing answers. LogRefused: no log, or one of another version.
    """
    database = _database(url, create=create)
    try:
        meta = {"log": new_id, "schema": str(SCHEMA_VERSION), "made_at": str(now)}
        database.transact(partial(_prepare, url=url, meta=meta if create else None), repeatable=True)
        return SqlLog(database, _identity(database, url))
    except BaseException:
        database.close()
        raise


def demand_url(url: str) -> None:
    """Raises ValueError, fit to be shown, for what can't be the URL of a log."""
    if url.startswith(POSTGRES):
        place_of(url)
    elif not url.removeprefix(SQLITE) or not url.startswith(SQLITE):
        raise _unknown(url)


def masked(url: str) -> str:
    """The URL without its password, fit for a message."""
    scheme, separator, rest = url.partition("://")
    if scheme == "sqlite":
        return url
    credentials, at, place = rest.rpartition("@")
    user, colon, _ = credentials.partition(":")
    place = re.sub(r":(?!\d+(/|$))[^/]*", ":***", place.partition("?")[0])
    return f"{scheme if separator else '…'}://{user}{':***' if colon else ''}{at}{place}"


def _database(url: str, *, create: bool) -> Database:
    demand_url(url)
    if url.startswith(POSTGRES):
        return PostgresDatabase(place_of(url), masked(url))
    return SqliteDatabase(_file(url.removeprefix(SQLITE), create=create), masked(url))


def _file(path: str, *, create: bool) -> str:
    if path == MEMORY:
        return path
    file = Path(path).absolute()
    if create:
        _make_private(file)
    mode = urlencode({"mode": "rwc" if create else "rw"})
    return f"file:{quote(str(file))}?{mode}"


def _make_private(file: Path) -> None:
    """Who can read a log can read its ids, and an XMR.TO id is a key. SQLite says what went wrong."""
    with suppress(OSError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def place_of(url: str) -> dict[str, str]:
    try:
        place = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except ProgrammingError:
        raise _unknown(url) from None  # its message may hold the password
    port = place.get("port", "5432")
    split_within_password = any(sign in place.get(name, "") for name in ("host", "dbname") for sign in "@:")
    if not place.get("dbname") or not port.isdigit() or split_within_password:
        raise _unknown(url)
    return place


def _unknown(url: str) -> ValueError:
    return ValueError(
        f"{masked(url)} is no log: use sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
        "with the signs @ : / ? # % in a password percent-encoded, and after a ? only what libpq knows"
    )


def _prepare(transaction: Transaction, url: str, meta: dict[str, str] | None) -> None:
    transaction.keep_creators_out()
    if transaction.has("meta"):
        return
    if transaction.has("stored_events"):
        raise LogRefused(f"{masked(url)} holds another application's events: give the log its own")
    if meta is None:
        raise NoLog(f"{masked(url)} holds no log yet: track an order to make one")
    transaction.create()
    transaction.put(META, list(meta.items()))


def _identity(database: Database, url: str) -> str:
    meta = {str(name): str(value) for name, value in database.ask("SELECT name, value FROM meta")}
    if meta.get("schema") != str(SCHEMA_VERSION) or "log" not in meta:
        raise LogRefused(
            f"{masked(url)} has schema version {meta.get('schema')}, this program knows {SCHEMA_VERSION}: "
            "use the version of Ordertrail that wrote it"
        )
    return meta["log"]
