"""The topic of replies, compared with the commands that the log has taken."""

import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from adapters.kafka.audit_replies import audit_replies
from adapters.kafka.findings import AuditReport, Kind
from adapters.kafka.publisher import Publisher
from adapters.kafka.topics import Name
from domain.instants import DAY, Instant
from domain.log import Log
from domain.rows import CommandRow, OutboxRow
from ordertrail.auditing import queue_all
from tests.commands.kafka_role import opened
from tests.commands.sending import command, commander, record
from tests.fixtures.recording import START, Recording
from tests.kafka.reading import read_all

pytestmark = pytest.mark.anyio


async def published(log: Log, bootstrap: str, prefix: str) -> None:
    publisher = Publisher(log, bootstrap, now=lambda: START, prefix=prefix, holder="one")
    try:
        await publisher.start()
        while await publisher.run_once():
            pass
        await publisher.leave()
    finally:
        await publisher.close()


def answered(log: Log, ids: Sequence[str]) -> None:
    boss = commander(Recording(log))
    for id in ids:
        boss.handle(record(command("track", id, f"runa/{id}")))


async def audited(bootstrap: str, log: Log, prefix: str, *, later: int = 0) -> AuditReport:
    return await audit_replies(bootstrap, log, now=START + later, prefix=prefix)


def found(report: AuditReport) -> list[tuple[Kind, str]]:
    return [(each.kind, each.order) for each in report.examples]


async def strewn(bootstrap: str, prefix: str, *values: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(prefix + Name.REPLIES, value, key=b"strewn")
    finally:
        await producer.stop()


async def test_an_audit_finds_replies_that_are_missing_doubled_altered_and_strange(
    kafka: str, prefix: str, tmp_path: Path
) -> None:
    log = opened(f"sqlite:///{tmp_path}/ordertrail.db")
    answered(log, ["a", "b"])
    await published(log, kafka, prefix)
    clean = await audited(kafka, log, prefix)
    replies = [each.value for each in await read_all(kafka, prefix, Name.REPLIES)]
    altered = json.dumps({**json.loads(replies[0]), "outcome": "refused"}).encode()
    await strewn(kafka, prefix, replies[1], altered, b'{"id":"nobody"}', b"no json")
    answered(log, ["c"])
    pending = await audited(kafka, log, prefix)
    log.trim_outbox(1_000_000)

    report = await audited(kafka, log, prefix)

    assert (clean.clean, clean.checked, clean.pending) == (True, 2, 0)
    assert pending.pending == 1
    kinds = [kind for kind, _ in found(report)]
    assert sorted(kinds) == sorted(
        [Kind.DOUBLED, Kind.ALTERED, Kind.FOREIGN, Kind.FOREIGN, Kind.MISSING]
    )  # which of two alike is the double depends on the partition that is read first
    assert found(report)[-1] == (Kind.MISSING, "runa/c")
    assert Kind.MISSING not in dict(found(await audited(kafka, log, prefix, later=7 * DAY)))
    log.close()


class Overtaken:
    """A log that goes on while it is read: things happen just before its commands or its outbox are told."""

    def __init__(self, log: Log, *, commands: Callable[[], None], outbox: Callable[[], None]) -> None:
        self._log = log
        self._commands, self._outbox = commands, outbox
        self.command = log.command

    def commands(self, since: Instant, after: str, limit: int) -> list[CommandRow]:
        self._commands()
        return self._log.commands(since, after, limit)

    def outbox(self, after: int, limit: int) -> list[OutboxRow]:
        self._outbox()
        return self._log.outbox(after, limit)


async def test_a_reply_given_while_the_audit_reads_is_pending(
    kafka: str, prefix: str, tmp_path: Path
) -> None:
    log = opened(f"sqlite:///{tmp_path}/ordertrail.db")
    late = iter([["a"]])
    slow = Overtaken(log, commands=lambda: answered(log, next(late, [])), outbox=lambda: None)

    report = await audit_replies(kafka, slow, now=START, prefix=prefix)

    assert (report.clean, report.pending) == (True, 1), report.examples
    log.close()


async def test_a_reply_published_while_the_audit_reads_is_found(
    kafka: str, prefix: str, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/ordertrail.db"
    log = opened(url)
    answered(log, ["a"])

    def publish_now() -> None:
        with closing(opened(url)) as own, ThreadPoolExecutor(1) as another:
            another.submit(asyncio.run, published(own, kafka, prefix)).result()

    slow = Overtaken(log, commands=lambda: None, outbox=publish_now)

    report = await audit_replies(kafka, slow, now=START, prefix=prefix)

    assert (report.clean, report.checked, report.pending) == (True, 1, 0), report.examples
    log.close()


async def test_a_strange_reply_that_is_no_text_is_foreign(kafka: str, prefix: str, tmp_path: Path) -> None:
    log = opened(f"sqlite:///{tmp_path}/ordertrail.db")
    await strewn(kafka, prefix, b'{"id":"\xff"}', b'{"x":' + b"[" * 100_000)

    report = await audited(kafka, log, prefix)

    assert [kind for kind, _ in found(report)] == [Kind.FOREIGN, Kind.FOREIGN]
    log.close()


def test_replies_that_wait_stay_when_topics_are_begun_anew(recording: Recording) -> None:
    answered(recording.log, ["a", "b"])
    recording.log.trim_outbox(1)

    queue_all(recording.log, "new.")

    assert [row.topic for row in recording.log.outbox(0, 10)] == ["replies"]
