"""Seals on the topic, against a log that somebody has rewritten altogether."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.kafka import topics
from adapters.kafka.findings import AuditReport, Kind
from adapters.kafka.publisher import Publisher
from adapters.kafka.seals import audit_seals
from adapters.log import open_log
from domain.log import Log
from domain.seal import LOG_STREAM
from tests.fixtures.recording import START, Recording
from tests.verifying.conftest import recorded, seal
from tests.verifying.tampering import Intruder

pytestmark = pytest.mark.anyio


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """With two seals, and something to seal."""
    log = open_log(f"sqlite:///{tmp_path}/log.db", now=START, new_id="log-a")
    recording = recorded(Recording(log))
    seal(recording)
    recording.state(5, "complete", orderType="rune_mint")
    yield log
    log.close()


@pytest.fixture
def intruder(tmp_path: Path, log: Log) -> Iterator[Intruder]:
    intruder = Intruder(f"sqlite:///{tmp_path}/log.db")
    yield intruder
    intruder.close()


async def publish(bootstrap: str, prefix: str, log: Log) -> None:
    await topics.ensure(bootstrap, prefix=prefix)
    publisher = Publisher(log, bootstrap, now=lambda: START, prefix=prefix)
    try:
        await publisher.start()
        while await publisher.run_once():
            pass
    finally:
        await publisher.close()


def told(report: AuditReport) -> dict[Kind, int]:
    return {kind: count for kind, count in report.counts.items() if count}


async def test_published_seals_are_those_of_the_log(kafka: str, prefix: str, log: Log) -> None:
    await publish(kafka, prefix, log)

    report = await audit_seals(kafka, log, prefix=prefix)

    assert (report.clean, report.checked, report.pending) == (True, 2, 0)


async def test_a_seal_on_its_way_is_pending(kafka: str, prefix: str, log: Log) -> None:
    await publish(kafka, prefix, log)
    seal(Recording(log))

    report = await audit_seals(kafka, log, prefix=prefix)

    assert (report.clean, report.checked, report.pending) == (True, 2, 1)


async def test_a_seal_that_was_rewritten_is_found(
    kafka: str, prefix: str, log: Log, intruder: Intruder
) -> None:
    await publish(kafka, prefix, log)
    rewritten = "UPDATE stored_events SET state = state || x'20' WHERE originator_id = ?"
    intruder.run(f"{rewritten} AND originator_version = 1", LOG_STREAM)

    assert told(await audit_seals(kafka, log, prefix=prefix)) == {Kind.ALTERED: 1}


async def test_a_tail_that_was_cut_is_found(kafka: str, prefix: str, log: Log, intruder: Intruder) -> None:
    await publish(kafka, prefix, log)
    [(position,)] = intruder.ask(
        "SELECT max(position) FROM stored_events WHERE originator_id = ?", LOG_STREAM
    )
    intruder.run("DELETE FROM stored_events WHERE position >= ?", position)

    assert told(await audit_seals(kafka, log, prefix=prefix)) == {Kind.FOREIGN: 1}


async def test_seals_of_another_log_do_not_count(kafka: str, prefix: str, log: Log, tmp_path: Path) -> None:
    await publish(kafka, prefix, log)
    other = open_log(f"sqlite:///{tmp_path}/other.db", now=START, new_id="log-b")

    report = await audit_seals(kafka, other, prefix=prefix)

    assert (report.clean, report.checked) == (True, 0)
    other.close()
