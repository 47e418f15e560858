import asyncio

import msgspec
import pytest

from adapters.kafka.audit import audit_events
from adapters.kafka.failures import ParkedRecord, PublisherFenced, PublishRefused
from adapters.kafka.publisher import Published
from adapters.kafka.republish import republish
from adapters.kafka.topics import Name
from tests.kafka.logs import MemoryLog, change, row, rows
from tests.kafka.making_anew import make_anew
from tests.kafka.publishing import nothing, publish_all, publishing
from tests.kafka.reading import read_all

pytestmark = pytest.mark.anyio


async def test_readers_get_every_event_once_in_the_order_of_the_log(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(3000))

    await publish_all(kafka, prefix, log)

    told = await read_all(kafka, prefix, Name.EVENTS)
    assert sorted(record.value for record in told) == sorted(each.state for each in log.rows)
    positions = [int(dict(record.headers)["ce_position"]) for record in told if record.partition == 3]
    assert positions == sorted(set(positions))


async def test_a_transaction_carries_events_and_read_models_and_frees_the_outbox(
    kafka: str, prefix: str
) -> None:
    log = MemoryLog(rows(5), [change(1, "a", b"1"), change(2, "a", b"2"), change(3, "b", None)])

    async with publishing(kafka, prefix, log) as publisher:
        published = await publisher.run_once()

    assert published == Published(position=5, outbox=3, events=5, rows=3)
    assert log.waiting == []
    told = await read_all(kafka, prefix, Name.ORDERS)
    assert [record.value for record in told if record.key == b"a"] == [b"1", b"2"]


async def test_a_read_model_is_not_told_before_the_events_it_folds(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(9), [change(1, "a", position=2), change(2, "a", position=7)])

    async with publishing(kafka, prefix, log, limit=4) as publisher:
        first = await publisher.run_once()

    assert first == Published(position=4, outbox=1, events=4, rows=1)


async def test_the_next_publisher_goes_on_where_the_last_one_stood(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(20))
    await publish_all(kafka, prefix, log)
    log.rows += rows(30, first=21)

    async with publishing(kafka, prefix, log) as publisher:
        published = await publisher.run_once()

    assert published == Published(position=29, outbox=0, events=9, rows=0)
    assert (await audit_events(kafka, log, prefix=prefix)).clean


async def test_an_idle_publisher_rewrites_its_position(kafka: str, prefix: str) -> None:
    async with publishing(kafka, prefix, MemoryLog(rows(5)), heartbeat=0) as publisher:
        await publisher.run_once()
        assert await publisher.run_once() is None

    told = await read_all(kafka, prefix, Name.POSITIONS)
    assert [msgspec.json.decode(record.value)["position"] for record in told] == [5, 5]


async def test_a_running_publisher_publishes_what_comes_until_it_is_stopped(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(5))
    stop = asyncio.Event()

    async with publishing(kafka, prefix, log) as publisher, asyncio.timeout(20):
        running = asyncio.create_task(publisher.run(stop))
        while publisher.at.position < 5:  # noqa: ASYNC110 a publisher tells readers, not its caller
            await asyncio.sleep(0.01)
        log.grow(rows(9, first=6))
        while publisher.at.position < 9:  # noqa: ASYNC110 as above
            await asyncio.sleep(0.01)
        stop.set()
        await running

    assert (await audit_events(kafka, log, prefix=prefix)).checked == 9


async def test_a_second_publisher_ends_the_first(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(50))
    async with publishing(kafka, prefix, log, limit=10) as first:
        await first.run_once()
        async with publishing(kafka, prefix, log, limit=10) as second:
            await second.run_once()

            with pytest.raises(PublisherFenced):
                await first.run_once()

            while await second.run_once():
                pass
    assert (await audit_events(kafka, log, prefix=prefix)).clean


async def test_what_a_killed_transaction_left_open_is_not_read_and_published_again(
    kafka: str, prefix: str
) -> None:
    log = MemoryLog(rows(50))
    async with publishing(kafka, prefix, log) as first:
        load, _ = await first._next()
        await first._session.producer.begin_transaction()
        await first._session.producer.send(load.records[0].topic, b"half done", key=b"x")

        await publish_all(kafka, prefix, log)

    assert (await audit_events(kafka, log, prefix=prefix)).clean


async def test_a_record_that_is_too_large_stops_publishing_before_it_and_says_so(
    kafka: str, prefix: str
) -> None:
    log = MemoryLog([row(1), row(2, state="x" * 1_000_000), row(3)])

    async with publishing(kafka, prefix, log) as publisher:
        assert await publisher.run_once() == Published(position=1, outbox=0, events=1, rows=0)
        with pytest.raises(ParkedRecord, match="xverse/order-2@1 at position 2 has 100"):
            await publisher.run_once()


async def test_the_topics_of_another_log_are_refused(kafka: str, prefix: str) -> None:
    await publish_all(kafka, prefix, MemoryLog(rows(5)))

    with pytest.raises(PublishRefused, match="the topics hold log log-a, this is log log-b"):
        await publish_all(kafka, prefix, MemoryLog(rows(5), log_id="log-b"))


async def test_a_log_restored_from_an_older_copy_is_refused(kafka: str, prefix: str) -> None:
    await publish_all(kafka, prefix, MemoryLog(rows(9)))

    with pytest.raises(PublishRefused, match="up to position 9, this log ends at 5"):
        await publish_all(kafka, prefix, MemoryLog(rows(5)))


async def test_a_restored_log_that_went_another_way_is_refused(kafka: str, prefix: str) -> None:
    await publish_all(kafka, prefix, MemoryLog(rows(9)))

    with pytest.raises(PublishRefused, match="another event at position 9"):
        await publish_all(kafka, prefix, MemoryLog([*rows(8), row(9, rules="6.6"), row(11)]))


async def test_a_topic_made_anew_is_refused_until_it_is_republished_on_purpose(
    kafka: str, prefix: str
) -> None:
    log = MemoryLog(rows(9))
    await publish_all(kafka, prefix, log)
    await make_anew(kafka, prefix, Name.EVENTS)

    with pytest.raises(PublishRefused, match="ordertrail topics --republish events"):
        await publish_all(kafka, prefix, log)
    await republish(log, kafka, Name.EVENTS, queue=nothing, now=lambda: 0, prefix=prefix)
    await publish_all(kafka, prefix, log)

    report = await audit_events(kafka, log, prefix=prefix)
    assert report.clean
    assert report.checked == 9


async def test_a_topic_with_records_is_not_republished(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(9))
    await publish_all(kafka, prefix, log)

    with pytest.raises(PublishRefused, match="not empty"):
        await republish(log, kafka, Name.EVENTS, queue=nothing, now=lambda: 0, prefix=prefix)


async def test_events_without_a_position_are_refused(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(9))
    await publish_all(kafka, prefix, log)
    await make_anew(kafka, prefix, Name.POSITIONS)

    with pytest.raises(PublishRefused, match="tells no position of publisher"):
        await publish_all(kafka, prefix, log)
