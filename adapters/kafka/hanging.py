"""The cure of committed transactions that a broker crash left without markers (KAFKA-20734, Kafka 4.x).

Readers stop at such a transaction for good, and only its own transactional id can end it. Whether it has to
be committed or aborted follows from what readers can already see of it.
"""

import asyncio
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from aiokafka import AIOKafkaProducer, TopicPartition

from adapters.kafka.transaction import join


class Ending(StrEnum):
    COMMIT = "commit"
    ABORT = "abort"


class Mark(NamedTuple):
    """How far a record reaches: in the log (`position`) or in the outbox; the other is None."""

    position: int | None
    outbox: int | None

    def beyond(self, position: int, outbox: int) -> bool:
        if self.outbox is not None:
            return self.outbox > outbox
        return self.position is not None and self.position > position


def ending(position: int, outbox: int, visible: Iterable[Mark], hanging: Iterable[Mark]) -> Ending:
    """Commit if any of it counts as published already: a part is visible, or its position record is.

    `position` and `outbox` are from the newest visible position record; `visible` are the records readers can
    see after those it counts, `hanging` those they can't see yet. After an abort they are published again.
    """
    if any(mark.beyond(position, outbox) for mark in visible):
        return Ending.COMMIT
    if any(not mark.beyond(position, outbox) for mark in hanging):
        return Ending.COMMIT
    return Ending.ABORT


async def close_hanging(
    producer: AIOKafkaProducer, partitions: Sequence[TopicPartition], how: Ending, *, patience: float
) -> None:
    """Ends the hanging transaction of this producer's id by an empty one on the same partitions.

    `patience` is in seconds for each step. Raises TimeoutError and whatever the producer raises.
    """
    manager = producer._txn_manager
    async with asyncio.timeout(patience):
        await producer.begin_transaction()
        join(producer, partitions)
        while manager.partitions_to_add():  # noqa: ASYNC110 the client has no event for it
            await asyncio.sleep(0.005)
    async with asyncio.timeout(patience):
        await (producer.commit_transaction() if how is Ending.COMMIT else producer.abort_transaction())
