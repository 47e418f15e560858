"""A worker killed between any two steps of an execution: the record still says the truth.

The provider is the simulator over HTTP, and counts what it was really asked to execute.
"""

import sys
import time
from asyncio import create_subprocess_exec
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from domain.identity import OrderKey
from simulators import Simulator
from simulators.message import Answer, Request
from simulators.server import serve
from tests.execution.asking import ask, told, waiting
from tests.poll.working import Place
from tests.waiting import until

AGES = 1e8

pytestmark = pytest.mark.anyio


@dataclass
class Counting:
    """A simulator that tells when it has been asked to execute an order, before its answer leaves; it may
    lose that answer."""

    simulator: Simulator
    executed: int = 0
    when_taken: list[Callable[[], None]] = field(default_factory=list)
    loses: bool = False
    provider: str = "xverse"

    def handle(self, request: Request, now: float) -> Answer:
        answer = self.simulator.handle(request, now)
        if request.method == "POST":
            self.executed += 1
            for tell in self.when_taken:
                tell()
            if self.loses:
                return Answer(200, {}, b"never read to its end", cut_after=5)
        return answer


@asynccontextmanager
async def worker(place: Place, url: str, moment: str) -> AsyncIterator[Process]:
    command = [sys.executable, "-m", "tests.execution.worker_process", str(place.file), url, moment]
    process = await create_subprocess_exec(*command, stdout=DEVNULL, stderr=DEVNULL)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize(
    ("moment", "taken", "tells"),
    [
        ("before_begin", 1, ["Requested", "Accepted"]),
        ("after_begin", 0, ["Requested", "Uncertain"]),
        ("when_taken", 1, ["Requested", "Uncertain", "Settled"]),
        ("before_end", 1, ["Requested", "Uncertain", "Settled"]),
        ("after_end", 1, ["Requested", "Accepted"]),
    ],
)
async def test_whatever_step_a_worker_is_killed_at(
    place: Place, moment: str, taken: int, tells: list[str]
) -> None:
    slow = Place(place.file, time_scale=0.05)
    key = longest_new(slow)
    slow.track([key])
    counting = Counting(slow.simulators["xverse"])
    async with serve([counting], "127.0.0.1") as urls:  # type: ignore[list-item] # it handles as one does
        ask(slow, key)
        async with worker(slow, urls["xverse"], moment) as process:
            counting.when_taken = [process.kill] if moment == "when_taken" else []
            assert await process.wait() == -9
        counting.when_taken = []
        async with worker(slow, urls["xverse"], "never"):
            await until(lambda: told(slow, key) == tells)

    assert counting.executed == taken
    assert waiting(slow) == []
    slow.log.close()


async def test_an_answer_that_is_lost_on_its_way_is_uncertain_until_the_order_moves_on(place: Place) -> None:
    slow = Place(place.file, time_scale=0.05)
    key = longest_new(slow)
    slow.track([key])
    losing = Counting(slow.simulators["xverse"], loses=True)
    async with serve([losing], "127.0.0.1") as urls:  # type: ignore[list-item] # it handles as one does
        ask(slow, key)
        async with worker(slow, urls["xverse"], "never"):
            await until(lambda: told(slow, key) == ["Requested", "Uncertain", "Settled"])

    execution = slow.order(key).execution
    assert losing.executed == 1
    assert execution is not None
    assert (execution.stage, slow.order(key).uncertain) == ("settled", False)
    slow.log.close()


def longest_new(place: Place) -> OrderKey:
    """The one of some orders that waits longest for its funding if nobody executes it."""
    keys = place.seed_orders("xverse", 8)
    lives = {order["id"]: order["states"] for order in place.simulators["xverse"].truth(time.time() + AGES)}
    return max(keys, key=lambda key: str(lives[key.order_id][1]["entered_at"]))
