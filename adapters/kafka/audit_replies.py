"""Compares the topic of replies with the commands that the log has taken: each is answered once, as noted.

Replies pass after seven days, so only younger ones can be missed.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec
from aiokafka import AIOKafkaConsumer

from adapters.kafka.audit import published_position
from adapters.kafka.client import opened_consumer, partitions_of, read_spans
from adapters.kafka.findings import AuditReport, Findings, Kind
from adapters.kafka.topics import PREFIX, TOPIC, Name
from domain.instants import DAY, Instant
from domain.rows import CommandRow, OutboxRow

ROWS_AT_ONCE = 2000
MISSED_FOR = 6 * DAY


class Answering(Protocol):
    def command(self, id: str) -> CommandRow | None: ...
    def commands(self, since: Instant, after: str, limit: int) -> list[CommandRow]: ...
    def outbox(self, after: int, limit: int) -> list[OutboxRow]: ...


class _Named(msgspec.Struct):
    id: str = ""


_named = msgspec.json.Decoder(_Named).decode


async def audit_replies(
    bootstrap: str,
    log: Answering,
    *,
    now: Instant,
    begun: Instant = 0,
    prefix: str = PREFIX,
) -> AuditReport:
    """`begun` is when the topics were begun: replies to older commands are on none or on others.

    Raises KafkaError, TimeoutError.
    """
    topic, findings = prefix + Name.REPLIES, Findings()
    async with opened_consumer(bootstrap, f"{prefix}audit", committed=True) as consumer:
        position = await published_position(consumer, prefix)
        answered = _answered(log, max(begun, now - MISSED_FOR))
        waiting = _waiting(log, position.outbox if position else 0)  # what leaves it now is on the topic
        named = await _named_on(consumer, topic, log, findings)
    for row in answered:
        if row.id in waiting:
            findings.pending += 1
        elif row.id not in named:
            findings.add(Kind.MISSING, topic, row.order, None, f"the reply to {row.id} is not on the topic")
    return findings.report()


async def _named_on(consumer: AIOKafkaConsumer, topic: str, log: Answering, findings: Findings) -> set[str]:
    """Judges each record; the ids that are named, rightly or not."""
    partitions = partitions_of({topic: TOPIC[Name.REPLIES].partitions})
    starts, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    told: set[str] = set()
    named: set[str] = set()
    async for record in read_spans(consumer, {each: (starts[each], ends[each]) for each in partitions}):
        key = (record.key or b"").decode(errors="replace")
        where = f"partition {record.partition} offset {record.offset}"
        kind, id = _judged(log, record.value, told)
        named.add(id)
        if kind is None:
            findings.checked += 1
            told.add(id)
        else:
            findings.add(kind, topic, key, None, f"{where}: {_SAYS[kind]} {id}")
    return named


_SAYS = {
    Kind.FOREIGN: "no command was taken with the id",
    Kind.DOUBLED: "published before: the reply to",
    Kind.ALTERED: "otherwise than noted: the reply to",
}


def _judged(log: Answering, value: bytes | None, told: set[str]) -> tuple[Kind | None, str]:
    try:
        id = _named(value or b"").id
    except (ValueError, RecursionError):
        return Kind.FOREIGN, ""
    row = log.command(id)
    if row is None or row.reply is None:
        return Kind.FOREIGN, id
    if row.reply != value:
        return Kind.ALTERED, id
    return (Kind.DOUBLED if id in told else None), id


def _waiting(log: Answering, after: int) -> set[str]:
    """The ids of replies that are on their way."""
    found: set[str] = set()
    while rows := log.outbox(after, ROWS_AT_ONCE):
        found |= {_named(row.value or b"{}").id for row in rows if row.topic == Name.REPLIES}
        after = rows[-1].id
    return found


def _answered(log: Answering, since: Instant) -> Sequence[CommandRow]:
    found: list[CommandRow] = []
    after = ""
    while rows := log.commands(since, after, ROWS_AT_ONCE):
        found += [row for row in rows if row.reply is not None]
        after = rows[-1].id
    return found
