"""Runs a page's blocks in order, as a reader would: in one directory, with background jobs."""

import io
import os
import re
import shlex
import socket
import subprocess
import sysconfig
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

from ordertrail.__main__ import run

PLAIN = re.compile(r"(?:ordertrail [^|&;<>$]*\n)+")
DONE = "the block has ended"
START_SECONDS = 60


def plain(block: str) -> bool:
    """Whether it is commands of ours and nothing for a shell, so that no process is needed for each."""
    return PLAIN.fullmatch(block) is not None


def run_plain(block: str) -> str:
    """What the commands print on stdout; AssertionError for one that fails."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    for line in block.splitlines():
        said = io.StringIO()
        with redirect_stdout(printed), redirect_stderr(said):
            status = run(shlex.split(line, comments=True)[1:])
        assert status == 0, f"{line} ended with {status}: {said.getvalue()}"
    printed.seek(0)
    return printed.read()


@dataclass
class Shell:
    """One bash for a whole page. What it started is ended with it."""

    directory: Path
    _bash: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
        self._bash = subprocess.Popen(
            ["bash", "-e"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=self.directory,
            env={**os.environ, "PATH": path},
        )

    def run(self, block: str) -> str:
        """What the block prints on stdout; AssertionError if a command of it fails."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f"{block}\necho '{DONE}'\n")
        self._bash.stdin.flush()
        printed: list[str] = []
        for line in self._bash.stdout:
            if line.strip() == DONE:
                return "".join(printed)
            printed.append(line)
        raise AssertionError(f"a command failed in:\n{block}\nafter:\n{''.join(printed)}")

    def close(self) -> None:
        """Background jobs are told to stop and waited for."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        if self._bash.poll() is None:
            self._bash.stdin.write("kill $(jobs -p) || true\nwait || true\n")
        self._bash.stdin.close()
        self._bash.stdout.read()
        self._bash.stdout.close()
        self._bash.wait()


def await_answer(port: int) -> None:
    """A reader takes longer than a simulator to start; AssertionError if it is not up after a while."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)  # a server in another process has no other way to say that it is up
    raise AssertionError(f"nothing answers on port {port}")
