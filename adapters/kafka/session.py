"""A publisher's hold on Kafka: its producer, and consumers on each side of the last stable offset."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import ProducerFenced

from adapters.kafka.client import assigned_consumer, partitions_of, transactional_producer
from adapters.kafka.failures import PublisherFailed, PublisherFenced, PublishError, PublishRefused
from adapters.kafka.position import HOLDER, PUBLISHER, Position, encoded
from adapters.kafka.records import JSON, Record
from adapters.kafka.topics import TOPIC, Name
from adapters.kafka.transaction import (
    Batches,
    Sent,
    await_visible,
    batched,
    join,
    send_batches,
    send_records,
)

WRITTEN = (Name.EVENTS, Name.ORDERS, Name.ATTENTION, Name.PROVIDERS, Name.REPLIES, Name.POSITIONS)
SLOWEST_BYTES_A_SECOND = 1024 * 1024

Placed = Mapping[TopicPartition, Sent]


def written_partitions(prefix: str) -> Sequence[TopicPartition]:
    return partitions_of({prefix + topic: TOPIC[topic].partitions for topic in WRITTEN})


class Edges(NamedTuple):
    """Per partition: up to where readers may read (`stable`), and where it ends (`high`)."""

    stable: dict[TopicPartition, int]
    high: dict[TopicPartition, int]

    @property
    def hanging(self) -> list[TopicPartition]:
        return [partition for partition, end in self.high.items() if self.stable[partition] < end]


class Session:
    """One publisher's connections: `committed` and `raw` watch ends, `reader` reads what is visible.

    After any error only `close` may be called. `patience` is in seconds.
    """

    def __init__(self, bootstrap: str, *, prefix: str, patience: float) -> None:
        self.bootstrap = bootstrap
        self.prefix, self.patience = prefix, patience
        identity = prefix + PUBLISHER  # a transactional id is never to be renamed: the cure depends on it
        self.producer = transactional_producer(bootstrap, identity)
        self.committed = assigned_consumer(bootstrap, f"{identity}-committed", committed=True)
        self.raw = assigned_consumer(bootstrap, f"{identity}-raw", committed=False)
        self.reader = assigned_consumer(bootstrap, f"{identity}-reader", committed=True)
        self.partitions = written_partitions(prefix)

    async def open(self) -> None:
        """The producer first: that ends what a predecessor left open, and fences it."""
        async with asyncio.timeout(self.patience * 6):
            await self.producer.start()
            for watcher in (self.committed, self.raw):
                await watcher.start()
                watcher.assign(
                    self.partitions
                )  # their metadata stays at hand: asking for ends is slow without
                watcher.pause(*self.partitions)
            await self.reader.start()

    async def edges(self) -> Edges:
        async with asyncio.timeout(self.patience):
            stable = await self.committed.end_offsets(self.partitions)
            return Edges(stable, await self.raw.end_offsets(self.partitions))

    def batched(self, records: Iterable[Record]) -> Batches:
        """What `commit` takes; may be called in any thread, also while a transaction is under way."""
        return batched(self.producer, records)

    async def commit(
        self, batches: Batches, after: Callable[[Placed], Position], *, holder: str = ""
    ) -> Position:
        """One transaction with the batches and the position they lead to; returns once readers see it.

        `holder` goes on working; without one, whoever comes next may take over at once. Where `after` raises
        PublishRefused readers see nothing of it.
        """
        async with asyncio.timeout(self.patience):
            await self.producer.begin_transaction()
        join(self.producer, [TopicPartition(self.prefix + Name.POSITIONS, 0)])  # else it costs a round trip
        size = sum(builder.size() for builders in batches.values() for builder in builders)
        long = self.patience + size / SLOWEST_BYTES_A_SECOND
        sent = await send_batches(self.producer, batches, patience=long)
        try:
            position = after(sent)
        except PublishRefused:
            async with asyncio.timeout(self.patience):
                await self.producer.abort_transaction()  # a person may take long, and readers stand before it
            raise
        last = self._position_record(position, holder)
        sent |= await send_records(self.producer, [last], patience=self.patience)
        async with asyncio.timeout(self.patience):
            await self.producer.commit_transaction()
        lasts = {partition: each.last for partition, each in sent.items()}
        await await_visible(self.committed, lasts, patience=self.patience)
        return position

    async def close(self) -> None:
        """Lets go within seconds, whatever state the clients are in; an open transaction is not ended."""
        clients = (self.producer, self.committed, self.raw, self.reader)
        stopping = (asyncio.wait_for(client.stop(), self.patience) for client in clients)
        await asyncio.gather(*stopping, return_exceptions=True)  # a courtesy: the broker forgets us by itself

    def _position_record(self, position: Position, holder: str) -> Record:
        headers = [("ce_position", b"%d" % position.position), JSON]
        if holder:
            headers.append((HOLDER, holder.encode()))
        return Record(self.prefix + Name.POSITIONS, 0, PUBLISHER.encode(), encoded(position), headers)


@asynccontextmanager
async def failing() -> AsyncIterator[None]:
    """Turns whatever goes wrong inside into PublisherFailed: aiokafka raises more than KafkaErrors."""
    try:
        yield
    except PublishError:
        raise
    except ProducerFenced as error:
        raise PublisherFenced(
            "another publisher of this name took over, or a transaction timed out: start anew with back-off"
        ) from error
    except Exception as error:
        raise PublisherFailed(f"{type(error).__name__}: {error}; start a new publisher") from error
