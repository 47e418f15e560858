"""The command line as a user has it: a directory of its own, a clean environment, a SQLite log."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ordertrail.__main__ import run
from tests.cli.polls import Line


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[Line]:
        """What stdout holds, if it is JSON lines and nothing else."""
        return [json.loads(line) for line in self.out.splitlines()]


Ordertrail = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory to be in, without settings."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("ORDERTRAIL_")]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def ordertrail(capfd: pytest.CaptureFixture[str]) -> Ordertrail:
    """Runs a command in this process; nothing it does may end in a traceback."""

    def invoke(*arguments: str) -> Outcome:
        status = run(list(arguments))
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return Outcome(status, out, err)

    return invoke
