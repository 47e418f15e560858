"""The position record: what a publisher had published when its last transaction was committed."""

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from adapters.kafka.client import read_spans
from adapters.kafka.failures import PublishRefused
from adapters.kafka.topics import TOPIC, Name

PUBLISHER = "publisher"
"""The key of its records: one publishes to the topics of a prefix at a time."""
LAST_OFFSETS = 256
WIDER = 16
UNREADABLE = (ValueError, RecursionError)
"""What `decoded` raises for what is no position record."""
HOLDER = "held_by"
"""The header that names who works; a publisher that left in order leaves none."""


class Position(msgspec.Struct, frozen=True):
    """`log` is the log's id, `position` and `outbox` the last published of each, `at` RFC 3339 UTC.

    `ends` is the offset of the last record of ours in each partition, -1 for none, by topic without prefix.
    """

    log: str
    position: int
    outbox: int
    ends: dict[str, list[int]]
    at: str

    def end(self, topic: str, partition: int) -> int:
        ends = self.ends.get(topic, [])
        return ends[partition] if partition < len(ends) else -1

    def lasts(self, prefix: str) -> dict[TopicPartition, int]:
        """The same offsets, by partition."""
        return {
            TopicPartition(prefix + topic, partition): offset
            for topic, offsets in self.ends.items()
            for partition, offset in enumerate(offsets)
        }


class AuditedPosition(Position, frozen=True):
    """Up to where a clean audit came; `starts` has the first offset of each partition of `events` by then.

    A note without it is of an earlier version, and of partitions that begin at 0.
    """

    starts: list[int] = msgspec.field(default_factory=lambda: [0] * TOPIC[Name.EVENTS].partitions)


_decoder = msgspec.json.Decoder(Position)
_noted = msgspec.json.Decoder(AuditedPosition)


def encoded(position: Position) -> bytes:
    return msgspec.json.encode(position)


def decoded(record: bytes) -> Position:
    return _decoder.decode(record)


def noted(record: str) -> AuditedPosition:
    return _noted.decode(record)


def audited(position: Position, starts: list[int]) -> AuditedPosition:
    return AuditedPosition(**msgspec.structs.asdict(position), starts=starts)


def leads_to(earlier: Position, later: Position) -> bool:
    """Whether the later one may follow the earlier one on the same topics."""
    shrunk = any(
        offset > later.end(topic, partition)
        for topic, offsets in earlier.ends.items()
        for partition, offset in enumerate(offsets)
    )
    return earlier.log == later.log and earlier.position <= later.position and not shrunk


async def read_position(committed: AIOKafkaConsumer, *, prefix: str, watermark: int) -> Position | None:
    """The newest visible position record below the high watermark; None: there is none yet.

    Raises PublishRefused if it is none of ours.
    """
    newest = await newest_record(committed, prefix=prefix, watermark=watermark)
    if newest is None or newest.value is None:
        return None
    try:
        return decoded(newest.value)
    except UNREADABLE as error:
        raise PublishRefused(
            f"{newest.topic} offset {newest.offset}: what stands there under {PUBLISHER} is no position, so "
            f"somebody else wrote it. Keep others from writing there. Then write the last record of "
            f"{PUBLISHER} before that one there again, under the same key, or start over on purpose: delete "
            "the topics, run `ordertrail topics`, then `ordertrail topics --republish events`, `--republish "
            "orders` and `--republish attention`."
        ) from error


async def newest_record(consumer: AIOKafkaConsumer, *, prefix: str, watermark: int) -> ConsumerRecord | None:
    """The newest of the publisher's records that the consumer may see, looked for from the end."""
    partition = TopicPartition(prefix + Name.POSITIONS, 0)
    start, step = watermark, LAST_OFFSETS
    while start > 0:
        end, start, step = start, max(0, start - step), step * WIDER
        newest = None
        async for record in read_spans(consumer, {partition: (start, end)}):
            if record.key == PUBLISHER.encode():
                newest = record
        if newest is not None:
            return newest
    return None


def holder_of(record: ConsumerRecord) -> str:
    """Who held the topics when this position record was written; empty: nobody."""
    headers: dict[str, bytes] = dict(record.headers)
    return headers.get(HOLDER, b"").decode(errors="replace")
