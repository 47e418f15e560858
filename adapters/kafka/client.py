"""How Kafka clients are made here, and reading a span of a topic to a known end."""

import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.record.default_records import DefaultRecordBatch

BATCH_BYTES = 512 * 1024
TRANSACTION_TIMEOUT_MS = 60_000
RECORDS_AT_ONCE = 1000
STALL_SECONDS = 15
POLL_MS = 50

Span = tuple[int, int]


class ClientUnfit(Exception):
    """This interpreter can't be trusted with the client; the message says what to change."""


def check_client() -> None:
    """Raises ClientUnfit where aiokafka would hang instead of failing, or be an order of magnitude slower."""
    if not __debug__:
        raise ClientUnfit(
            "Python runs with -O (or PYTHONOPTIMIZE): aiokafka relies on assertions; run without."
        )
    if "_crecords" not in DefaultRecordBatch.__module__:
        raise ClientUnfit(
            "aiokafka runs without its compiled extension, ten times slower: install its binary wheel "
            "and unset AIOKAFKA_NO_EXTENSIONS."
        )


def transactional_producer(bootstrap: str, transactional_id: str) -> AIOKafkaProducer:
    check_client()
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        client_id=transactional_id,
        transactional_id=transactional_id,
        transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
        max_batch_size=BATCH_BYTES,
        compression_type="zstd",
    )


def assigned_consumer(bootstrap: str, client_id: str, *, committed: bool) -> AIOKafkaConsumer:
    """Has no group. Its `end_offsets` are last stable offsets if `committed`, else high watermarks."""
    check_client()
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id=client_id,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=POLL_MS,  # a fetch under way delays the next one, also after a new assignment
        isolation_level="read_committed" if committed else "read_uncommitted",
    )


@asynccontextmanager
async def opened_consumer(
    bootstrap: str, client_id: str, *, committed: bool
) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = assigned_consumer(bootstrap, client_id, committed=committed)
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


async def read_spans(
    consumer: AIOKafkaConsumer, spans: Mapping[TopicPartition, Span]
) -> AsyncIterator[ConsumerRecord]:
    """The records from each span's start up to, not including, its end. Raises TimeoutError if none come."""
    spans = {partition: span for partition, span in spans.items() if span[0] < span[1]}
    if not spans:
        return
    consumer.assign(list(spans))
    for partition, (start, _end) in spans.items():
        consumer.seek(partition, start)
    left = set(spans)
    came_at = time.monotonic()
    while left:
        came = await consumer.getmany(*left, timeout_ms=POLL_MS, max_records=RECORDS_AT_ONCE)
        for partition, records in came.items():
            for record in records:
                if record.offset < spans[partition][1]:
                    yield record
        ended = await _ended(consumer, left, spans)
        if came or ended:
            came_at = time.monotonic()
        elif time.monotonic() - came_at > STALL_SECONDS:
            raise TimeoutError(f"no records came for {STALL_SECONDS} s from {sorted(left)}")
        left -= ended


async def _ended(
    consumer: AIOKafkaConsumer, left: Iterable[TopicPartition], spans: Mapping[TopicPartition, Span]
) -> set[TopicPartition]:
    return {partition for partition in left if await consumer.position(partition) >= spans[partition][1]}


def partitions_of(counts: Mapping[str, int]) -> Sequence[TopicPartition]:
    return [TopicPartition(topic, number) for topic, count in counts.items() for number in range(count)]
