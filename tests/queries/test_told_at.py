import asyncio

import pytest

from domain.log import Log
from domain.rows import Telling
from ordertrail.order_at import NotTold, ToldAt, order
from ordertrail.stream import Line
from ordertrail.telling import Teller
from tests.fixtures.recording import ORDER, Recording, key, minute

pytestmark = pytest.mark.anyio

TOPIC = "ordertrail.events"


def told_at(recording: Recording, minutes: float) -> Line:
    return order(recording.log, key(ORDER), told_at=ToldAt(TOPIC, minute(minutes)))


def lived(recording: Recording) -> None:
    """Tracked and new at minute 1 (positions 1 and 2), complete at minute 10 (3 and 4)."""
    recording.state(1, "new")
    recording.state(10, "complete")


def test_others_know_what_could_be_read_by_then(any_recording: Recording) -> None:
    lived(any_recording)
    any_recording.log.tell(
        TOPIC, [Telling(0, 2, minute(2), minute(3)), Telling(2, 4, minute(11), minute(12))]
    )

    assert [told_at(any_recording, at)["state"] for at in (1, 3, 11, 12)] == [None, "new", "new", "complete"]


def test_a_transaction_on_its_way_was_perhaps_read(recording: Recording) -> None:
    lived(recording)
    recording.log.tell(TOPIC, [Telling(0, 2, minute(2), minute(3)), Telling(2, 4, minute(11), minute(12))])

    line = told_at(recording, 11.5)

    assert (line["version"], line["perhaps_told"]) == (2, [3, 4])
    assert "perhaps_told" not in told_at(recording, 13)


def test_what_is_not_published_yet_was_not_told(recording: Recording) -> None:
    lived(recording)
    recording.log.tell(TOPIC, [Telling(0, 2, minute(2), minute(3))])

    assert told_at(recording, 60)["state"] == "new"


def test_a_gap_in_what_is_known_is_said(recording: Recording) -> None:
    lived(recording)
    recording.log.tell(TOPIC, [Telling(2, 4, minute(11), minute(12))])

    with pytest.raises(NotTold, match="ordertrail audit"):
        told_at(recording, 60)


async def test_what_a_killed_publisher_kept_nothing_of_is_said_once_the_next_one_begins(
    recording: Recording,
) -> None:
    lived(recording)
    recording.log.tell(TOPIC, [Telling(0, 2, minute(2), minute(3))])

    await begun(recording.log, position=4)

    with pytest.raises(NotTold, match="ordertrail audit"):
        told_at(recording, 60)


async def test_what_comes_after_all_that_was_published_was_not_told(recording: Recording) -> None:
    lived(recording)
    recording.log.tell(TOPIC, [Telling(0, 2, minute(2), minute(3))])

    await begun(recording.log, position=2)

    assert told_at(recording, 60)["version"] == 2


async def begun(log: Log, position: int) -> None:
    """A publisher goes on from a position, and publishes nothing."""
    teller = Teller(log, "ordertrail.", position, began=lambda: 0, now=lambda: 0)
    running = asyncio.create_task(teller.run())
    async with asyncio.timeout(10):
        while log.note("published ordertrail.events") == "":  # noqa: ASYNC110 it tells the log, not its caller
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])


def test_it_combines_with_what_was_true(recording: Recording) -> None:
    lived(recording)
    recording.log.tell(TOPIC, [Telling(0, 4, minute(20), minute(21))])

    then = ToldAt(TOPIC, minute(30))
    line = order(recording.log, key(ORDER), as_of=minute(5), told_at=then)

    assert line["possible"] == ["new", "executing", "complete"]
