"""Who may ask the providers about the orders of a log: one worker alone, or the members of one group.

A turn is a lock that ends with its process: on a file beside a SQLite log, in a PostgreSQL server for as long
as a connection lives. Blocking; one thread at a time.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg.conninfo import make_conninfo

from adapters.log.opening import MEMORY, SQLITE, place_of
from domain.log import LogUnreachable

SUFFIX = ".poll"
LOCK = 0x0DE27A12  # an advisory lock's number: ours alone, by chance
PATIENCE_SECONDS = 2


class Turn(Protocol):
    """`waits`: one who comes second may wait for it; else it is to be refused."""

    waits: bool

    def take(self) -> bool:
        """Whether it is ours now, without waiting. Raises LogUnreachable."""
        ...

    def kept(self) -> bool:
        """Whether it still is."""
        ...

    def leave(self) -> None: ...


def turn_at(url: str, *, shared: bool) -> Turn:
    """The turn of the log at `url`; members of a group share theirs."""
    if not url.startswith(SQLITE):
        return ServerTurn(place_of(url), shared=shared)
    path = url.removeprefix(SQLITE)
    return NoTurn() if path == MEMORY else FileTurn(Path(path + SUFFIX), shared=shared)


class NoTurn:
    """Nobody else can come to a passing log."""

    waits = False

    def take(self) -> bool:
        return True

    def kept(self) -> bool:
        return True

    def leave(self) -> None:
        pass


class FileTurn:
    waits = False

    def __init__(self, file: Path, *, shared: bool) -> None:
        self._file = file
        self._how = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
        self._open: int | None = None

    def take(self) -> bool:
        try:
            found = os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise LogUnreachable(f"{self._file} can't be made beside the log: {error.strerror}") from error
        try:
            fcntl.flock(found, self._how)
        except OSError:
            os.close(found)
            return False
        self._open = found
        return True

    def kept(self) -> bool:
        return self._open is not None

    def leave(self) -> None:
        if self._open is not None:
            os.close(self._open)
            self._open = None


class ServerTurn:
    waits = True

    def __init__(self, place: dict[str, str], *, shared: bool) -> None:
        self._place = place
        self._statement = f"SELECT pg_try_advisory_lock{'_shared' if shared else ''}({LOCK})"
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None

    def take(self) -> bool:
        try:
            connection = self._connected()
            return connection.execute(self._statement).fetchone() == (True,)
        except psycopg.OperationalError as error:
            self.leave()
            why = " ".join(str(error).split())
            raise LogUnreachable(f"the log's server can't be reached or answers no more: {why}") from error

    def kept(self) -> bool:
        """The lock lives as long as the session does."""
        if self._connection is None:
            return False
        try:
            self._connection.execute("SELECT 1")
        except psycopg.OperationalError:
            self.leave()
            return False
        return True

    def leave(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def _connected(self) -> psycopg.Connection[tuple[object, ...]]:
        """The server, too, notices soon when this end is gone without a word."""
        if self._connection is None:
            milliseconds = str(PATIENCE_SECONDS * 1000)
            alive = "-c tcp_keepalives_idle=2 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3"
            given = self._place.get("options", "")
            self._connection = psycopg.connect(
                make_conninfo(
                    **{
                        "connect_timeout": str(PATIENCE_SECONDS),
                        "tcp_user_timeout": milliseconds,
                        "application_name": "ordertrail-poll",
                        **self._place,
                        "options": f"{given} {alive}".strip(),
                    }
                ),
                autocommit=True,
            )
        return self._connection
