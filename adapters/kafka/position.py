"""The position record: what a publisher had published when its last transaction was committed."""

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from adapters.kafka.client import read_spans
from adapters.kafka.topics import Name


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


_decoder = msgspec.json.Decoder(Position)


def encoded(position: Position) -> bytes:
    return msgspec.json.encode(position)


async def read_position(
    committed: AIOKafkaConsumer, publisher: str, *, prefix: str, watermark: int
) -> Position | None:
    """The newest visible position record below the high watermark; None: there is none yet."""
    partition = TopicPartition(prefix + Name.POSITIONS, 0)
    newest: bytes | None = None
    async for record in read_spans(committed, {partition: (0, watermark)}):
        if record.key == publisher.encode():
            newest = record.value
    return None if newest is None else _decoder.decode(newest)
