"""The log published to Kafka, against bare aiokafka transactions with the same batches."""

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from aiokafka import AIOKafkaProducer

from adapters.kafka import broker, topics
from adapters.kafka.client import transactional_producer
from adapters.kafka.publisher import Publisher
from adapters.kafka.records import Record, event_record
from adapters.kafka.transaction import send_records
from bench.logs import fresh_log
from bench.measure import Figure, rates
from bench.orders import keys, looks, recorder, tracked
from domain.log import Log

ORDERS = 10_000
BATCH = 5000
OURS, BARE = "bench.", "bare."


def run() -> Iterator[Figure]:
    with (
        tempfile.TemporaryDirectory() as directory,
        broker.running(Path(directory), fast=False) as started,
        fresh_log("sqlite") as log,
    ):
        _fill(log)
        ours, bare = asyncio.run(_turns(log, started.bootstrap))
    yield Figure("events", rates(BATCH, ours), rates(BATCH, bare), 0.6, "events/s", len(ours) * BATCH)


def _fill(log: Log) -> None:
    rng = random.Random(1)
    recording = recorder(log, rng)
    orders = keys(ORDERS)
    for step in looks(orders, tracked(recording, orders), rng):
        for start in range(0, len(step), 1000):
            recording.observe(step[start : start + 1000])


async def _turns(log: Log, bootstrap: str) -> tuple[list[float], list[float]]:
    for prefix in (OURS, BARE):
        await topics.ensure(bootstrap, prefix=prefix)
    publisher = Publisher(log, bootstrap, now=lambda: 0, prefix=OURS, limit=BATCH)
    producer = transactional_producer(bootstrap, "bare")
    await publisher.start()
    await producer.start()
    ours: list[float] = []
    bare: list[float] = []
    for start in range(0, log.tail() - BATCH, BATCH):
        records = [event_record(row, log.id, prefix=BARE) for row in log.read(start, BATCH)]
        began = time.perf_counter()
        await publisher.run_once()
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        await _transaction(producer, records)
        bare.append(time.perf_counter() - began)
    await publisher.close()
    await producer.stop()
    return ours, bare


async def _transaction(producer: AIOKafkaProducer, records: Sequence[Record]) -> None:
    await producer.begin_transaction()
    await send_records(producer, records, patience=30)
    await producer.commit_transaction()
