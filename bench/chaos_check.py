"""What a stranger sees after chaos: the topics read with a plain client, the database with plain SQL."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import psycopg
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

PARTITIONS = 12

Key = tuple[str, int]
"""An order and the version of its event."""


class Told(NamedTuple):
    """An event as a reader met it, in the order of its partition."""

    event: Key
    position: int
    value: bytes


class Verdict(NamedTuple):
    events: int
    lost: int
    doubled: int
    reordered: int
    read_models_equal: bool


async def judged(bootstrap: str, url: str, acknowledged: Iterable[Path], prefix: str) -> Verdict:
    """`lost`: events of the log that no reader gets as they are, and acknowledged ones the log has not."""
    told = [_told(record) for record in await _read(bootstrap, f"{prefix}events")]
    stored = _stored(url)
    seen = Counter(each.event for each in told)
    whole = {each.event for each in told if stored.get(each.event) == each.value}
    models = [await _model_equal(bootstrap, url, model, prefix) for model in ("orders", "attention")]
    return Verdict(
        events=len(stored),
        lost=len(stored.keys() - whole) + _forgotten(stored, acknowledged),
        doubled=sum(seen.values()) - len(seen),
        reordered=_reordered(told),
        read_models_equal=all(models),
    )


async def _read(bootstrap: str, topic: str) -> list[ConsumerRecord]:
    """All that is committed, partition by partition."""
    reader = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await reader.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        reader.assign(partitions)
        ends = await reader.end_offsets(partitions)
        records: list[ConsumerRecord] = []
        left = {each for each, end in ends.items() if end}
        while left:
            for came in (await reader.getmany(*left, timeout_ms=200)).values():
                records += came
            left -= {each for each in left if await reader.position(each) >= ends[each]}
        return records
    finally:
        await reader.stop()


def _told(record: ConsumerRecord) -> Told:
    headers = dict(record.headers)
    order, _, version = headers["ce_id"].decode().rpartition("@")
    return Told((order, int(version)), int(headers["ce_position"]), record.value)


def _stored(url: str) -> dict[Key, bytes]:
    statement = (
        "SELECT coalesce(r.provider || '/' || r.order_id, e.originator_id), e.originator_version, e.state "
        "FROM stored_events e LEFT JOIN register r ON r.stream = e.originator_id"
    )
    with psycopg.connect(url) as connection:
        return {(order, version): bytes(state) for order, version, state in connection.execute(statement)}


def _forgotten(stored: Mapping[Key, bytes], acknowledged: Iterable[Path]) -> int:
    """How many events the log had acknowledged to its writers, and does not have."""
    wanted: Counter[str] = Counter()
    for file in acknowledged:
        for line in file.read_text().splitlines():
            if line.startswith("{") and line.endswith("}"):  # a killed writer's last line may be torn
                wanted.update(json.loads(line))
    return sum((wanted - Counter(order for order, _ in stored)).values())


def _reordered(told: Sequence[Told]) -> int:
    """Events told after a later one of their order."""
    last: dict[str, int] = defaultdict(int)
    late = 0
    for (order, _), position, _ in told:
        late += position < last[order]
        last[order] = max(last[order], position)
    return late


async def _model_equal(bootstrap: str, url: str, model: str, prefix: str) -> bool:
    told: dict[str, bytes] = {}
    for record in await _read(bootstrap, prefix + model):
        told.pop(record.key.decode(), None)
        if record.value is not None:
            told[record.key.decode()] = record.value
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT key, value FROM read_models WHERE model = %s", [model])
        return told == {key: bytes(value) for key, value in rows}
