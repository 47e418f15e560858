from collections.abc import Sequence

import pytest

from adapters.kafka.audit import audit_events
from adapters.kafka.audit_model import audit_model
from adapters.kafka.findings import AuditReport, Kind
from adapters.kafka.position import AuditedPosition, encoded, noted
from adapters.kafka.records import Record, event_record, outbox_record
from adapters.kafka.topics import Name
from tests.kafka.logs import MemoryLog, change, row, rows
from tests.kafka.publishing import publish_all, publishing, send

pytestmark = pytest.mark.anyio


def told(report: AuditReport) -> dict[Kind, int]:
    return {kind: count for kind, count in report.counts.items() if count}


async def audited(bootstrap: str, prefix: str, log: MemoryLog, sent: Sequence[Record]) -> AuditReport:
    """The audit of a topic on which a publisher said all of the log was, but `sent` is what is there."""
    await publish_all(bootstrap, prefix, MemoryLog(log.rows[:1]))
    await send(bootstrap, prefix, sent)
    return await audit_events(bootstrap, log, prefix=prefix)


def events(prefix: str, *positions: int) -> list[Record]:
    return [event_record(row(position, orders=1), "log-a", prefix=prefix) for position in positions]


def one_order(last: int) -> MemoryLog:
    return MemoryLog([row(position, orders=1) for position in range(1, last + 1)])


async def test_an_untouched_topic_is_clean(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(500))
    await publish_all(kafka, prefix, log)

    report = await audit_events(kafka, log, prefix=prefix)

    assert report.clean
    assert (report.checked, report.pending) == (450, 0)


async def test_events_that_are_not_published_yet_are_pending(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(100))
    async with publishing(kafka, prefix, log, limit=40) as publisher:
        await publisher.run_once()

    report = await audit_events(kafka, log, prefix=prefix)

    assert report.clean
    assert (report.checked, report.pending) == (40, 50)


async def test_a_missing_event_is_found(kafka: str, prefix: str) -> None:
    report = await audited(kafka, prefix, one_order(4), events(prefix, 2, 4))

    assert told(report) == {Kind.MISSING: 1}
    assert report.examples[0].position == 3


async def test_an_event_told_twice_is_found(kafka: str, prefix: str) -> None:
    report = await audited(kafka, prefix, one_order(4), events(prefix, 2, 3, 2, 4))

    assert told(report) == {Kind.DOUBLED: 1}
    assert report.examples[0].position == 2


async def test_events_in_another_order_are_found(kafka: str, prefix: str) -> None:
    report = await audited(kafka, prefix, one_order(4), events(prefix, 3, 2, 4))

    assert told(report) == {Kind.REORDERED: 1}
    assert report.examples[0].position == 2


async def test_an_altered_value_and_an_altered_header_are_found(kafka: str, prefix: str) -> None:
    second, third = events(prefix, 2, 3)
    changed = third._replace(headers=[(name, b"x" if name == "ce_type" else v) for name, v in third.headers])

    report = await audited(kafka, prefix, one_order(3), [second._replace(value=b"{}"), changed])

    assert told(report) == {Kind.ALTERED: 2}
    assert [each.says for each in report.examples] == ["value", "ce_type"]


async def test_records_of_another_log_and_of_no_log_are_foreign(kafka: str, prefix: str) -> None:
    other = event_record(row(2, orders=1), "log-b", prefix=prefix)
    bare = other._replace(headers=[])
    (unknown,) = events(prefix, 99)

    report = await audited(kafka, prefix, one_order(3), [other, bare, unknown, *events(prefix, 2, 3)])

    assert told(report) == {Kind.FOREIGN: 3}
    assert report.checked == 3


@pytest.mark.parametrize("position", [b"9" * 30, b"9" * 5000])
async def test_a_record_with_a_position_that_no_log_can_have_is_foreign(
    kafka: str, prefix: str, position: bytes
) -> None:
    [second] = events(prefix, 2)
    headers = [(name, position if name == "ce_position" else value) for name, value in second.headers]

    report = await audited(kafka, prefix, one_order(2), [second._replace(headers=headers), second])

    assert (told(report), report.checked) == ({Kind.FOREIGN: 1}, 2)


async def test_an_audit_can_go_on_from_an_earlier_position(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(100))
    async with publishing(kafka, prefix, log) as publisher:
        await publisher.run_once()
        earlier = noted(encoded(publisher.at).decode())
        log.rows += rows(120, first=101)
        await publisher.run_once()

    report = await audit_events(kafka, log, prefix=prefix, since=earlier)

    assert report.clean
    assert report.checked == 18


async def test_an_audit_begins_at_the_start_where_the_topic_was_begun_anew(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(100))
    await publish_all(kafka, prefix, log)
    elsewhere = AuditedPosition(log="log-a", position=50, outbox=0, ends={"events": [1000] * 12}, at="")

    report = await audit_events(kafka, log, prefix=prefix, since=elsewhere)

    assert (report.clean, report.checked) == (True, 90)


async def test_a_read_model_agrees_with_its_topic(kafka: str, prefix: str) -> None:
    log = MemoryLog(
        rows(2), [change(1, "a", b"1"), change(2, "a", b"2"), change(3, "b"), change(4, "b", None)]
    )
    await publish_all(kafka, prefix, log)

    report = await audit_model(kafka, log, Name.ORDERS, [("a", b"2")], prefix=prefix)

    assert report.clean
    assert report.checked == 1


async def test_a_read_model_row_on_its_way_is_pending(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(2), [change(1, "a", b"1")])
    await publish_all(kafka, prefix, log)
    log.waiting = [change(2, "a", b"2")]

    report = await audit_model(kafka, log, Name.ORDERS, [("a", b"2")], prefix=prefix)

    assert report.clean
    assert report.pending == 1


async def test_a_topic_that_differs_from_its_read_model_is_found(kafka: str, prefix: str) -> None:
    log = MemoryLog(rows(2), [change(1, "a", b"1"), change(2, "b", b"1")])
    await publish_all(kafka, prefix, log)
    await send(kafka, prefix, [outbox_record(change(9, "c", b"1"), prefix=prefix)])

    report = await audit_model(
        kafka, log, Name.ORDERS, [("a", b"2"), ("d", b"1"), ("b", b"1")], prefix=prefix
    )

    assert told(report) == {Kind.ALTERED: 1, Kind.MISSING: 1, Kind.FOREIGN: 1}
