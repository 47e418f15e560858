from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.log import Log
from tests.feed.serving import opened
from tests.fixtures.postgres import postgres_url

__all__ = ["postgres_url"]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'log.db'}"


@pytest.fixture
def log(url: str) -> Iterator[Log]:
    log = opened(url)
    yield log
    log.close()
