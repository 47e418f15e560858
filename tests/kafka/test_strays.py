"""Records on `providers` and `positions` that somebody else wrote."""

import pytest

from adapters.kafka.audit import audit_events
from adapters.kafka.audit_strays import audit_strays
from adapters.kafka.failures import PublishRefused
from adapters.kafka.findings import Kind
from adapters.kafka.records import Record
from adapters.kafka.topics import Name
from tests.kafka.logs import MemoryLog, change, rows
from tests.kafka.publishing import publish_all, send
from tests.kafka.reading import read_all

pytestmark = pytest.mark.anyio

NO_POSITION = (b"no json", b'{"log":"\xff"}', b'{"log":"log-a"}', b'{"x":' + b"[" * 100_000)


def written(prefix: str, topic: Name, key: bytes, value: bytes | None) -> Record:
    return Record(prefix + topic, 0, key, value, [])


async def strays(bootstrap: str, prefix: str) -> list[tuple[str, str]]:
    """The topic without prefix and the key of each foreign record."""
    report = await audit_strays(bootstrap, ["runa", "xverse"], prefix=prefix)
    assert report.counts[Kind.FOREIGN] == sum(report.counts.values()) == len(report.examples)
    return [(each.topic.removeprefix(prefix), each.order) for each in report.examples]


async def test_what_publishers_and_workers_write_is_not_foreign(kafka: str, prefix: str) -> None:
    await publish_all(kafka, prefix, MemoryLog(rows(2), [change(1, "runa", topic="providers")]))

    assert await strays(kafka, prefix) == []


async def test_keys_of_nobody_and_a_position_that_is_none_are_foreign(kafka: str, prefix: str) -> None:
    await publish_all(kafka, prefix, MemoryLog(rows(2)))
    await send(
        kafka,
        prefix,
        [
            written(prefix, Name.PROVIDERS, b"nobody", b"{}"),
            written(prefix, Name.POSITIONS, b"another", b"{}"),
            written(prefix, Name.POSITIONS, b"publisher", NO_POSITION[0]),
        ],
    )

    assert await strays(kafka, prefix) == [
        ("providers", "nobody"),
        ("positions", "publisher"),
        ("positions", "another"),
    ]


async def test_a_key_that_was_deleted_is_not_foreign_any_more(kafka: str, prefix: str) -> None:
    for value in (b"{}", None):
        await send(kafka, prefix, [written(prefix, Name.PROVIDERS, b"nobody", value)])

    assert await strays(kafka, prefix) == []


@pytest.mark.parametrize("value", NO_POSITION)
async def test_a_position_that_is_none_is_refused_until_the_last_one_stands_there_again(
    kafka: str, prefix: str, value: bytes
) -> None:
    log = MemoryLog(rows(5))
    await publish_all(kafka, prefix, log)
    [last] = await read_all(kafka, prefix, Name.POSITIONS)
    await send(kafka, prefix, [written(prefix, Name.POSITIONS, b"publisher", value)])
    log.rows += rows(9, first=6)

    with pytest.raises(PublishRefused, match=r"positions offset 2: .* is no position"):
        await publish_all(kafka, prefix, log)
    during = await audit_events(kafka, log, prefix=prefix)
    await send(kafka, prefix, [written(prefix, Name.POSITIONS, b"publisher", last.value)])
    await publish_all(kafka, prefix, log)

    assert (during.clean, during.checked, during.pending) == (True, 5, 4)
    assert (await audit_events(kafka, log, prefix=prefix)).checked == 9
    assert await strays(kafka, prefix) == []
