from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.log import open_log
from ordertrail.sealing import Sealer
from tests.fixtures.recording import START, Recording
from tests.verifying.tampering import Intruder


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/log.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def recording(url: str) -> Iterator[Recording]:
    """An order that goes from new to pending, sealed, and on to complete, not sealed yet."""
    log = open_log(url, now=START, new_id="log-a")
    yield recorded(Recording(log))
    log.close()


def recorded(recording: Recording) -> Recording:
    recording.state(1, "new")
    recording.state(2, "pending", orderType="rune_mint")
    seal(recording)
    recording.state(3, "complete")
    recording.state(4, "complete", orderType="rune_etch")
    return recording


def seal(recording: Recording, *, every: int = 1000) -> int:
    return sealer(recording, every=every).seal()


def sealer(recording: Recording, *, every: int = 1000) -> Sealer:
    return Sealer(recording.log, now=lambda: recording.at, worker="main", say=print, every=every)


@pytest.fixture
def intruder(url: str, recording: Recording) -> Iterator[Intruder]:
    intruder = Intruder(url)
    yield intruder
    intruder.close()
