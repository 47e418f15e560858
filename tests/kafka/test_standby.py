"""Several publishers, one of which works."""

import asyncio
import logging
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import msgspec
import pytest
from aiokafka.errors import KafkaConnectionError

from adapters.kafka.audit import audit_events
from adapters.kafka.standby import await_turn
from adapters.log import open_log
from domain.log import Log
from domain.rows import Entry, NewEvent
from ordertrail.publishing import Kind, Report, Task
from ordertrail.supervise import Supervisor
from tests.kafka.logs import MemoryLog, row, rows
from tests.kafka.publishing import publishing
from tests.waiting import until

pytestmark = pytest.mark.anyio

LOGGER = logging.getLogger("tests")


async def turn(kafka: str, prefix: str, holder: str, said: list[str], *, silence: float = 15) -> bool:
    async with asyncio.timeout(30):
        return await await_turn(
            kafka, holder, asyncio.Event(), say=said.append, prefix=prefix, silence=silence
        )


async def test_where_nothing_was_published_the_first_publisher_works_at_once(kafka: str, prefix: str) -> None:
    said: list[str] = []

    assert await turn(kafka, prefix, "a", said)
    assert said == []


async def test_where_the_last_one_left_in_order_the_next_one_works_at_once(kafka: str, prefix: str) -> None:
    said: list[str] = []
    async with publishing(kafka, prefix, MemoryLog(rows(5)), holder="a") as publisher:
        await publisher.run_once()
        await publisher.leave()

    assert await turn(kafka, prefix, "b", said)
    assert said == []


async def test_a_supervisors_next_process_does_not_wait_for_the_one_that_died(
    kafka: str, prefix: str
) -> None:
    said: list[str] = []
    async with publishing(kafka, prefix, MemoryLog(rows(5)), holder="a") as publisher:
        await publisher.run_once()

    assert await turn(kafka, prefix, "a", said)
    assert said == []


async def test_while_another_one_works_a_publisher_stands_by_and_fences_it_not(
    kafka: str, prefix: str
) -> None:
    said: list[str] = []
    async with publishing(kafka, prefix, MemoryLog(rows(5)), holder="a", heartbeat=0.3) as publisher:
        await publisher.run_once()
        stop = asyncio.Event()
        working = asyncio.create_task(publisher.run(stop))

        waiting = asyncio.create_task(turn(kafka, prefix, "b", said, silence=5.0))
        await asyncio.wait([waiting, working], timeout=7)

        assert not waiting.done()
        assert not working.done()
        stop.set()
        await working
        assert await waiting
    assert said == ["a"]


async def test_who_was_told_to_stop_while_standing_by_stops(kafka: str, prefix: str) -> None:
    stop = asyncio.Event()
    async with publishing(kafka, prefix, MemoryLog(rows(5)), holder="a") as publisher:
        await publisher.run_once()

    assert not await await_turn(kafka, "b", stop, say=lambda _: stop.set(), prefix=prefix)


async def test_a_broker_that_is_away_is_no_sign_of_death() -> None:
    with pytest.raises(KafkaConnectionError):
        await turn("127.0.0.1:1", "s.", "b", [])


async def test_a_process_told_to_end_finishes_its_transaction_and_says_that_it_left(
    kafka: str, prefix: str, tmp_path: Path
) -> None:
    task = Task(f"sqlite:///{tmp_path}/log.db", kafka, prefix, 1, "a")
    log = open_log(task.log, now=0, new_id="log-a")
    append(log, 1, 900)

    reports = await until_terminated(task)

    assert [report.kind for report in reports][-1] is Kind.STOPPED
    assert await turn(kafka, prefix, "b", [])
    published = sum(report.events for report in reports)
    audit = await audit_events(kafka, log, prefix=prefix)
    assert (audit.clean, audit.checked) == (True, published)
    log.close()


async def until_terminated(task: Task) -> list[Report]:
    """What a publishing process says that gets a SIGTERM as soon as it works."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ordertrail.publish", stdin=PIPE, stdout=PIPE
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write(msgspec.json.encode(task) + b"\n")
    reports = []
    async for line in process.stdout:
        reports.append(msgspec.json.decode(line, type=Report))
        if reports[-1].kind is Kind.STARTED:
            process.terminate()
    await process.wait()
    return reports


async def test_of_two_supervisors_one_publishes_and_the_other_takes_over_when_it_stops(
    kafka: str, prefix: str, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    log = open_log(url, now=0, new_id="log-a")
    append(log, 1, 4)
    first, second = Working(Task(url, kafka, prefix, 1)), Working(Task(url, kafka, prefix, 1))
    async with asyncio.timeout(60):
        await first.reached(3)
        second.start()
        append(log, 4, 7)
        await first.reached(6)
        await first.stopped()
        append(log, 7, 9)
        await second.reached(8)
        await second.stopped()

    assert second.supervisor.told.events == 2
    report = await audit_events(kafka, log, prefix=prefix)
    assert (report.clean, report.checked) == (True, 8)
    log.close()


def append(log: Log, first: int, beyond: int) -> None:
    for version in range(first, beyond):
        event = row(version)
        log.commit([Entry(events=[NewEvent("_log", version, event.topic, event.state)])])


class Working:
    """A supervisor at work until it is stopped."""

    def __init__(self, task: Task) -> None:
        self.supervisor = Supervisor(task, LOGGER)
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._running = self._running or asyncio.create_task(self.supervisor.run(self._stop))

    async def reached(self, position: int) -> None:
        self.start()
        await until(lambda: self.supervisor.told.position >= position)

    async def stopped(self) -> None:
        self._stop.set()
        if self._running:
            await self._running
