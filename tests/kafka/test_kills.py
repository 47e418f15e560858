"""Kills at random moments near a commit, then the audit: nothing lost, doubled or out of order."""

from asyncio.subprocess import Process
from random import Random

import pytest

from adapters.kafka import topics
from adapters.kafka.audit import audit_events
from adapters.kafka.broker import Broker
from tests.kafka.logs import MemoryLog, rows
from tests.kafka.ordeal import Ordeal

pytestmark = pytest.mark.anyio

LAST = 4000


async def test_a_publisher_killed_again_and_again_loses_and_doubles_nothing(kafka: str, prefix: str) -> None:
    ordeal = Ordeal(kafka, prefix, last=LAST, limit=100, rng=Random(1))

    await ordeal.endure(6, Process.kill)

    report = await audit_events(kafka, MemoryLog(rows(LAST)), prefix=prefix)
    assert report.clean, report.examples
    assert (report.checked, report.pending) == (len(rows(LAST)), 0)
    assert len(ordeal.starts) == 7


async def test_a_broker_killed_during_commits_loses_and_doubles_nothing(frail: Broker) -> None:
    await topics.ensure(frail.bootstrap, prefix="p.")
    ordeal = Ordeal(frail.bootstrap, "p.", last=LAST, limit=100, rng=Random(2))

    def strike(_publisher: Process) -> None:
        frail.kill()
        frail.launch()

    await ordeal.endure(2, strike)

    report = await audit_events(frail.bootstrap, MemoryLog(rows(LAST)), prefix="p.")
    assert report.clean, report.examples
    assert (report.checked, report.pending) == (len(rows(LAST)), 0)
