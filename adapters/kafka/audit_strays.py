"""Finds on `providers` and `positions` what nobody of ours writes. The newest record of each key counts.

Neither topic follows from the log, so there is nothing to compare its records with.
"""

from collections.abc import Collection

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from adapters.kafka.client import Span, opened_consumer, read_spans
from adapters.kafka.findings import AuditReport, Findings, Kind
from adapters.kafka.position import PUBLISHER, UNREADABLE, decoded
from adapters.kafka.topics import PREFIX, Name


async def audit_strays(bootstrap: str, providers: Collection[str], *, prefix: str = PREFIX) -> AuditReport:
    """`providers` are the keys that may stand on the topic of that name. Raises KafkaError, TimeoutError."""
    findings = Findings()
    async with opened_consumer(bootstrap, f"{prefix}audit", committed=True) as consumer:
        for key, record in (await _newest(consumer, prefix + Name.PROVIDERS)).items():
            if record.value is not None and key not in providers:
                _say(findings, record, key, "is no provider")
        for key, record in (await _newest(consumer, prefix + Name.POSITIONS)).items():
            if key == PUBLISHER and not _is_position(record.value):
                _say(findings, record, key, "holds no position")
            elif key != PUBLISHER and record.value is not None:
                _say(findings, record, key, "is no publisher")
    return findings.report()


async def _newest(consumer: AIOKafkaConsumer, topic: str) -> dict[str, ConsumerRecord]:
    partition = TopicPartition(topic, 0)
    start = (await consumer.beginning_offsets([partition]))[partition]
    end = (await consumer.end_offsets([partition]))[partition]
    spans: dict[TopicPartition, Span] = {partition: (start, end)}
    return {
        (record.key or b"").decode(errors="replace"): record async for record in read_spans(consumer, spans)
    }


def _is_position(value: bytes | None) -> bool:
    try:
        decoded(value or b"")
    except UNREADABLE:
        return False
    return True


def _say(findings: Findings, record: ConsumerRecord, key: str, why: str) -> None:
    where = f"partition {record.partition} offset {record.offset}"
    findings.add(Kind.FOREIGN, record.topic, key, None, f"{where}: {key} {why}")
