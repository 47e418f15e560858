"""What one worker leaves with the log for the next about the budget."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.clock import Moment
from domain.instants import MINUTE, SECOND
from ordertrail import spending
from ordertrail.budget import Budget, Window
from tests.poll.working import Place, running
from tests.waiting import until

WINDOW = Window(10, 100.0)


class Clock:
    def __init__(self, name: str, wall: int, steady: int) -> None:
        self.name = name
        self._moment = Moment(wall, steady)

    def moment(self) -> Moment:
        return self._moment

    def steady(self) -> int:
        return self._moment.steady


def announced(seconds: float, clock: Clock) -> spending.Spending:
    found = spending.found(spending.ahead(clock, seconds))
    assert found is not None
    return found


def test_what_is_announced_counts_until_its_end() -> None:
    word = announced(60.0, Clock("a", 0, 0))

    assert spending.ago(word, Clock("a", 0, 90 * SECOND), SECOND) == 30.0
    assert spending.ago(word, Clock("a", 0, 20 * SECOND), SECOND) == 0.0


def test_a_wall_clock_that_steps_does_not_matter_while_the_machine_is_up() -> None:
    word = announced(60.0, Clock("a", 0, 0))

    assert spending.ago(word, Clock("a", -(10**12), 90 * SECOND), SECOND) == 30.0
    assert spending.ago(word, Clock("a", 10**12, 90 * SECOND), SECOND) == 30.0


def test_after_a_reboot_or_on_another_machine_the_wall_clock_tells_as_far_as_it_can_be_trusted() -> None:
    word = announced(60.0, Clock("a", 5 * MINUTE, 0))

    assert spending.ago(word, Clock("b", 7 * MINUTE, 3), 0) == 60.0
    assert spending.ago(word, Clock("b", 7 * MINUTE, 3), SECOND) == 59.0
    assert spending.ago(word, Clock("b", 2 * MINUTE, 3), SECOND) == 0.0


def test_what_was_left_is_of_use_for_the_same_windows_only() -> None:
    budget = Budget([WINDOW])
    budget.sent(5.0)
    budget.ended(5.0)
    word = spending.found(spending.left(Clock("a", 0, 0), {"runa": budget}, 10.0))

    assert word is not None
    assert spending.slots_of(word, "runa", [WINDOW]) == [[(5.0, 1)]]
    assert spending.slots_of(word, "runa", [Window(11, 100.0)]) is None
    assert spending.slots_of(word, "xverse", [WINDOW]) is None


@pytest.mark.parametrize("words", ["", "{}", "nonsense", '{"clock": 3}'])
def test_words_that_nobody_can_read_are_none(words: str) -> None:
    assert spending.found(words) is None


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "ordertrail.db", time_scale=1000.0)
    place.windows = (Window(20, 3600.0),)
    place.track(place.seed_orders("xverse", 4))
    yield place
    place.log.close()
    logging.getLogger("tests.poll").handlers.clear()


@pytest.mark.anyio
async def test_a_worker_that_stopped_in_order_leaves_its_successor_what_is_left(place: Place) -> None:
    asked = place.transports["xverse"].asked
    for _ in range(4):
        looks = len(asked)
        async with running(place.worker("xverse")):
            await until(lambda before=looks: len(asked) > before)  # type: ignore[misc] # bound in each turn

    assert 4 <= len(asked) <= 20
    word = spending.found(place.log.note(spending.NOTE))
    assert word is not None
    slots = spending.slots_of(word, "xverse", place.windows)
    assert slots is not None
    assert sum(count for _, count in slots[0]) == len(asked)


@pytest.mark.anyio
async def test_a_worker_announces_that_it_asks_before_it_does(place: Place) -> None:
    async with running(place.worker("xverse")):
        await until(lambda: bool(place.transports["xverse"].asked))
        word = spending.found(place.log.note(spending.NOTE))

    assert word is not None
    assert word.wall > time.time_ns() // 1000
