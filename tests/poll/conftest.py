import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.poll.working import Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "ordertrail.db")
    yield place
    place.log.close()


@pytest.fixture(autouse=True)
def quiet_requests() -> None:
    logging.getLogger("httpx").setLevel(logging.WARNING)
