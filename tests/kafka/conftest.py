from collections.abc import Iterator

import pytest

from adapters.kafka import broker
from adapters.kafka.broker import Broker


@pytest.fixture(scope="session")
def frail(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A second broker, to be killed and restarted; running before and after each test."""
    with broker.running(tmp_path_factory.mktemp("frail")) as started:
        yield started
