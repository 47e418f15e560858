"""Publishing in tests: a publisher that is closed whatever happens, all of a log at once, and strangers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from adapters.kafka.client import transactional_producer
from adapters.kafka.publisher import Publisher
from adapters.kafka.records import Record
from adapters.kafka.republish import Begun
from adapters.kafka.transaction import send_records
from tests.kafka.logs import MemoryLog


def nothing(begun: Begun) -> None:
    """What topics held that these tests begin anew."""


@asynccontextmanager
async def publishing(
    bootstrap: str,
    prefix: str,
    log: MemoryLog,
    *,
    limit: int = 5000,
    heartbeat: float = 10.0,
    holder: str = "",
) -> AsyncIterator[Publisher]:
    publisher = Publisher(
        log,
        bootstrap,
        now=lambda: 0,
        prefix=prefix,
        holder=holder,
        limit=limit,
        heartbeat=heartbeat,
        patience=10,
    )
    try:
        await publisher.start()
        yield publisher
    finally:
        await publisher.close()


async def publish_all(bootstrap: str, prefix: str, log: MemoryLog) -> None:
    async with publishing(bootstrap, prefix, log) as publisher:
        while await publisher.run_once():
            pass


async def send(bootstrap: str, prefix: str, records: Sequence[Record]) -> None:
    """Puts records on the topics behind the publisher's back."""
    async with transactional_producer(bootstrap, f"{prefix}stranger") as producer:
        await producer.begin_transaction()
        await send_records(producer, records, patience=10)
        await producer.commit_transaction()


async def delete_records(bootstrap: str, topic: str, partition: int, *, before: int) -> None:
    """What `kafka-delete-records.sh` does: the partition begins at the offset `before` from then on."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(topic, partition): RecordsToDelete(before_offset=before)})
    finally:
        await admin.close()
