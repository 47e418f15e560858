"""What chaos strikes: processes that can be killed and started again, and frozen and thawed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from ctypes import CDLL
from pathlib import Path
from typing import Protocol

import psycopg

from adapters.kafka.broker import Broker
from tests.fixtures.postgres import PostgresServer

START_SECONDS = 60
PAUSE_SECONDS = 0.1
PR_SET_PDEATHSIG = 1


class Target(Protocol):
    """Something to strike. `kill` leaves it running again, `pids` are all of its processes."""

    def kill(self) -> None: ...
    def pids(self) -> Sequence[int]: ...


class Process:
    """A Python module run as a process of its own; its output goes to a file."""

    def __init__(self, module: str, *arguments: str, environment: Mapping[str, str], output: Path) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._environment = {**os.environ, **environment}
        self._output = output
        self._process = self._started()

    def kill(self) -> None:
        self.end()
        self._process = self._started()

    def end(self) -> None:
        for pid in reversed(self.pids()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def pids(self) -> Sequence[int]:
        return [self._process.pid, *children(self._process.pid)]

    def _started(self) -> subprocess.Popen[bytes]:
        with self._output.open("ab") as output:
            return subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.DEVNULL,
                env=self._environment,
                start_new_session=True,
                preexec_fn=_die_with_us,
            )


class Supervising:
    """Only the first of a process's family: what it started notices, and ends in order."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def kill(self) -> None:
        os.kill(self.pids()[0], signal.SIGKILL)
        self._process.kill()

    def pids(self) -> Sequence[int]:
        return self._process.pids()[:1]


class Supervised:
    """Only what a process started: it has to notice, and start another."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def kill(self) -> None:
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def pids(self) -> Sequence[int]:
        return self._process.pids()[1:]


class KafkaBroker:
    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def kill(self) -> None:
        self._broker.kill()
        self._broker.launch()

    def pids(self) -> Sequence[int]:
        return [self._broker.pid] if self._broker.pid else []


class Postgres:
    """Its first process is killed: the others then end by themselves, and a new one recovers."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def kill(self) -> None:
        process = self._server.process
        assert process
        process.kill()
        process.wait()
        deadline = time.monotonic() + START_SECONDS
        while not self._relaunched(process.args):
            if time.monotonic() > deadline:
                raise TimeoutError("PostgreSQL did not come back")

    def pids(self) -> Sequence[int]:
        assert self._server.process
        return [self._server.process.pid, *children(self._server.process.pid)]

    def _relaunched(self, command: object) -> bool:
        """False if those that the killed one left are still at it."""
        directory = self._server.directory
        assert directory
        owner = directory.stat().st_uid
        with (directory / "log").open("ab") as log:
            self._server.process = subprocess.Popen(
                command,  # type: ignore[call-overload]  # as the first one was started
                user=owner if owner != os.getuid() else None,
                extra_groups=[] if owner != os.getuid() else None,
                cwd=directory,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_us,
            )
        while self._server.process.poll() is None:
            try:
                psycopg.connect(f"{self._server.url}/postgres").close()
            except psycopg.OperationalError:
                time.sleep(PAUSE_SECONDS)  # a killed server may take a while to start
            else:
                return True
        return False


def children(parent: int) -> list[int]:
    """Its direct children, oldest first."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(status.parent.name))
    return sorted(found)


def _die_with_us() -> None:
    CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)
