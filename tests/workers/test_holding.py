"""Taking over from another worker: orders and budget move when it can be asking no more, and not later."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from adapters.clock import SystemClock
from adapters.kafka import ownership
from adapters.kafka.ownership import GroupMember
from adapters.membership import ALL, NONE, Owner, Partitions
from ordertrail.budget import Window
from ordertrail.poll import Worker
from tests.poll.working import QUICK, Place, running
from tests.waiting import until

pytestmark = pytest.mark.anyio
HALF: Partitions = frozenset(range(24))


class Member:
    """Of a group that is this test. `answers`: what the next settlings come to, True after them."""

    sole = False

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)
        self.settled = asyncio.Event()
        self.owner: Owner | None = None

    def holds(self) -> bool:
        return True

    async def run(self, owner: Owner) -> None:
        self.owner = owner
        owner.assign(HALF, NONE)
        await asyncio.Event().wait()

    async def settle(self, *, gained: bool) -> bool:
        await self.settled.wait()
        return self.answers.pop(0) if self.answers and gained else True


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "ordertrail.db", time_scale=1000.0)
    place.windows = (Window(300, 60.0),)
    place.track(place.seed_orders("xverse", 12))
    yield place
    place.log.close()


def worker(place: Place, member: Member) -> Worker:
    return Worker(
        targets={"xverse": place.target("xverse")},
        open_log=place.open,
        make_recorder=place.recorder,
        clock=SystemClock(),
        rng=Random(1),
        rhythm=QUICK,
        membership=member,
        logger=place.logger,
    )


async def test_what_can_not_be_taken_over_yet_is_taken_over_later(place: Place) -> None:
    member = Member(False, False, False)
    member.settled.set()
    one = worker(place, member)

    async with running(one):
        await until(lambda: one.orders["xverse"] > 0)
        part = one.orders["xverse"]
        member.answers = [False, False, False]
        assert member.owner is not None
        member.owner.assign(ALL, HALF)

        await until(lambda: one.orders["xverse"] == 12)

    assert part < 12


async def test_a_share_that_moves_is_used_once_nobody_else_can_be_using_it(place: Place) -> None:
    member = Member()
    one = worker(place, member)
    budget = one._targets["xverse"].budget

    async with running(one):
        await until(lambda: member.owner is not None)
        assert budget.allowed == [0]
        member.settled.set()
        await until(lambda: one.orders["xverse"] > 0)
        assert budget.allowed == [150]
        member.settled.clear()
        assert member.owner is not None
        member.owner.assign(ALL, HALF)
        await asyncio.sleep(0.2)
        assert budget.allowed == [150]
        member.settled.set()

        await until(lambda: budget.allowed == [300])


class Listening:
    def __init__(self) -> None:
        self.words: list[str] = []

    async def tell(self, words: str) -> None:
        self.words.append(words)

    async def told(self) -> str:
        return self.words[-1]

    async def close(self) -> None:
        pass


async def test_a_moment_of_uncertainty_does_not_end_the_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "SETTLE_SECONDS", 0.1)
    witness = Listening()
    member = GroupMember("nowhere:1", witness=witness, logger=logging.getLogger("tests"), steady=lambda: 0.0)
    member._token, member._certain_until = "mine", 1.0
    settling = asyncio.create_task(member.settle(gained=True))
    await until(lambda: witness.words == ["mine"])

    member._certain_until = -1.0
    await asyncio.sleep(0.2)
    assert not settling.done()
    member._certain_until = 1.0

    assert await settling
    assert witness.words == ["mine", "mine"]
