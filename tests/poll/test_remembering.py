"""What a worker has learned of its providers' states is there for the next one."""

import json
import logging
from pathlib import Path

import pytest

from ordertrail.poll import Worker
from ordertrail.remembering import note_of
from tests.poll.working import Place, running
from tests.waiting import until

pytestmark = pytest.mark.anyio


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "log.db", time_scale=0.0005)


def learned(worker: Worker) -> int:
    """Changes that the schedule was taught by."""
    changes = json.loads(worker._lanes["xverse"].fleet.schedule.memory())["changes"]
    assert isinstance(changes, int)
    return changes


async def test_a_worker_goes_on_with_what_the_one_before_has_learned(place: Place) -> None:
    place.track(place.seed_orders("xverse", 10))
    first, second = place.worker("xverse"), place.worker("xverse")

    async with running(first):
        await until(lambda: learned(first) > 0 if first._lanes else False)
    async with running(second):
        await until(lambda: bool(second.orders["xverse"]))
        assert learned(second) >= learned(first)

    assert json.loads(place.log.note(note_of("xverse")))["changes"] >= learned(first)


async def test_a_memory_that_nobody_can_read_is_said_and_done_without(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.log.take_note(note_of("runa"), "nonsense")
    keys = place.seed_orders("runa", 2)
    place.track(keys)

    with caplog.at_level(logging.WARNING):
        async with running(place.worker("runa")):
            await until(lambda: all(order.state is not None for order in place.orders(keys).values()))

    assert "what was learned of runa can't be used" in caplog.text


async def test_where_nothing_was_saved_the_log_teaches(place: Place) -> None:
    place.track(place.seed_orders("xverse", 10))
    first, second = place.worker("xverse"), place.worker("xverse")
    async with running(first):
        await until(lambda: learned(first) > 3 if first._lanes else False)
    place.log.take_note(note_of("xverse"), "")
    place.transports["xverse"].down = True

    async with running(second):
        await until(lambda: bool(second.orders["xverse"]))
        assert learned(second) > 3
