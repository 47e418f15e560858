"""docs/consume.md: its commands run, its tables are right, and what it promises holds."""

import asyncio
import json
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from threading import Timer

from aiokafka import ConsumerRecord

from adapters.kafka import topics
from adapters.kafka.records import Record
from adapters.kafka.topics import PREFIX, TOPIC, Name
from ordertrail.description.documents import DOCS, present
from ordertrail.description.headers import EVENTS
from ordertrail.description.schemas import ROWS
from tests.description.console import console_consumer
from tests.description.node import node_directory
from tests.description.published import Published, headers_of
from tests.kafka.publishing import send

PAGE = (DOCS / "consume.md").read_text()
ROOT = DOCS.parent
STATE_CHANGED = "ordertrail.state-changed.v1"


def command(first: str, published: Published) -> list[str]:
    """A command of the page, aimed at the topics of the test."""
    blocks = re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", "").splitlines()
    [line] = [line for line in lines if line.startswith(first)]
    aimed = line.replace("localhost:9092", published.bootstrap).replace(PREFIX, published.prefix)
    return shlex.split(aimed)


def table(heading: str) -> list[list[str]]:
    rows = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0].splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row.startswith("|")]
    return cells[2:]


def test_the_page_names_the_topics_that_are_written_as_they_are() -> None:
    told = [(topic, key, int(partitions)) for topic, key, partitions, _ in table("Topics")]

    written = [TOPIC[name] for name in (Name.EVENTS, *ROWS)]
    assert told == [(f"`{PREFIX}{topic.name}`", topic.key, topic.partitions) for topic in written]


def test_the_page_names_every_header_of_an_event() -> None:
    told = {header for row in table("An event") for header in re.findall(r"`(ce_\w+)`", row[0])}

    assert told == present()[EVENTS]["properties"].keys() - {"ce_specversion", "content-type"}


def test_the_python_consumer_prints_every_order(published: Published) -> None:
    program, *arguments = command("python examples/fold_events.py", published)
    assert program == "python"

    printed = run([sys.executable, *arguments, published.prefix])

    orders = {json.loads(line)["order"] for line in printed.splitlines()}
    assert orders == published.newest(Name.ORDERS).keys()


def test_the_console_consumer_prints_every_event_with_its_headers(published: Published) -> None:
    script, *arguments = command("kafka-console-consumer.sh", published)
    assert script == "kafka-console-consumer.sh"
    events = published.records[Name.EVENTS]

    printed = run([*console_consumer(), *arguments, "--max-messages", str(len(events))])

    ids = re.findall(r"ce_id:(\S+?),", printed)
    assert sorted(ids) == sorted(headers_of(record)["ce_id"] for record in events)


def test_the_node_consumer_prints_every_change_of_state_in_order(published: Published) -> None:
    node, script, bootstrap = command("node", published)
    place = node_directory(ROOT / "examples")
    expected = [line_of(headers_of(one), one.value) for one in published.records[Name.EVENTS]]
    changes = [line for line in expected if line is not None]

    told = first_lines([node, Path(script).name, bootstrap, published.prefix], place, len(changes))

    assert by_order(told) == by_order(changes)


def test_both_consumers_pass_over_what_strangers_wrote(published: Published) -> None:
    prefix, events = f"{published.prefix}strewn.", published.records[Name.EVENTS]
    asyncio.run(strewn(published.bootstrap, prefix, events))
    program, script, bootstrap = command("node", published)
    place = node_directory(ROOT / "examples")
    told = [line for line in (line_of(headers_of(one), one.value) for one in events) if line is not None]

    changes = first_lines([program, Path(script).name, bootstrap, prefix], place, len(told))
    orders = run([sys.executable, str(ROOT / "examples" / "fold_events.py"), bootstrap, prefix])

    assert by_order(changes) == by_order(told)
    assert {json.loads(line)["order"] for line in orders.splitlines()} == published.newest(Name.ORDERS).keys()


async def strewn(bootstrap: str, prefix: str, events: Sequence[ConsumerRecord]) -> None:
    """The events, and before them in each partition what is none of ours."""
    await topics.ensure(bootstrap, prefix=prefix)
    topic = prefix + Name.EVENTS
    foreign = [("ce_source", b"urn:other"), ("ce_position", b"999999"), ("ce_id", b"a@1")]
    strange: list[tuple[bytes | None, list[tuple[str, bytes]]]] = [
        (b"no headers", []),
        (None, []),
        (b"no text", [("ce_source", b"\xff")]),
        (b"another source", foreign),
    ]
    partitions = sorted({one.partition for one in events})
    records = [Record(topic, at, b"key", value, told) for at in partitions for value, told in strange]
    records += [Record(topic, one.partition, one.key, one.value, list(one.headers)) for one in events]
    await send(bootstrap, prefix, records)


def test_without_transactions_positions_tell_repeats_from_what_is_new(published: Published) -> None:
    handled: dict[int, int] = {}
    kept: dict[int, list[bytes]] = {}
    for record in published.uncommitted:
        position = int(headers_of(record)["ce_position"])
        if position > handled.get(record.partition, 0):
            handled[record.partition] = position
            kept.setdefault(record.partition, []).append(record.value)

    assert len(published.uncommitted) > len(published.records[Name.EVENTS])
    assert kept == by_partition(published)


def by_partition(published: Published) -> dict[int, list[bytes]]:
    values: dict[int, list[bytes]] = {}
    for record in published.records[Name.EVENTS]:
        values.setdefault(record.partition, []).append(record.value)
    return values


def line_of(headers: dict[str, str], value: bytes) -> dict[str, object] | None:
    event = json.loads(value)
    if headers["ce_type"] != STATE_CHANGED:
        return None
    told = {name: event[name] for name in ("state", "phase", "not_before", "not_after")}
    return {"order": headers["ce_subject"], **told, "inferred": event["data"]["inferred"]}


def by_order(lines: list[dict[str, object]]) -> dict[object, list[dict[str, object]]]:
    orders = dict.fromkeys(line["order"] for line in lines)
    return {order: [line for line in lines if line["order"] == order] for order in orders}


def run(words: list[str]) -> str:
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr
    return done.stdout


def first_lines(words: list[str], place: Path, count: int) -> list[dict[str, object]]:
    """What a program that never ends by itself prints at first; it must end when it is told to."""
    with subprocess.Popen(words, cwd=place, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        patience = Timer(60, program.kill)
        patience.start()
        lines: Iterator[str] = islice(program.stdout, count)
        told = [json.loads(line) for line in lines]
        program.send_signal(signal.SIGTERM)
        assert program.wait() == 0
        patience.cancel()
    return told
