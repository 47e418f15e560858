"""Logs and topics that don't belong together, or not any more."""

import pytest

from adapters.kafka import topics
from adapters.kafka.failures import PublishRefused
from adapters.kafka.republish import republish
from adapters.kafka.topics import Name
from tests.kafka.logs import MemoryLog, change, rows
from tests.kafka.making_anew import make_anew
from tests.kafka.publishing import nothing, publish_all
from tests.kafka.reading import read_all

pytestmark = pytest.mark.anyio


async def published_rows(bootstrap: str, prefix: str) -> list[bytes | None]:
    return [record.value for record in await read_all(bootstrap, prefix, Name.ORDERS)]


async def test_an_older_copy_that_has_all_events_but_not_all_rows_is_refused(kafka: str, prefix: str) -> None:
    await publish_all(kafka, prefix, MemoryLog(rows(2), [change(1, "a"), change(51, "a")]))

    copy = MemoryLog(rows(2), [change(2, "a", b"never told")])

    with pytest.raises(PublishRefused, match="rows up to 51 of the outbox, this log gave ids up to 2"):
        await publish_all(kafka, prefix, copy)


async def test_an_older_copy_that_gave_the_same_id_to_another_row_is_refused(kafka: str, prefix: str) -> None:
    await publish_all(kafka, prefix, MemoryLog(rows(2), [change(1, "a"), change(2, "a")]))

    copy = MemoryLog(rows(2), [change(2, "a", b"never told"), change(3, "a")])

    with pytest.raises(PublishRefused, match="another row 2 of the outbox"):
        await publish_all(kafka, prefix, copy)


async def test_topics_older_than_what_was_published_since_are_refused(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(5), [change(1, "a")])
    await publish_all(kafka, prefix, log)
    log.waiting.append(change(2, "a", b"told elsewhere"))
    await topics.ensure(kafka, prefix=f"{prefix}other.")
    await publish_all(kafka, f"{prefix}other.", log)

    with pytest.raises(PublishRefused, match=r"rows up to 1 of the outbox.* published up to 2"):
        await publish_all(kafka, prefix, log)
    await make_anew(kafka, prefix, Name.ORDERS)
    await republish(log, kafka, Name.ORDERS, queue=nothing, now=lambda: 0, prefix=prefix)
    await publish_all(kafka, prefix, log)

    assert log.trimmed_outbox() == 0


async def test_rows_that_a_killed_publisher_did_not_trim_are_no_sign_of_an_older_copy(
    kafka: str, prefix: str
) -> None:
    left = [change(1, "a", b"1"), change(2, "b", None), change(3, "a", b"3")]
    await publish_all(kafka, prefix, MemoryLog(rows(2), left))

    await publish_all(kafka, prefix, MemoryLog(rows(2), [*left, change(4, "a", b"4")]))

    assert sorted(await published_rows(kafka, prefix), key=str) == [None, b"1", b"3", b"4"]


@pytest.mark.parametrize("id", [2, 51])
async def test_rows_of_an_older_copy_are_published_once_read_models_are_begun_anew(
    kafka: str, prefix: str, id: int
) -> None:
    await publish_all(kafka, prefix, MemoryLog(rows(2), [change(1, "a"), change(51, "a")]))
    copy = MemoryLog(rows(2), [change(id, "a", b"new")])

    await make_anew(kafka, prefix, Name.ORDERS)
    await republish(copy, kafka, Name.ORDERS, queue=nothing, now=lambda: 0, prefix=prefix)
    await publish_all(kafka, prefix, copy)

    assert await published_rows(kafka, prefix) == [b"new"]
    assert copy.waiting == []
