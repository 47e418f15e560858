import asyncio
import uuid

import pytest
from aiokafka import ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from adapters.kafka.client import opened_consumer, partitions_of, read_spans
from adapters.kafka.partition import partition_of
from adapters.kafka.replayed import SinkRefused, topic_sink
from domain.rows import Row
from ordertrail.sinks import to_topic
from tests.kafka.logs import rows


def made(bootstrap: str, partitions: int, **settings: str) -> str:
    """The name of a new topic."""
    name = f"replayed-{uuid.uuid4().hex[:8]}"
    configs = {key.replace("_", "."): value for key, value in settings.items()}

    async def make() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=configs)])
        while (await admin.describe_topics([name]))[0]["error_code"]:  # noqa: ASYNC110 a broker sends no word
            await asyncio.sleep(0.05)
        await admin.close()

    asyncio.run(make())
    return name


def read(bootstrap: str, topic: str, partitions: int) -> list[ConsumerRecord]:
    async def reading() -> list[ConsumerRecord]:
        async with opened_consumer(bootstrap, "test-reader", committed=True) as consumer:
            places = partitions_of({topic: partitions})
            ends = await consumer.end_offsets(places)
            return [
                record async for record in read_spans(consumer, {each: (0, ends[each]) for each in places})
            ]

    return asyncio.run(reading())


def refusal(bootstrap: str, topic: str) -> str:
    async def opening() -> None:
        async with topic_sink(bootstrap, topic, "log-a"):
            pass

    with pytest.raises(SinkRefused) as refused:
        asyncio.run(opening())
    return str(refused.value)


def test_every_event_is_told_once_and_says_that_it_is_a_replay(kafka: str) -> None:
    topic, given, told = made(kafka, 3), rows(3000), list[Row]()

    to_topic(kafka, topic, "log-a", iter([given[:2000], given[2000:]]), told.extend)

    records = read(kafka, topic, 3)
    by_position = {int(dict(each.headers)["ce_position"]): each for each in records}
    assert told == given
    assert len(records) == len(given)
    assert {each.position: each.state for each in given} == {p: r.value for p, r in by_position.items()}
    assert {dict(each.headers)["ce_replay"] for each in records} == {b"true"}


def test_a_key_is_where_every_client_puts_it_and_in_the_order_of_the_log(kafka: str) -> None:
    topic = made(kafka, 5)

    to_topic(kafka, topic, "log-a", iter([rows(500)]), lambda page: None)

    last = dict.fromkeys(range(5), 0)
    for record in read(kafka, topic, 5):
        position = int(dict(record.headers)["ce_position"])
        assert record.partition == partition_of(record.key.decode(), 5)
        assert position > last[record.partition]
        last[record.partition] = position


def test_a_missing_topic_is_refused(kafka: str) -> None:
    assert "has no topic nowhere: make it first" in refusal(kafka, "nowhere")


def test_a_compacted_topic_is_refused(kafka: str) -> None:
    assert "only the last event of each order would stay" in refusal(
        kafka, made(kafka, 1, cleanup_policy="compact")
    )
