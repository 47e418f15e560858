import asyncio
import time

import pytest

from ordertrail.rehearsal.virtual import EPOCH, Stuck, VirtualClock, VirtualLoop, VirtualTime


def test_a_year_passes_at_once() -> None:
    virtual = VirtualTime()
    began = time.monotonic()

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(virtual)) as runner:
        runner.run(asyncio.sleep(365 * 86_400))

    assert virtual.seconds == pytest.approx(365 * 86_400)
    assert time.monotonic() - began < 5


def test_waiting_for_what_never_happens_is_an_error() -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    with (
        asyncio.Runner(loop_factory=lambda: VirtualLoop(VirtualTime())) as runner,
        pytest.raises(Stuck, match="nothing is left"),
    ):
        runner.run(wait())


def test_a_wrong_clock_is_wrong_on_the_wall_alone() -> None:
    clock = VirtualClock(VirtualTime(), "a", error=5)

    moment = clock.moment()

    assert (moment.wall, moment.steady) == (EPOCH + 5, 0)
