"""From an event committed in the log to a waiting read_committed consumer, against a bare transaction.

Events come at 200 a second. The floor is measured meanwhile on the same broker: begin, send as many records
of the same size, commit, until such a consumer has read the last of them.
"""

import asyncio
import logging
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from adapters.kafka import broker, topics
from adapters.kafka.client import assigned_consumer, partitions_of, transactional_producer
from adapters.kafka.position import Position, encoded
from adapters.kafka.records import Record, event_record, number
from adapters.kafka.topics import TOPIC, Name
from adapters.kafka.transaction import send_records
from adapters.log import open_log
from bench.logs import fresh_url
from bench.measure import Figure
from bench.orders import keys, recorder
from domain.log import Log
from domain.order import Tracking
from ordertrail.publishing import Task
from ordertrail.record import Recorder
from ordertrail.supervise import Supervisor
from ordertrail.thread import OneThread

RATE = 200
SECONDS = 20
WARM_UP = 2
AT_ONCE = 5
FLOOR_EVERY = 4
OURS, BARE = "bench.", "bare."
ALLOWED = {"p50": 40.0, "p99": 120.0}
QUIET = logging.getLogger("bench.publisher")

Moments = dict[int, float]
"""When, on the monotonic clock, by position."""


def run() -> Iterator[Figure]:
    with (
        tempfile.TemporaryDirectory() as directory,
        broker.running(Path(directory), fast=False) as started,
        fresh_url("sqlite") as url,
    ):
        ours, floor = asyncio.run(_measured(url, started.bootstrap))
    for name, at in (("p50", median), ("p99", _p99)):
        allowed = at(floor) + ALLOWED[name]
        yield Figure(name, at(ours), at(floor), round(allowed / at(floor), 3), "ms", len(ours), most=True)


def _p99(spans: Sequence[float]) -> float:
    return quantiles(spans, n=100)[98]


async def _measured(url: str, bootstrap: str) -> tuple[list[float], list[float]]:
    """Milliseconds of ours and of the floor."""
    for prefix in (OURS, BARE):
        await topics.ensure(bootstrap, prefix=prefix)
    stop = asyncio.Event()
    publishing = asyncio.create_task(Supervisor(Task(url, bootstrap, OURS, 1), QUIET).run(stop))
    producer = transactional_producer(bootstrap, "bare")
    readers = {
        prefix: assigned_consumer(bootstrap, f"{prefix}reader", committed=True) for prefix in (OURS, BARE)
    }
    read: dict[str, Moments] = {OURS: {}, BARE: {}}
    for client in (producer, *readers.values()):
        await client.start()
    reading = [asyncio.create_task(_read(reader, prefix, read[prefix])) for prefix, reader in readers.items()]
    committed, sent = await _turns(url, producer)
    await _until_read(committed, read[OURS])
    await _until_read(sent, read[BARE])
    for task in reading:
        task.cancel()
    stop.set()
    await publishing
    for client in (producer, *readers.values()):
        await client.stop()
    return _spans(committed, read[OURS]), _spans(sent, read[BARE])


async def _until_read(wanted: Moments, read: Moments) -> None:
    async with asyncio.timeout(60):
        while not read.keys() >= wanted.keys():  # noqa: ASYNC110 a reader fills it record by record
            await asyncio.sleep(0.05)


def _spans(began: Moments, read: Moments) -> list[float]:
    """Without the first two seconds."""
    first = min(began.values()) + WARM_UP
    return [(read[position] - at) * 1000 for position, at in began.items() if at >= first]


async def _read(consumer: AIOKafkaConsumer, prefix: str, read: Moments) -> None:
    consumer.assign(partitions_of({prefix + Name.EVENTS: TOPIC[Name.EVENTS].partitions}))
    while True:
        came = await consumer.getmany(timeout_ms=1000)
        at = time.perf_counter()
        for records in came.values():
            for record in records:
                read[number(record.headers, "ce_position") or 0] = at


async def _turns(url: str, producer: AIOKafkaProducer) -> tuple[Moments, Moments]:
    """A few orders are tracked at each turn, and at every fourth their events are sent barely, too."""
    thread = OneThread("writer")
    log, writer = await thread.run(lambda: _writer(url))
    wanted = Tracking(environment="bench")
    orders = keys(RATE * (SECONDS + WARM_UP))
    committed: Moments = {}
    sent: Moments = {}
    floor: asyncio.Task[None] | None = None
    began = time.perf_counter()
    for turn, start in enumerate(range(0, len(orders), AT_ONCE)):
        await asyncio.sleep(max(0.0, began + start / RATE - time.perf_counter()))
        await thread.run(partial(writer.track, [(key, wanted) for key in orders[start : start + AT_ONCE]]))
        at = time.perf_counter()
        rows = await thread.run(partial(log.read, max(committed, default=0), AT_ONCE))
        committed |= dict.fromkeys((row.position for row in rows), at)
        if turn % FLOOR_EVERY == 0 and (floor is None or floor.done()):
            records = [event_record(row, log.id, prefix=BARE) for row in rows]
            sent |= dict.fromkeys((row.position for row in rows), time.perf_counter())
            floor = asyncio.create_task(_transaction(producer, records))
    thread.close()
    return committed, sent


def _writer(url: str) -> tuple[Log, Recorder]:
    log = open_log(url, now=0, new_id="bench")
    return log, recorder(log, random.Random(1))


async def _transaction(producer: AIOKafkaProducer, records: Sequence[Record]) -> None:
    """Its records, and one more of the size of ours that tells the position."""
    ends = {name.value: [100_000] * TOPIC[name].partitions for name in (Name.EVENTS, Name.POSITIONS)}
    place = Position(log="bench", position=100_000, outbox=0, ends=ends, at="2026-01-01T00:00:00.000000Z")
    last = Record(BARE + Name.POSITIONS, 0, b"bare", encoded(place), [])
    await producer.begin_transaction()
    await send_records(producer, [*records, last], patience=30)
    await producer.commit_transaction()
