"""Topics that are deleted or made anew while a publisher works, or while none does."""

import pytest
from aiokafka import TopicPartition

from adapters.kafka.belonging import moved, refuse_lost_records
from adapters.kafka.failures import PublishRefused
from adapters.kafka.position import Position
from adapters.kafka.republish import Begun, republish
from adapters.kafka.topics import Name
from adapters.kafka.transaction import Sent
from domain.log import LogUnreachable
from tests.kafka.logs import MemoryLog, change, rows
from tests.kafka.making_anew import make_anew
from tests.kafka.publishing import nothing, publish_all, publishing
from tests.kafka.reading import read_all

pytestmark = pytest.mark.anyio

ENDS = {"orders": [-1, 7, *[-1] * 10]}
AT = Position(log="log-a", position=9, outbox=9, ends=ENDS, at="")


def test_a_transaction_moves_the_ends_of_its_partitions() -> None:
    sent = {TopicPartition("p.orders", 1): Sent(9, 12), TopicPartition("p.providers", 0): Sent(0, 3)}

    assert moved(AT, sent, "p.") == {"orders": [-1, 12, *[-1] * 10], "providers": [3]}


@pytest.mark.parametrize("sent", [Sent(0, 2), Sent(0, 7), Sent(0, 5000)])
def test_a_partition_that_begins_again_is_refused_however_much_was_sent(sent: Sent) -> None:
    with pytest.raises(PublishRefused, match=r"p\.orders partition 1 goes on at offset 0, .* at 7 before"):
        moved(AT, {TopicPartition("p.orders", 1): sent}, "p.")


def test_of_several_topics_that_were_lost_events_is_named() -> None:
    at = Position(log="log-a", position=9, outbox=9, ends={"events": [3], "attention": [4]}, at="")
    high = {TopicPartition("p.attention", 0): 0, TopicPartition("p.events", 0): 0}

    with pytest.raises(PublishRefused, match="--republish events"):
        refuse_lost_records(at, high, "p.")


async def test_a_topic_made_anew_under_a_running_publisher_gets_nothing(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(60))
    async with publishing(kafka, prefix, log) as publisher:
        await publisher.run_once()
        await make_anew(kafka, prefix, Name.EVENTS)
        log.grow(rows(3000, first=61))

        with pytest.raises(PublishRefused, match="ordertrail topics --republish events"):
            await publisher.run_once()

    assert await read_all(kafka, prefix, Name.EVENTS) == []
    with pytest.raises(PublishRefused, match="ordertrail topics --republish events"):
        await publish_all(kafka, prefix, log)


async def test_a_topic_made_anew_is_found_by_an_idle_publisher(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(5), [change(1, "a")])
    async with publishing(kafka, prefix, log, heartbeat=0) as publisher:
        await publisher.run_once()
        await make_anew(kafka, prefix, Name.ORDERS)

        with pytest.raises(PublishRefused, match="ordertrail topics --republish orders"):
            await publisher.run_once()


async def test_beginning_anew_that_ends_before_everything_is_queued_can_be_repeated(
    kafka: str, prefix: str
) -> None:
    log = MemoryLog(rows(5), [change(1, "a")])
    await publish_all(kafka, prefix, log)
    await make_anew(kafka, prefix, Name.ORDERS)

    def killed(begun: Begun) -> None:
        raise LogUnreachable("the server is away")

    with pytest.raises(LogUnreachable):
        await republish(log, kafka, Name.ORDERS, queue=killed, now=lambda: 0, prefix=prefix)
    with pytest.raises(PublishRefused, match="ordertrail topics --republish orders"):
        await publish_all(kafka, prefix, log)
    begun = await republish(log, kafka, Name.ORDERS, queue=nothing, now=lambda: 0, prefix=prefix)

    assert begun.topics == [Name.ORDERS]


@pytest.mark.parametrize("topic", [Name.PROVIDERS, Name.REPLIES])
async def test_topics_beside_events_and_read_models_begin_anew_as_well(
    kafka: str, prefix: str, topic: Name
) -> None:
    log = MemoryLog(rows(5), [change(1, "a", topic=topic)])
    await publish_all(kafka, prefix, log)
    await make_anew(kafka, prefix, topic)

    with pytest.raises(PublishRefused, match=f"ordertrail topics --republish {topic}"):
        await publish_all(kafka, prefix, log)
    begun = await republish(log, kafka, topic, queue=nothing, now=lambda: 0, prefix=prefix)
    log.waiting.append(change(2, "b", topic=topic))
    await publish_all(kafka, prefix, log)

    assert begun.topics == [topic]
    assert [record.key for record in await read_all(kafka, prefix, topic)] == [b"b"]


async def test_with_events_all_topics_that_hold_nothing_begin_anew(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(5), [change(1, "a"), change(2, "a", topic="attention")])
    await publish_all(kafka, prefix, log)
    await make_anew(kafka, prefix, Name.EVENTS, Name.ORDERS)

    begun = await republish(log, kafka, Name.EVENTS, queue=nothing, now=lambda: 0, prefix=prefix)
    await publish_all(kafka, prefix, log)

    assert begun.topics == [Name.EVENTS, Name.ORDERS, Name.PROVIDERS, Name.REPLIES]
    assert len(await read_all(kafka, prefix, Name.EVENTS)) == 5


async def test_a_read_model_is_not_begun_anew_beside_events_that_no_position_counts(
    kafka: str, prefix: str
) -> None:
    log = MemoryLog(rows(5))
    await publish_all(kafka, prefix, log)
    await make_anew(kafka, prefix, Name.POSITIONS)

    with pytest.raises(PublishRefused, match="tells no position of publisher"):
        await republish(log, kafka, Name.ORDERS, queue=nothing, now=lambda: 0, prefix=prefix)
