import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from eventsourcing import cryptography

from domain.log import Log
from tests.log.entries import opened

# The library's contract tests import its cipher that needs pycryptodome; it has another one, on cryptography.
sys.modules.setdefault("eventsourcing.cipher", cryptography)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'log.db'}"


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def url(request: pytest.FixtureRequest) -> str:
    """A database without a log, of each kind."""
    given = request.getfixturevalue(request.param)
    assert isinstance(given, str)
    return given


@pytest.fixture
def log(url: str) -> Iterator[Log]:
    log = opened(url)
    yield log
    log.close()


@pytest.fixture
def other(url: str, log: Log) -> Iterator[Log]:
    """A second writer of the same log."""
    other = opened(url)
    yield other
    other.close()
