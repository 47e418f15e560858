"""Topics that are deleted or made anew while a publisher works, or while none does."""

import pytest
from aiokafka import TopicPartition

from adapters.kafka.belonging import moved
from adapters.kafka.failures import PublishRefused
from adapters.kafka.position import Position
from adapters.kafka.topics import Name
from adapters.kafka.transaction import Sent
from tests.kafka.logs import MemoryLog, change, rows
from tests.kafka.making_anew import make_anew
from tests.kafka.publishing import publish_all, publishing
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
