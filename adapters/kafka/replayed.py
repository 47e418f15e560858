"""Events of the log written once more, to a topic that is none of ours.

The records are those of `events`, but for `ce_replay`, and the partition where the topic has another number
of them. No transaction: a repeat is told by its position, and nothing is left hanging by a crash.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from adapters.kafka.client import BATCH_BYTES, check_client
from adapters.kafka.partition import partition_of
from adapters.kafka.records import event_record
from adapters.kafka.topics import PREFIX, TOPICS
from adapters.kafka.transaction import send_records
from domain.rows import Row

PATIENCE_SECONDS = 10.0
SLOWEST_BYTES_A_SECOND = 1024 * 1024
CLIENT = "ordertrail-replay"


class SinkRefused(Exception):
    """A topic is no place for a replay; the message says why and what would be."""


def refuse_ours(topic: str, prefix: str) -> None:
    """Raises SinkRefused for a topic that Ordertrail or Kafka itself writes."""
    if topic in {before + each.name for each in TOPICS for before in (prefix, PREFIX)}:
        raise SinkRefused(
            f"{topic} is a topic of Ordertrail's own: its readers would see everything twice. Make "
            "another one, e.g. replayed-events, and replay to that"
        )
    if topic.startswith("__"):
        raise SinkRefused(f"{topic} belongs to Kafka itself: replay to a topic of your own")


class TopicSink:
    """Raises KafkaError and TimeoutError where the broker refuses or does not answer; then only close it."""

    def __init__(self, producer: AIOKafkaProducer, topic: str, partitions: int, log_id: str) -> None:
        self._producer = producer
        self._topic, self._partitions, self._log_id = topic, partitions, log_id

    async def write(self, rows: Sequence[Row]) -> None:
        """Returns once all of them are acknowledged."""
        records = [
            event_record(row, self._log_id, prefix="", replay=True, topic=self._topic)._replace(
                partition=partition_of(row.order, self._partitions)
            )
            for row in rows
        ]
        patience = PATIENCE_SECONDS + sum(record.size for record in records) / SLOWEST_BYTES_A_SECOND
        await send_records(self._producer, records, patience=patience)


@asynccontextmanager
async def topic_sink(bootstrap: str, topic: str, log_id: str) -> AsyncIterator[TopicSink]:
    """The topic must be there. Raises SinkRefused, KafkaError, TimeoutError."""
    check_client()
    async with asyncio.timeout(PATIENCE_SECONDS):
        partitions = await _partitions(bootstrap, topic)
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        client_id=CLIENT,
        enable_idempotence=True,
        max_batch_size=BATCH_BYTES,
        compression_type="zstd",
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await producer.start()
        yield TopicSink(producer, topic, partitions, log_id)
    finally:
        with suppress(Exception):  # closing is a courtesy: the broker forgets us by itself
            await asyncio.wait_for(producer.stop(), PATIENCE_SECONDS)


async def _partitions(bootstrap: str, topic: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id=CLIENT)
    try:
        await admin.start()
        [found] = await admin.describe_topics([topic])
        if found["error_code"]:
            raise SinkRefused(
                f"Kafka at {bootstrap} has no topic {topic}: make it first (with 12 partitions, as `events` "
                "has, every key is where it is there), or mind the spelling"
            )
        if "compact" in await _cleanup(admin, topic):
            raise SinkRefused(
                f"{topic} is compacted: only the last event of each order would stay. Use a topic with "
                "cleanup.policy=delete"
            )
        return len(found["partitions"])
    finally:
        await admin.close()


async def _cleanup(admin: AIOKafkaAdminClient, topic: str) -> str:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic)
    for answer in await admin.describe_configs([resource]):
        for _code, _reason, _kind, _name, entries in answer.resources:
            return next((str(entry[1]) for entry in entries if entry[0] == "cleanup.policy"), "")
    return ""
