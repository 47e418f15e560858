"""The log's seals as they were published: what somebody who rewrites the log can't rewrite with it."""

from collections.abc import AsyncIterator, Iterator

from aiokafka import TopicPartition

from adapters.kafka.client import Span, opened_consumer, read_spans
from adapters.kafka.findings import AuditReport, Findings, Kind
from adapters.kafka.partition import partition_of
from adapters.kafka.records import EVENT_PARTITIONS, number, source
from adapters.kafka.topics import PREFIX, Name
from domain.log import Log
from domain.rows import Cells
from domain.seal import LOG_STREAM

SEALS_AT_ONCE = 1000

Seal = tuple[int, bytes | None]
"""A position and the stored bytes."""


async def audit_seals(bootstrap: str, log: Log, *, prefix: str = PREFIX) -> AuditReport:
    """Every seal on the topic against the log's event at its position. Raises KafkaError, TimeoutError.

    Seals beyond the last one on the topic are pending; one in front of it that is not there is missing.
    """
    compared = _Compared(prefix + Name.EVENTS, _stored(log))
    async for position, value in _published(bootstrap, log.id, prefix):
        compared.found(position, value)
    return compared.report()


class _Compared:
    def __init__(self, topic: str, seals: Iterator[Seal]) -> None:
        self._topic = topic
        self._seals = seals
        self._findings = Findings()
        self._next = next(seals, None)
        self._last = 0

    def found(self, position: int, value: bytes | None) -> None:
        if position <= self._last:
            self._say(Kind.DOUBLED, position, "the seal was published before")
            return
        self._last = position
        while self._next is not None and self._next[0] < position:
            self._say(Kind.MISSING, self._next[0], "the log has a seal here, the topic has none")
            self._next = next(self._seals, None)
        if self._next is None or self._next[0] != position:
            self._say(Kind.FOREIGN, position, "a seal was published here, and the log has none")
            return
        self._findings.checked += 1
        if self._next[1] != value:
            self._say(Kind.ALTERED, position, "the log's seal is not the one that was published")
        self._next = next(self._seals, None)

    def report(self) -> AuditReport:
        self._findings.pending = sum(1 for _ in self._seals) + (self._next is not None)
        return self._findings.report()

    def _say(self, kind: Kind, position: int, why: str) -> None:
        self._findings.add(kind, self._topic, LOG_STREAM, position, why)


async def _published(bootstrap: str, log_id: str, prefix: str) -> AsyncIterator[Seal]:
    partition = TopicPartition(prefix + Name.EVENTS, partition_of(LOG_STREAM, EVENT_PARTITIONS))
    ours = ("ce_source", source(log_id).encode())
    async with opened_consumer(bootstrap, f"{prefix}verify", committed=True) as consumer:
        first = (await consumer.beginning_offsets([partition]))[partition]
        end = (await consumer.end_offsets([partition]))[partition]
        spans: dict[TopicPartition, Span] = {partition: (first, end)}
        async for record in read_spans(consumer, spans):
            if record.key == LOG_STREAM.encode() and ours in record.headers:
                position = number(record.headers, "ce_position")
                yield position or 0, record.value


def _stored(log: Log) -> Iterator[Seal]:
    after = 0
    while page := log.stored_in(LOG_STREAM, after, SEALS_AT_ONCE):
        yield from map(_seal, page)
        last = page[-1][2]
        if not isinstance(last, int):
            return
        after = last


def _seal(row: Cells) -> Seal:
    position, _, _, _, state = row
    return (position if isinstance(position, int) else 0), (state if isinstance(state, bytes) else None)
