"""An audit beside a publisher at work: what is on its way is never taken for a fault."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.kafka.audit import audit_events
from adapters.kafka.audit_model import audit_model
from adapters.kafka.position import Position, encoded
from adapters.kafka.records import Record, event_record
from adapters.kafka.topics import Name
from domain.rows import OutboxRow
from tests.kafka.logs import MemoryLog, change, row, rows
from tests.kafka.publishing import publish_all, send

pytestmark = pytest.mark.anyio


class Overtaken(MemoryLog):
    """Whoever reads its outbox comes too late: all of it was published and trimmed just before."""

    def __init__(self, bootstrap: str, prefix: str, waiting: OutboxRow) -> None:
        super().__init__(rows(2))
        self._bootstrap, self._prefix = bootstrap, prefix
        self._just_now = MemoryLog(self.rows, [waiting])

    def outbox(self, after: int, limit: int) -> list[OutboxRow]:
        publishing = publish_all(self._bootstrap, self._prefix, self._just_now)
        with ThreadPoolExecutor(1) as another:
            another.submit(asyncio.run, publishing).result()
        return []


async def test_a_row_published_while_the_audit_reads_is_pending(kafka: str, prefix: str) -> None:
    await publish_all(kafka, prefix, MemoryLog(rows(2), [change(1, "a", b"1")]))
    log = Overtaken(kafka, prefix, change(2, "a", b"2"))

    report = await audit_model(kafka, log, Name.ORDERS, [("a", b"2")], prefix=prefix)

    assert (report.clean, report.pending) == (True, 1), report.examples


async def test_what_the_position_counts_is_awaited_until_it_can_be_read(kafka: str, prefix: str) -> None:
    log = MemoryLog([row(1, orders=1)])
    event = event_record(log.rows[0], log.id, prefix=prefix)
    ends = [-1] * 12
    ends[event.partition] = 0
    told = encoded(Position(log=log.id, position=1, outbox=0, ends={"events": ends}, at=""))
    await send(kafka, prefix, [Record(f"{prefix}positions", 0, b"publisher", told, [])])

    async def visible_later() -> None:
        await asyncio.sleep(0.5)
        await send(kafka, prefix, [event])

    report, _ = await asyncio.gather(audit_events(kafka, log, prefix=prefix), visible_later())

    assert (report.clean, report.checked) == (True, 1), report.examples
