"""Sending many records inside a transaction, and waiting until readers see them.

A commit succeeds even though a batch was refused, so the fate of every batch is awaited before it.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder

from adapters.kafka.records import Record

Batches = Mapping[TopicPartition, Sequence[BatchBuilder]]


class Sent(NamedTuple):
    """The offsets of the first and of the last record that a partition got."""

    first: int
    last: int


def join(producer: AIOKafkaProducer, partitions: Iterable[TopicPartition]) -> None:
    """Makes partitions part of the transaction under way before there are records for them."""
    for partition in partitions:
        producer._txn_manager.maybe_add_partition_to_txn(partition)  # there is no public call for it


async def send_records(
    producer: AIOKafkaProducer, records: Sequence[Record], *, patience: float
) -> dict[TopicPartition, Sent]:
    """Sends in the order given; where the records are in each partition that got any."""
    return await send_batches(producer, batched(producer, records), patience=patience)


def batched(producer: AIOKafkaProducer, records: Iterable[Record]) -> Batches:
    """The records as this producer sends them; may be called in any thread."""
    filled: dict[tuple[str, int], list[BatchBuilder]] = {}
    for topic, partition, key, value, headers in records:
        builders = filled.get((topic, partition))
        if builders is None:
            builders = filled[topic, partition] = [producer.create_batch()]
        if builders[-1].append(timestamp=None, key=key, value=value, headers=headers) is None:
            builders.append(producer.create_batch())  # an empty one takes a record of any size
            builders[-1].append(timestamp=None, key=key, value=value, headers=headers)
    return {TopicPartition(*place): builders for place, builders in filled.items()}


async def send_batches(
    producer: AIOKafkaProducer, batches: Batches, *, patience: float
) -> dict[TopicPartition, Sent]:
    """As `send_records`."""
    async with asyncio.timeout(patience):
        outcomes = await asyncio.gather(
            *(_send(producer, partition, builders) for partition, builders in batches.items()),
            return_exceptions=True,
        )
    sent: dict[TopicPartition, Sent] = {}
    for partition, outcome in zip(batches, outcomes, strict=True):
        if isinstance(outcome, BaseException):
            raise outcome
        sent[partition] = outcome
    return sent


async def await_visible(
    committed: AIOKafkaConsumer, lasts: Mapping[TopicPartition, int], *, patience: float
) -> None:
    """Returns once the last stable offset is past every last offset. Raises TimeoutError: it hangs."""
    async with asyncio.timeout(patience):
        pause = 0.001
        while True:
            stable = await committed.end_offsets(list(lasts))
            if all(stable[partition] > last for partition, last in lasts.items()):
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.05)


async def _send(
    producer: AIOKafkaProducer, partition: TopicPartition, builders: Sequence[BatchBuilder]
) -> Sent:
    futures = [
        await producer.send_batch(builder, partition.topic, partition=partition.partition)
        for builder in builders
    ]
    await asyncio.wait(futures)
    for error in [future.exception() for future in futures]:
        if error:
            raise error
    bases = [int(future.result().offset) for future in futures]
    return Sent(bases[0], bases[-1] + int(builders[-1].record_count()) - 1)
