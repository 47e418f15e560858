"""Audits of a real log, one after the other: what is kept between them, and what that must not hide."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.kafka.findings import AuditReport, Kind
from adapters.kafka.partition import partition_of
from adapters.kafka.position import encoded
from adapters.kafka.publisher import Publisher
from adapters.kafka.records import Record, event_record
from adapters.kafka.topics import Name
from adapters.log import open_log
from domain.log import Log
from ordertrail.auditing import audit
from ordertrail.machine import now
from ordertrail.order_at import NotTold, ToldAt, order
from ordertrail.stream import Line
from tests.fixtures.recording import ORDER, START, Recording, key
from tests.kafka.publishing import delete_records, send

pytestmark = pytest.mark.anyio


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """An order with four events."""
    log = open_log(f"sqlite:///{tmp_path}/log.db", now=START, new_id="log-a")
    recording = Recording(log)
    recording.state(1, "new")
    recording.state(10, "complete")
    yield log
    log.close()


async def published(log: Log, bootstrap: str, prefix: str) -> bytes:
    """All of it; the position record, as it is written."""
    publisher = Publisher(log, bootstrap, now=lambda: START, prefix=prefix)
    try:
        await publisher.start()
        while await publisher.run_once():
            pass
        return encoded(publisher.at)
    finally:
        await publisher.close()


async def lose_first_event(bootstrap: str, prefix: str) -> None:
    await delete_records(bootstrap, prefix + Name.EVENTS, partition_of(ORDER, 12), before=1)


def told(report: AuditReport) -> dict[Kind, int]:
    return {kind: count for kind, count in report.counts.items() if count}


@pytest.mark.parametrize("full", [False, True])
async def test_records_deleted_after_a_clean_audit_are_missing(
    kafka: str, prefix: str, log: Log, full: bool
) -> None:
    await published(log, kafka, prefix)
    before = await audit(kafka, log, prefix=prefix)
    await lose_first_event(kafka, prefix)

    report = await audit(kafka, log, prefix=prefix, full=full)

    assert (before.clean, before.checked) == (True, 4)
    assert told(report) == {Kind.MISSING: 1}
    assert report.examples[0].position == 1


async def test_an_audit_after_a_clean_one_goes_on_from_there(kafka: str, prefix: str, log: Log) -> None:
    await published(log, kafka, prefix)
    await audit(kafka, log, prefix=prefix)

    report = await audit(kafka, log, prefix=prefix)

    assert (report.clean, report.checked) == (True, 0)


async def test_a_note_that_tells_only_a_position_is_gone_on_from_as_well(
    kafka: str, prefix: str, log: Log
) -> None:
    position = await published(log, kafka, prefix)
    log.take_note(f"audited {prefix}events", position.decode())

    going_on = await audit(kafka, log, prefix=prefix)
    log.take_note(f"audited {prefix}events", position.decode())
    await lose_first_event(kafka, prefix)
    after_a_loss = await audit(kafka, log, prefix=prefix)

    assert (going_on.clean, going_on.checked) == (True, 0)
    assert told(after_a_loss) == {Kind.MISSING: 1}


async def test_since_when_events_can_be_read_is_found_again_beside_what_others_wrote(
    kafka: str, prefix: str, log: Log
) -> None:
    theirs = event_record(log.read(0, 1)[0], "log-b", prefix=prefix)
    altered = event_record(log.read(3, 1)[0], log.id, prefix=prefix)._replace(value=b"{}")
    await published(log, kafka, prefix)
    await send(kafka, prefix, [theirs, altered])

    report = await audit(kafka, log, prefix=prefix)

    assert told(report) == {Kind.FOREIGN: 1, Kind.DOUBLED: 1}
    assert told_at(log, prefix)["state"] == "complete"


async def test_since_when_an_altered_event_can_be_read_stays_unknown(
    kafka: str, prefix: str, log: Log
) -> None:
    first, second, third, last = (event_record(row, log.id, prefix=prefix) for row in log.read(0, 4))
    await published(log, kafka, prefix)
    await delete_records(kafka, prefix + Name.EVENTS, first.partition, before=4)
    await send(kafka, prefix, [first, second, third._replace(value=b"{}"), last])

    report = await audit(kafka, log, prefix=prefix)

    assert told(report) == {Kind.ALTERED: 1}
    assert sorted(log.tellings(prefix + Name.EVENTS, [1, 2, 3, 4])) == [1, 2, 4]
    with pytest.raises(NotTold):
        told_at(log, prefix)


def told_at(log: Log, prefix: str) -> Line:
    return order(log, key(ORDER), told_at=ToldAt(prefix + Name.EVENTS, now()))


async def test_what_somebody_else_wrote_on_providers_is_found(kafka: str, prefix: str, log: Log) -> None:
    await published(log, kafka, prefix)
    await send(kafka, prefix, [Record(prefix + Name.PROVIDERS, 0, b"nobody", b"{}", [])])

    report = await audit(kafka, log, prefix=prefix)

    assert told(report) == {Kind.FOREIGN: 1}
