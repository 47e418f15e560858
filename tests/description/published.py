"""The whole course as a real publisher published it, and as a stranger read it back."""

import asyncio
import uuid
from dataclasses import dataclass

import pytest
from aiokafka import ConsumerRecord

from adapters.kafka import topics
from adapters.kafka.publisher import Publisher
from adapters.kafka.topics import PREFIX, Name
from adapters.log import open_log
from domain.log import Log
from ordertrail.description.headers import EVENTS
from ordertrail.description.schemas import ROWS
from tests.description.course import told
from tests.fixtures.recording import START
from tests.kafka.reading import read_all

BATCH = 40


@dataclass(frozen=True)
class Published:
    bootstrap: str
    prefix: str
    records: dict[Name, list[ConsumerRecord]]

    def newest(self, name: Name) -> dict[str, bytes]:
        """What compaction would leave of a topic."""
        latest = {record.key.decode(): record.value for record in self.records[name]}
        return {key: value for key, value in latest.items() if value is not None}


def headers_of(record: ConsumerRecord) -> dict[str, str]:
    return {name: value.decode() for name, value in record.headers}


def schemas_of(name: Name, record: ConsumerRecord) -> tuple[str | None, str]:
    """The names of the schemas of a record's value, None for a tombstone, and of its headers."""
    if name == Name.EVENTS:
        return headers_of(record)["ce_type"], EVENTS
    full_name = PREFIX + name
    return None if record.value is None else full_name, f"{full_name}.headers"


@pytest.fixture(scope="session")
def published(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Published:
    log = open_log(f"sqlite:///{tmp_path_factory.mktemp('course')}/log.db", now=START, new_id="log-a")
    told(log)
    prefix = f"d{uuid.uuid4().hex[:10]}."
    records = asyncio.run(_published(kafka, prefix, log))
    log.close()
    return Published(kafka, prefix, records)


async def _published(bootstrap: str, prefix: str, log: Log) -> dict[Name, list[ConsumerRecord]]:
    await topics.ensure(bootstrap, prefix=prefix)
    publisher = Publisher(log, bootstrap, now=lambda: START, prefix=prefix, limit=BATCH)
    try:
        await publisher.start()
        while await publisher.run_once():
            pass
    finally:
        await publisher.close()
    return {name: await read_all(bootstrap, prefix, name) for name in (Name.EVENTS, *ROWS)}
