"""The whole course as a real publisher published it, and as a stranger read it back.

Another producer's transactions, with events that come again later, were aborted before and in between.
"""

import asyncio
import uuid
from dataclasses import dataclass

import pytest
from aiokafka import ConsumerRecord

from adapters.kafka import topics
from adapters.kafka.client import opened_consumer, partitions_of, read_spans, transactional_producer
from adapters.kafka.publisher import Publisher
from adapters.kafka.records import event_record
from adapters.kafka.topics import PREFIX, TOPIC, Name
from adapters.kafka.transaction import send_records
from adapters.log import open_log
from domain.log import Log
from ordertrail.description.headers import EVENTS
from ordertrail.description.schemas import ROWS
from tests.description.course import told
from tests.fixtures.recording import START
from tests.kafka.reading import read_all

BATCH = 80
ABORTED = 30
PATIENCE = 10


@dataclass(frozen=True)
class Published:
    bootstrap: str
    prefix: str
    records: dict[Name, list[ConsumerRecord]]
    uncommitted: list[ConsumerRecord]

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
    published = asyncio.run(_published(kafka, prefix, log))
    log.close()
    return published


async def _published(bootstrap: str, prefix: str, log: Log) -> Published:
    await topics.ensure(bootstrap, prefix=prefix)
    publisher = Publisher(log, bootstrap, now=lambda: START, prefix=prefix, holder="one", limit=BATCH)
    try:
        await publisher.start()
        await _abort(bootstrap, prefix, log, after=0)
        while done := await publisher.run_once():
            await _abort(bootstrap, prefix, log, after=done.position)
        await publisher.leave()
    finally:
        await publisher.close()
    records = {name: await read_all(bootstrap, prefix, name) for name in (Name.EVENTS, *ROWS)}
    return Published(bootstrap, prefix, records, await _read_uncommitted(bootstrap, prefix))


async def _abort(bootstrap: str, prefix: str, log: Log, *, after: int) -> None:
    """Writes what the publisher has yet to publish, and takes it back."""
    producer = transactional_producer(bootstrap, f"{prefix}aborting")
    await producer.start()
    try:
        await producer.begin_transaction()
        rows = log.read(after, ABORTED)
        await send_records(
            producer, [event_record(row, log.id, prefix=prefix) for row in rows], patience=PATIENCE
        )
        await producer.abort_transaction()
    finally:
        await producer.stop()


async def _read_uncommitted(bootstrap: str, prefix: str) -> list[ConsumerRecord]:
    async with opened_consumer(bootstrap, "test-reader", committed=False) as consumer:
        partitions = partitions_of({prefix + Name.EVENTS: TOPIC[Name.EVENTS].partitions})
        ends = await consumer.end_offsets(partitions)
        return [
            record async for record in read_spans(consumer, {each: (0, ends[each]) for each in partitions})
        ]
