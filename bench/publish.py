"""The log published to Kafka, against bare aiokafka transactions: equal batches, and a send per record.

`batches` sends the same records in equal batches, already read and made, and neither a position nor a look
whether readers can see them. `send` is what aiokafka's documentation leads to: a producer with only its
transactional id set, `async with producer.transaction()`, `await producer.send(…)` for each record, and all
futures awaited at its end.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Iterator, Sequence
from pathlib import Path

from aiokafka import AIOKafkaProducer

from adapters.kafka import broker, topics
from adapters.kafka.client import transactional_producer
from adapters.kafka.publisher import Publisher
from adapters.kafka.records import Record, event_record
from adapters.kafka.transaction import send_records
from bench.logs import fresh_log
from bench.measure import Figure, rates
from bench.orders import filled
from domain.log import Log
from domain.rows import Row
from ordertrail.machine import spare_the_collector

ORDERS = 10_000
BATCH = 5000
OURS, BARE, USUAL = "bench.", "bare.", "usual."


def run() -> Iterator[Figure]:
    spare_the_collector()
    with (
        tempfile.TemporaryDirectory() as directory,
        broker.running(Path(directory), fast=False) as started,
        fresh_log("sqlite") as log,
    ):
        filled(log, ORDERS)
        ours, bare, usual = asyncio.run(_turns(log, started.bootstrap))
    n = len(ours) * BATCH
    yield Figure("batches", rates(BATCH, ours), rates(BATCH, bare), 0.6, "events/s", n)
    yield Figure("send", rates(BATCH, ours), rates(BATCH, usual), 5.0, "events/s", n)


async def _turns(log: Log, bootstrap: str) -> tuple[list[float], list[float], list[float]]:
    for prefix in (OURS, BARE, USUAL):
        await topics.ensure(bootstrap, prefix=prefix)
    publisher = Publisher(log, bootstrap, now=lambda: 0, prefix=OURS, limit=BATCH)
    bare = transactional_producer(bootstrap, BARE)
    usual = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=USUAL)
    await publisher.start()
    await bare.start()
    await usual.start()
    spent: tuple[list[float], list[float], list[float]] = ([], [], [])
    for start in range(0, log.tail() - BATCH, BATCH):
        rows = log.read(start, BATCH)
        spent[0].append(await _seconds(_published(publisher)))
        spent[1].append(await _seconds(_batches(bare, _records(rows, log.id, BARE))))
        spent[2].append(await _seconds(_sends(usual, _records(rows, log.id, USUAL))))
    await publisher.close()
    await bare.stop()
    await usual.stop()
    return spent


async def _seconds(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _published(publisher: Publisher) -> None:
    """A transaction, and what it reads ahead for the next: no part of ours in the others' turns."""
    await publisher.run_once()
    if publisher._ahead is not None:
        await asyncio.wait([publisher._ahead])


def _records(rows: Sequence[Row], log_id: str, prefix: str) -> list[Record]:
    return [event_record(row, log_id, prefix=prefix) for row in rows]


async def _batches(producer: AIOKafkaProducer, records: Sequence[Record]) -> None:
    await producer.begin_transaction()
    await send_records(producer, records, patience=30)
    await producer.commit_transaction()


async def _sends(producer: AIOKafkaProducer, records: Sequence[Record]) -> None:
    async with producer.transaction():
        sent = [
            await producer.send(
                record.topic, record.value, record.key, record.partition, headers=record.headers
            )
            for record in records
        ]
        await asyncio.gather(*sent)
