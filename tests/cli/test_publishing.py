import asyncio
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.kafka.topics import Name
from adapters.log import open_log
from domain.instants import text
from ordertrail.machine import now
from ordertrail.publishing import Task
from ordertrail.supervise import PublishingRefused, Supervisor
from tests.cli.conftest import Ordertrail
from tests.cli.polls import XVERSE, written, xverse
from tests.kafka.making_anew import delete

LOGGER = logging.getLogger("tests")


@pytest.fixture
def settings(place: Path, kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> Task:
    """The settings name a broker and topics of the test's own."""
    monkeypatch.setenv("ORDERTRAIL_KAFKA", kafka)
    monkeypatch.setenv("ORDERTRAIL_TOPICS__PREFIX", prefix)
    return Task(f"sqlite:///{place}/ordertrail.db", kafka, prefix, 1)


async def _published(task: Task, position: int) -> Supervisor:
    """A publishing process at work until it has told of a position of the log."""
    supervisor, stop = Supervisor(task, LOGGER), asyncio.Event()
    working = asyncio.create_task(supervisor.run(stop))
    async with asyncio.timeout(60):
        while supervisor.told.position < position and not working.done():  # noqa: ASYNC110 another process
            await asyncio.sleep(0.05)
    stop.set()
    await working
    return supervisor


def test_what_is_published_agrees_with_the_log(place: Path, ordertrail: Ordertrail, settings: Task) -> None:
    ordertrail("import", written(place / "polls", [xverse(0, "new"), xverse(5, "complete")]))
    events = ordertrail("history", XVERSE, "--json").lines
    ordertrail("orders")

    pending = ordertrail("audit", "--json").lines[0]
    asyncio.run(_published(settings, events[-1]["position"]))

    assert (pending["clean"], pending["checked"]) == (True, 0)
    seal, row_of_the_read_model = 1, 1
    counted = []
    for options in ([], [], ["--full"]):
        answer = ordertrail("audit", "--json", *options)
        assert (answer.status, answer.lines[0]["pending"]) == (0, 0)
        counted.append(answer.lines[0]["checked"])
    anew = seal + row_of_the_read_model
    assert counted == [len(events) + anew, anew, len(events) + anew]


def test_since_when_events_can_be_read_is_kept_and_found_again(
    place: Path, ordertrail: Ordertrail, settings: Task
) -> None:
    ordertrail("import", written(place / "polls", [xverse(0, "new"), xverse(5, "complete")]))
    events = ordertrail("history", XVERSE, "--json").lines
    before = text(now())
    asyncio.run(_published(settings, events[-1]["position"]))
    after = text(now())

    def told() -> list[tuple[object, int]]:
        answers = [ordertrail("order", XVERSE, "--told-at", at, "--json") for at in (before, after)]
        return [(answer.lines[0]["state"], answer.lines[0]["version"]) for answer in answers]

    kept = told()
    _forget_tellings(place)
    forgotten = told()
    assert ordertrail("audit", "--json").lines[0]["clean"]

    assert kept == [(None, 0), ("complete", events[-1]["version"])]
    assert forgotten == [(None, 0), (None, 0)]
    assert told()[0] == (None, 0)
    assert ordertrail("order", XVERSE, "--told-at", text(now()), "--json").lines[0]["state"] == "complete"


def test_what_a_killed_publisher_kept_nothing_of_is_refused_until_an_audit(
    place: Path, ordertrail: Ordertrail, settings: Task
) -> None:
    ordertrail("import", written(place / "polls", [xverse(0, "new"), xverse(5, "complete")]))
    events = ordertrail("history", XVERSE, "--json").lines
    asyncio.run(_published(settings, events[-1]["position"]))
    _forget_tellings(place)
    asyncio.run(_begun_again(settings, place))

    refused = ordertrail("order", XVERSE, "--told-at", text(now()))
    audited = ordertrail("audit")
    answered = ordertrail("order", XVERSE, "--told-at", text(now()), "--json")

    assert (refused.status, audited.status, answered.status) == (1, 0, 0)
    assert "ordertrail audit" in refused.err
    assert answered.lines[0]["state"] == "complete"


async def _begun_again(task: Task, place: Path) -> None:
    """A publishing process that finds nothing to publish, and has noted where it begins."""
    supervisor, stop = Supervisor(task, LOGGER), asyncio.Event()
    noted = _published_note(place)
    working = asyncio.create_task(supervisor.run(stop))
    async with asyncio.timeout(60):
        while _published_note(place) == noted and not working.done():  # noqa: ASYNC110 another process
            await asyncio.sleep(0.05)
    stop.set()
    await working


def _published_note(place: Path) -> list[tuple[str]]:
    with sqlite3.connect(place / "ordertrail.db") as connection:
        return connection.execute("SELECT value FROM meta WHERE name LIKE 'note:published %'").fetchall()


def _forget_tellings(place: Path) -> None:
    with sqlite3.connect(place / "ordertrail.db") as connection:
        connection.execute("DELETE FROM tellings")


def test_another_log_on_the_same_topics_is_refused(
    place: Path, ordertrail: Ordertrail, settings: Task
) -> None:
    ordertrail("track", "runa/O-1")
    asyncio.run(_published(settings, 1))
    (place / "ordertrail.db").unlink()
    (place / "ordertrail.db.key").unlink()
    ordertrail("track", "runa/O-1")

    with pytest.raises(PublishingRefused, match="this is log"):
        asyncio.run(_published(settings, 1))
    assert ordertrail("audit").status == 1


def test_topics_are_printed_one_a_line(ordertrail: Ordertrail, settings: Task) -> None:
    answer = ordertrail("topics", "--json")

    assert answer.status == 0
    assert {line["topic"]: line["partitions"] for line in answer.lines}[f"{settings.prefix}events"] == 12
    assert not any(line["differences"] for line in answer.lines)


def test_a_topic_with_records_is_not_published_again(ordertrail: Ordertrail, settings: Task) -> None:
    ordertrail("track", "runa/O-1")
    asyncio.run(_published(settings, 1))

    answer = ordertrail("topics", "--republish", "events")

    assert answer.status == 1
    assert "is not empty" in answer.err


def test_topics_that_vanished_are_filled_again_with_a_warning(
    place: Path,
    ordertrail: Ordertrail,
    settings: Task,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(LOGGER, "handlers", [caplog.handler])  # commands take those of the root away
    ordertrail("import", written(place / "polls", [xverse(0, "new"), xverse(5, "complete")]))
    ordertrail("orders")
    last = ordertrail("history", XVERSE, "--json").lines[-1]["position"]
    asyncio.run(_published(settings, last))
    first = list(caplog.messages)
    asyncio.run(delete(settings.kafka, settings.prefix, list(Name)))

    asyncio.run(_published(settings, last))

    warned = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert not any("published there before" in words for words in first)
    assert any(f"{settings.prefix}… at {settings.kafka} hold nothing" in words for words in warned)
    assert ordertrail("audit").status == 0


def test_after_all_that_was_published_is_deleted_read_models_follow_events(
    place: Path, ordertrail: Ordertrail, settings: Task
) -> None:
    ordertrail("import", written(place / "polls", [xverse(0, "new"), xverse(5, "complete")]))
    ordertrail("orders")
    last = ordertrail("history", XVERSE, "--json").lines[-1]["position"]
    asyncio.run(_published(settings, last))
    asyncio.run(delete(settings.kafka, settings.prefix, [Name.EVENTS, Name.ORDERS, Name.ATTENTION]))
    with pytest.raises(PublishingRefused, match="--republish events"):
        asyncio.run(_published(settings, last))

    said = ordertrail("topics", "--republish", "events").err
    asyncio.run(_published(settings, last))

    assert "events from the first one on and 1 rows of orders and 0 rows of attention will be" in said
    assert ordertrail("audit", "--full").status == 0


@pytest.mark.parametrize(
    ("topic", "says"),
    [
        (Name.PROVIDERS, "the next reports of `ordertrail run poll` fill providers again"),
        (Name.REPLIES, "no reply of the last seven days is in the log"),
    ],
)
def test_providers_and_replies_begin_anew_and_say_with_what(
    ordertrail: Ordertrail, settings: Task, topic: Name, says: str
) -> None:
    ordertrail("track", "runa/O-1")
    asyncio.run(_published(settings, 1))

    answer = ordertrail("topics", "--republish", topic)

    assert answer.status == 0
    assert says in answer.err


def test_a_backup_whose_outbox_is_behind_is_refused_and_loses_nothing_once_begun_anew(
    place: Path, ordertrail: Ordertrail, settings: Task
) -> None:
    ordertrail("import", written(place / "polls", [xverse(0, "new")]))
    ordertrail("orders")
    asyncio.run(_published(settings, 2))
    _back_up(place)
    _report_often(settings.log)
    asyncio.run(_published(settings, 2))
    (place / "backup.db").rename(place / "ordertrail.db")
    ordertrail("import", written(place / "more", [xverse(5, "complete")]))
    ordertrail("orders")
    last = ordertrail("history", XVERSE, "--json").lines[-1]["position"]

    with pytest.raises(PublishingRefused, match="rows up to 51 of the outbox, this log gave ids up to"):
        asyncio.run(_published(settings, last))
    asyncio.run(delete(settings.kafka, settings.prefix, [Name.ORDERS, Name.ATTENTION]))
    for topic in (Name.ORDERS, Name.ATTENTION):
        assert ordertrail("topics", "--republish", topic).status == 0
    asyncio.run(_published(settings, last))

    assert ordertrail("audit", "--full").status == 0


def _back_up(place: Path) -> None:
    with closing(sqlite3.connect(place / "ordertrail.db")) as connection:
        connection.execute("VACUUM INTO 'backup.db'")


def _report_often(url: str) -> None:
    """As a worker does all night, though no order moves."""
    log = open_log(url, create=False, now=0, new_id="")
    for _ in range(50):
        log.report((), [("runa", b"{}")])
    log.close()
