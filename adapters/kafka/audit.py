"""Compares the topics with the log: what is missing, doubled, reordered, altered or foreign on Kafka.

Both are walked in position order, one partition of the topic beside the rows of the log that belong to it, so
a million events are never held. The log is given by the same `Source` that publishing uses.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from adapters.kafka.client import opened_consumer, partitions_of
from adapters.kafka.cursor import Cursor
from adapters.kafka.failures import PublishRefused
from adapters.kafka.findings import AuditReport, Findings, Kind
from adapters.kafka.position import AuditedPosition, Position, audited, leads_to, read_position
from adapters.kafka.records import Record, event_record, number, source
from adapters.kafka.topics import PREFIX, TOPIC, Name
from adapters.kafka.transaction import await_visible
from domain.rows import OutboxRow, Row

ROWS_AT_ONCE = 2000
REMEMBERED_MISSING = 100_000
READABLE_SECONDS = 2.0


class Audited(Protocol):
    id: str

    def read(self, after: int, limit: int) -> list[Row]: ...
    def outbox(self, after: int, limit: int) -> list[OutboxRow]: ...


async def audit_events(
    bootstrap: str,
    log: Audited,
    *,
    prefix: str = PREFIX,
    since: AuditedPosition | None = None,
) -> AuditReport:
    """Every event of the log against `events`; with `since`, those after that position record only.

    Events the position record doesn't count yet are pending, not missing. `since` is passed over if it isn't
    a place on the way to where publishing stands now: the topic was begun anew. It is also passed over if a
    partition begins elsewhere than it did: records were deleted. Raises KafkaError, TimeoutError.
    """
    async with opened_consumer(bootstrap, f"{prefix}audit", committed=True) as consumer:
        published = await published_position(consumer, prefix)
        partitions = partitions_of({prefix + Name.EVENTS: TOPIC[Name.EVENTS].partitions})
        found = await consumer.beginning_offsets(partitions)
        starts = [found[each] for each in partitions]
        going_on = since and published and leads_to(since, published) and since.starts == starts
        walk = _Walk(log, prefix, published.position if published else 0)
        await walk.over(consumer, starts, since if going_on else None)
        return walk.findings.report(audited(published, starts) if published else None)


async def published_position(consumer: AIOKafkaConsumer, prefix: str) -> Position | None:
    """Where publishing stands; None: no record tells it. What it counts can be read by then, unless that is
    gone or hangs: a transaction becomes readable partition by partition, and its position may come first.
    """
    partition = TopicPartition(prefix + Name.POSITIONS, 0)
    end = (await consumer.end_offsets([partition]))[partition]
    try:
        position = await read_position(consumer, prefix=prefix, watermark=end)
    except PublishRefused:
        return None
    if position:
        with suppress(TimeoutError):
            await await_visible(consumer, position.lasts(prefix), patience=READABLE_SECONDS)
    return position


class _Walk:
    def __init__(self, log: Audited, prefix: str, published: int) -> None:
        self.findings = Findings()
        self._log, self._prefix, self._published = log, prefix, published
        self._cursors: dict[int, Cursor] = {}
        self._last: dict[int, int] = {}
        self._missing: set[int] = set()
        self._ahead: set[int] = set()

    async def over(self, consumer: AIOKafkaConsumer, starts: Sequence[int], since: Position | None) -> None:
        await self._assign(consumer, starts, since)
        after = since.position if since else 0
        while rows := await asyncio.to_thread(self._log.read, after, ROWS_AT_ONCE):
            for row in rows:
                await self._expect(event_record(row, self._log.id, prefix=self._prefix), row.position)
            after = rows[-1].position
        for partition, cursor in self._cursors.items():
            while found := await cursor.peek():
                self._stray(partition, found)
                cursor.advance()

    async def _assign(
        self, consumer: AIOKafkaConsumer, starts: Sequence[int], since: Position | None
    ) -> None:
        partitions = partitions_of({self._prefix + Name.EVENTS: TOPIC[Name.EVENTS].partitions})
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        for each in partitions:
            start = since.end(Name.EVENTS, each.partition) + 1 if since else starts[each.partition]
            consumer.seek(each, start)
            self._cursors[each.partition] = Cursor(consumer, each, ends[each])
        self._last = dict.fromkeys(self._cursors, since.position if since else 0)

    async def _expect(self, wanted: Record, position: int) -> None:
        cursor = self._cursors[wanted.partition]
        while found := await cursor.peek():
            at = self._position(found)
            if at == position:
                self._compare(wanted, found, position)
                cursor.advance()
                return
            if at is not None and at > position and await self._in_log(found, at):
                break
            self._stray(wanted.partition, found)
            cursor.advance()
        self._absent(wanted, position, later=found is not None)

    async def _in_log(self, found: ConsumerRecord, position: int) -> bool:
        """Whether a record further on than expected is one of the log's; asked once a record."""
        if position not in self._ahead:
            rows = await asyncio.to_thread(self._log.read, position - 1, 1)
            if not rows or rows[0].position != position or rows[0].order.encode() != found.key:
                return False
            self._ahead.add(position)
        return True

    def _position(self, found: ConsumerRecord) -> int | None:
        """The record's log position; None for a record of another log or of no log at all."""
        ours = ("ce_source", source(self._log.id).encode()) in found.headers
        return number(found.headers, "ce_position") if ours else None

    def _compare(self, wanted: Record, found: ConsumerRecord, position: int) -> None:
        self.findings.checked += 1
        self._last[wanted.partition] = position
        self._ahead.discard(position)
        differing = _differing(wanted, found)
        if differing:
            self.findings.add(Kind.ALTERED, wanted.topic, _order(wanted.key), position, ", ".join(differing))

    def _absent(self, wanted: Record, position: int, *, later: bool) -> None:
        if position > self._published and not later:
            self.findings.pending += 1
            return
        self.findings.add(Kind.MISSING, wanted.topic, _order(wanted.key), position, "is not on the topic")
        if len(self._missing) < REMEMBERED_MISSING:
            self._missing.add(position)

    def _stray(self, partition: int, found: ConsumerRecord) -> None:
        """A record that stands where the log has none: seen before, come late, or not ours."""
        at, key = self._position(found), _order(found.key)
        where = f"partition {found.partition} offset {found.offset}"
        if at is None or at > self._last[partition]:
            self.findings.add(Kind.FOREIGN, found.topic, key, at, f"{where}: the log has no such event")
        elif at in self._missing:
            self._missing.discard(at)
            self.findings.found_late(found.topic, key, at, f"{where}: comes after a later event")
        else:
            self.findings.add(Kind.DOUBLED, found.topic, key, at, f"{where}: published before")


def _differing(wanted: Record, found: ConsumerRecord) -> list[str]:
    headers: Mapping[str, bytes] = dict(found.headers)
    differing = [name for name, value in wanted.headers if headers.get(name) != value]
    if found.value != wanted.value:
        differing.append("value")
    if found.key != wanted.key:
        differing.append("key")
    return differing


def _order(key: bytes | None) -> str:
    return (key or b"").decode(errors="replace")
