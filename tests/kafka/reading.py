"""Reading topics in tests as a stranger would: read_committed, to the end."""

from aiokafka import ConsumerRecord

from adapters.kafka.client import opened_consumer, partitions_of, read_spans
from adapters.kafka.topics import TOPIC, Name


async def read_all(bootstrap: str, prefix: str, name: Name) -> list[ConsumerRecord]:
    async with opened_consumer(bootstrap, "test-reader", committed=True) as consumer:
        partitions = partitions_of({prefix + name: TOPIC[name].partitions})
        ends = await consumer.end_offsets(partitions)
        spans = {each: (0, ends[each]) for each in partitions}
        return [record async for record in read_spans(consumer, spans)]
