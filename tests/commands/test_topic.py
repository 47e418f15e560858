"""Commands on a real broker: answered on `replies`, each once, whatever else is on the topic."""

import asyncio
import json
import shlex
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import DEVNULL, PIPE
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.kafka.publisher import Publisher
from adapters.kafka.topics import Name
from domain.log import Log
from tests.commands.kafka_role import opened, running, send
from tests.commands.sending import command
from tests.fixtures.recording import START, key
from tests.kafka.reading import read_all
from tests.waiting import PATIENT, until

pytestmark = pytest.mark.anyio
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "consume.md").read_text()


def sent(name: str, id: str, order: str, **args: object) -> tuple[str, bytes]:
    return order, json.dumps(command(name, id, order, **args)).encode()


async def replies(log: Log, bootstrap: str, prefix: str) -> list[dict[str, Any]]:
    """What a reader finds on the topic once everything is published."""
    publisher = Publisher(log, bootstrap, now=lambda: START, prefix=prefix, holder="one")
    try:
        await publisher.start()
        while await publisher.run_once():
            pass
        await publisher.leave()
    finally:
        await publisher.close()
    records = await read_all(bootstrap, prefix, Name.REPLIES)
    return [{"key": record.key.decode(), **json.loads(record.value)} for record in records]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ordertrail.db"


async def test_good_and_bad_commands_are_each_answered_once(url: str, kafka: str, prefix: str) -> None:
    log, order = opened(url), "runa/O-1"
    records: list[tuple[str | None, bytes | None]] = [
        sent("track", "c-1", order, ref="r"),
        sent("track", "c-1", order, ref="r"),
        (order, b"no json"),
        (order, None),
        (order, b'{"id":"c-2","command":"explode","order":"runa/O-1"}'),
        (order, json.dumps({"id": "c-3", "version": 9, "command": "stop", "order": order}).encode()),
        (order, b'{"id":"c-4","command":"track","order":"runa/O-1","x":"' + b"x" * 80_000 + b'"}'),
        sent("stop", "c-5", "runa/O-unknown", reason="r"),
        sent("stop", "c-6", order, reason="done"),
    ]

    async with running(url, kafka, prefix):
        await send(kafka, prefix, records)
        await until(lambda: len(log.outbox(0, 100)) == 8)
    told = await replies(log, kafka, prefix)

    outcomes = {reply["id"]: reply["outcome"] for reply in told}
    assert len(told) == len(outcomes) == 8
    assert {id for id, outcome in outcomes.items() if outcome == "done"} == {"c-1", "c-6"}
    places = [reply for reply in told if "/" in reply["id"]]
    assert len(places) == 3
    assert {reply["key"] for reply in places} == {"_commands"}
    assert all(reply["reason"] for reply in told if reply["outcome"] == "refused")
    known = log.stream(str(log.registered(*key(order))))
    assert [row.topic for row in known] == ["ordertrail.order-tracked.v1", "ordertrail.tracking-stopped.v1"]
    log.close()


async def test_killed_between_the_effect_and_kafkas_knowing_of_it_nothing_is_done_twice(
    url: str, kafka: str, prefix: str
) -> None:
    log = opened(url)
    orders = [f"runa/O-{number}" for number in range(20)]
    await send(kafka, prefix, [sent("track", f"t-{number}", order) for number, order in enumerate(orders)])
    lives = 0
    for _ in range(2):
        command_line = [sys.executable, "-m", "tests.commands.kafka_role", url, kafka, prefix]
        process = await create_subprocess_exec(*command_line, stdout=DEVNULL, stderr=DEVNULL)
        assert await asyncio.wait_for(process.wait(), PATIENT) == -9
        lives += 1

    async with running(url, kafka, prefix):
        await send(
            kafka,
            prefix,
            [sent("stop", f"s-{number}", order, reason="r") for number, order in enumerate(orders)],
        )
        await until(lambda: len(log.outbox(0, 100)) == 40)
        await asyncio.sleep(0.5)
    told = await replies(log, kafka, prefix)

    assert lives == 2
    assert Counter(reply["id"] for reply in told) == Counter(
        f"{letter}-{number}" for letter in "ts" for number in range(len(orders))
    )
    assert {reply["outcome"] for reply in told} == {"done"}
    assert log.tail() == 40
    log.close()


async def test_two_members_share_the_commands(url: str, kafka: str, prefix: str) -> None:
    log = opened(url)
    orders = [f"runa/O-{number}" for number in range(30)]

    async with running(url, kafka, prefix), running(url, kafka, prefix):
        await send(
            kafka, prefix, [sent("track", f"t-{number}", order) for number, order in enumerate(orders)]
        )
        await until(lambda: len(log.outbox(0, 100)) == 30)

    assert log.tail() == 30
    log.close()


async def test_the_example_sends_a_command_and_prints_its_reply(url: str, kafka: str, prefix: str) -> None:
    arguments = ["examples/command.py", kafka, "track", "xmrto/xmrto-VkT2yM", '{"ref": "invoice-17"}', prefix]

    async with running(url, kafka, prefix), publishing(url, kafka, prefix):
        process = await create_subprocess_exec(sys.executable, *arguments, stdout=PIPE)
        printed, _ = await asyncio.wait_for(process.communicate(), PATIENT)

    reply = json.loads(printed)
    assert (reply["command"], reply["order"], reply["outcome"]) == ("track", "xmrto/xmrto-VkT2yM", "done")
    assert f"python {arguments[0]} localhost:9092 {shlex.join(arguments[2:5])}" in PAGE


@asynccontextmanager
async def publishing(url: str, bootstrap: str, prefix: str) -> AsyncIterator[None]:
    log, stop = opened(url), asyncio.Event()
    publisher = Publisher(log, bootstrap, now=lambda: START, prefix=prefix, holder="one")
    try:
        await publisher.start()
        task = asyncio.create_task(publisher.run(stop))
        yield
        stop.set()
        await task
    finally:
        await publisher.close()
        log.close()
