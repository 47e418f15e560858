import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random

import pytest

from domain.identity import OrderKey, uuid7
from domain.instants import SECOND
from domain.log import LogRefused, LogUnreachable
from domain.readings import Answer, Look
from ordertrail.insistence import Insistence
from ordertrail.observation import Observation, Seen
from ordertrail.record import Recorder
from ordertrail.thread import InLoop, OneThread, Thread
from ordertrail.writer import Writer
from tests.fixtures.recording import Recording, memory_log, minute, recording

__all__ = ["memory_log", "recording"]  # fixtures

pytestmark = pytest.mark.anyio
LOGGER = logging.getLogger("tests.writer")
RNG = Random(5)


def look(number: int, state: str = "new", minutes: float = 1) -> Observation:
    order_id = f"5f0c6b9e-0000-4000-8000-{number:012d}"
    asked = minute(minutes)
    body = f'{{"id": "{order_id}", "state": "{state}"}}'.encode()
    return Observation(
        OrderKey("xverse", order_id),
        Look(uuid7(asked, RNG), asked, asked + SECOND),
        Answer(200, "application/json", body),
    )


@asynccontextmanager
async def writing(
    make: Callable[[], Recorder], thread: Thread, batch: int = 500, waiting: int = 5000
) -> AsyncIterator[Writer]:
    insist = Insistence(Random(1), LOGGER, first=0.01)
    writer = Writer(make=make, thread=thread, insist=insist, logger=LOGGER, batch=batch, waiting=waiting)
    task = asyncio.create_task(writer.run())
    try:
        yield writer
        await writer.close(5.0)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, LogRefused):
            await task


class Watching:
    """A recorder's `observe` that notes the sizes of its batches, and fails as often as it is told."""

    def __init__(self, recorder: Recorder, *failures: Exception) -> None:
        self.sizes: list[int] = []
        self.failures = list(failures)
        self._observe = recorder.observe
        recorder.observe = self.observe  # type: ignore[method-assign] # the recorder itself stays real

    def observe(self, observations: Sequence[Observation]) -> list[Seen]:
        self.sizes.append(len(observations))
        if self.failures:
            raise self.failures.pop(0)
        return self._observe(observations)


async def test_looks_that_gather_are_written_together(recording: Recording) -> None:
    watching = Watching(recording.recorder)

    async with writing(lambda: recording.recorder, InLoop("test")) as writer:
        seen = await asyncio.gather(*(writer.observe(look(number)) for number in range(40)))

    assert [one.order.state for one in seen] == ["new"] * 40
    assert watching.sizes == [40]


async def test_a_batch_has_a_bound(recording: Recording) -> None:
    watching = Watching(recording.recorder)

    async with writing(lambda: recording.recorder, InLoop("test"), batch=15) as writer:
        await asyncio.gather(*(writer.observe(look(number)) for number in range(40)))

    assert watching.sizes == [15, 15, 10]


async def test_a_full_queue_makes_everyone_wait_and_loses_nothing(recording: Recording) -> None:
    watching = Watching(recording.recorder)

    async with writing(lambda: recording.recorder, InLoop("test"), waiting=3) as writer:
        seen = await asyncio.gather(*(writer.observe(look(number)) for number in range(20)))

    assert len(seen) == 20
    assert max(watching.sizes) <= 4


async def test_calls_and_looks_keep_their_order(recording: Recording) -> None:
    key = look(1).key
    states: list[str | None] = []

    def note(recorder: Recorder) -> None:
        known = recorder.known(key)
        states.append(known.order.state if known else None)

    async with writing(lambda: recording.recorder, InLoop("test")) as writer:
        await asyncio.gather(
            writer.call(note),
            writer.observe(look(1)),
            writer.call(note),
            writer.observe(look(1, "pending", minutes=2)),
            writer.call(note),
        )

    assert states == [None, "new", "pending"]


async def test_a_log_that_can_not_be_reached_is_said_once_and_loses_nothing(
    recording: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    away = LogUnreachable("no answer")
    Watching(recording.recorder, away, away, away)

    async with writing(lambda: recording.recorder, InLoop("test")) as writer:
        seen = await writer.observe(look(1))

    assert seen.order.state == "new"
    assert [record.message for record in caplog.records] == [
        "the log can't be used, trying on: no answer",
        "the log answers again, after 3 attempts",
    ]
    assert not any(record.exc_info for record in caplog.records)


async def test_an_unfit_log_ends_it(recording: Recording) -> None:
    Watching(recording.recorder, LogRefused("another version"))

    with pytest.raises(LogRefused):
        async with writing(lambda: recording.recorder, InLoop("test")) as writer:
            await writer.observe(look(1))


async def test_one_look_that_breaks_the_recorder_does_not_take_the_others_with_it(
    recording: Recording,
) -> None:
    recorder = recording.recorder
    Watching(recorder, ValueError("together"), ValueError("alone"))

    async with writing(lambda: recorder, InLoop("test")) as writer:
        seen = await asyncio.gather(
            *(writer.observe(look(number)) for number in range(3)), return_exceptions=True
        )

    assert [isinstance(one, ValueError) for one in seen] == [True, False, False]


async def test_closing_waits_for_what_is_left(recording: Recording) -> None:
    async with writing(lambda: recording.recorder, InLoop("test")) as writer:
        left = [asyncio.ensure_future(writer.observe(look(number))) for number in range(5)]
        await asyncio.sleep(0)

    assert all(one.done() for one in left)
    assert recording.log.tail() > 0


async def test_closing_says_how_many_looks_it_had_to_give_up(
    recording: Recording, caplog: pytest.LogCaptureFixture
) -> None:
    watching = Watching(recording.recorder, *[LogUnreachable("gone")] * 1000)

    async with writing(lambda: recording.recorder, InLoop("test")) as writer:
        left = asyncio.ensure_future(writer.observe(look(1)))
        await asyncio.sleep(0)
        await writer.close(0.05)
        left.cancel()
        watching.failures.clear()

    assert "1 looks were not recorded" in caplog.text


async def test_the_loop_goes_on_while_the_log_is_written() -> None:
    thread, gone_on = OneThread("test"), threading.Event()
    asyncio.get_running_loop().call_soon(gone_on.set)

    assert await thread.run(lambda: gone_on.wait(30))
    thread.close()
