"""Compares a compacted topic with the read model it mirrors: the last value of every key, by digest."""

import hashlib
from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer

from adapters.kafka.audit import Audited, published_position
from adapters.kafka.client import Span, opened_consumer, partitions_of, read_spans
from adapters.kafka.findings import AuditReport, Findings, Kind
from adapters.kafka.topics import PREFIX, TOPIC, Name

ROWS_AT_ONCE = 5000


async def audit_model(
    bootstrap: str,
    log: Audited,
    model: Name,
    rows: Iterable[tuple[str, bytes]],
    *,
    prefix: str = PREFIX,
) -> AuditReport:
    """The read model's rows (key, value) against its topic; a key still on its way is pending.

    Holds 16 bytes a key beside the key. Raises KafkaError, TimeoutError.
    """
    async with opened_consumer(bootstrap, f"{prefix}audit", committed=True) as consumer:
        position = await published_position(consumer, prefix)
        told = _Told(consumer, prefix + model, TOPIC[model].partitions)
        await told.read_on()
        findings, differing = Findings(), _compared(told.digests, rows)
        findings.checked = len(told.digests)
        waiting = _waiting(log, model, position.outbox if position else 0)
        moving = waiting | await told.read_on()  # what left the outbox meanwhile is on the topic by now
        for key, kind in differing.items():
            if key in moving:
                findings.pending += 1
            else:
                findings.add(kind, prefix + model, key, None, _says(kind))
        return findings.report()


class _Told:
    """What a compacted topic says of each key; reading on tells which keys changed since."""

    def __init__(self, consumer: AIOKafkaConsumer, topic: str, partitions: int) -> None:
        self._consumer = consumer
        self._partitions = partitions_of({topic: partitions})
        self._read = dict.fromkeys(self._partitions, 0)
        self.digests: dict[str, bytes] = {}

    async def read_on(self) -> set[str]:
        ends = await self._consumer.end_offsets(self._partitions)
        spans: dict[object, Span] = {each: (self._read[each], ends[each]) for each in self._partitions}
        changed: set[str] = set()
        async for record in read_spans(self._consumer, spans):
            key = (record.key or b"").decode(errors="replace")
            changed.add(key)
            self.digests.pop(key, None)
            if record.value is not None:
                self.digests[key] = _digest(record.value)
        self._read = ends
        return changed


def _compared(told: dict[str, bytes], rows: Iterable[tuple[str, bytes]]) -> dict[str, Kind]:
    differing: dict[str, Kind] = {}
    unmatched = dict(told)
    for key, value in rows:
        digest = unmatched.pop(key, None)
        if digest is None:
            differing[key] = Kind.MISSING
        elif digest != _digest(value):
            differing[key] = Kind.ALTERED
    return differing | dict.fromkeys(unmatched, Kind.FOREIGN)


def _waiting(log: Audited, model: Name, after: int) -> set[str]:
    keys: set[str] = set()
    while rows := log.outbox(after, ROWS_AT_ONCE):
        keys |= {row.key for row in rows if row.topic == model}
        after = rows[-1].id
    return keys


def _says(kind: Kind) -> str:
    return {
        Kind.MISSING: "the read model has it, the topic does not",
        Kind.ALTERED: "the topic's last value is not the read model's row",
    }.get(kind, "the topic has it, the read model does not")


def _digest(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=16).digest()
