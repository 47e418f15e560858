"""Group commits: whatever looks have come back are written together, by the thread that owns the recorder.

While one batch is being written the next one gathers, so the slower the log the larger the batches. When the
log can't be reached nothing is lost: the queue fills up, and whoever has more to write waits.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.log import LogError, LogRefused
from ordertrail.insistence import Insistence
from ordertrail.observation import Observation, Seen
from ordertrail.record import Recorder
from ordertrail.thread import Thread

T = TypeVar("T")
BATCH = 500
WAITING = 5_000


@dataclass(frozen=True, slots=True)
class _Look:
    observation: Observation
    done: asyncio.Future[Seen]


@dataclass(frozen=True, slots=True)
class _Call(Generic[T]):
    work: Callable[[Recorder], T]
    done: asyncio.Future[T]


class Writer:
    """`make` opens the log and makes its recorder, in the writer's thread. Used from one event loop."""

    def __init__(
        self,
        *,
        make: Callable[[], Recorder],
        thread: Thread,
        insist: Insistence,
        logger: logging.Logger,
        batch: int = BATCH,
        waiting: int = WAITING,
    ) -> None:
        self._make = make
        self._thread = thread
        self._insist = insist
        self._logger = logger
        self._batch = batch
        self._jobs: asyncio.Queue[_Look | _Call[object]] = asyncio.Queue(waiting)
        self._recorder: Recorder | None = None
        self._unwritten = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def observe(self, observation: Observation) -> Seen:
        """What became of a look, once it is in the log."""
        done: asyncio.Future[Seen] = asyncio.get_running_loop().create_future()
        await self._put(_Look(observation, done))
        return await done

    async def call(self, work: Callable[[Recorder], T]) -> T:
        """Anything else that the recorder does, after the looks handed over before."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        await self._put(_Call(work, done))  # type: ignore[arg-type] # the queue holds calls of any result
        return await done

    async def run(self) -> None:
        """Write until cancelled; LogRefused ends it."""
        looks: list[_Look] = []
        while True:
            job = await self._jobs.get()
            while isinstance(job, _Look):
                looks.append(job)
                if len(looks) == self._batch or self._jobs.empty():
                    break
                job = self._jobs.get_nowait()
            await self._write(looks)
            looks.clear()
            if isinstance(job, _Call):
                await self._settle(job.work, job.done)

    async def close(self, patience: float) -> None:
        """Write what is left within so many seconds, and let go of the log. `run` must still be going."""
        try:
            async with asyncio.timeout(patience):
                await self._idle.wait()
        except TimeoutError:
            self._logger.error("the log could not be reached: %d looks were not recorded", self._unwritten)

    async def release(self) -> None:
        """Close the log; `run` must have ended."""
        if self._recorder is not None:
            await self._thread.run(self._recorder.log.close)
        self._thread.close()

    async def _put(self, job: "_Look | _Call[object]") -> None:
        self._unwritten += 1
        self._idle.clear()
        try:
            await self._jobs.put(job)
        except asyncio.CancelledError:
            self._written(1)
            raise

    def _written(self, count: int) -> None:
        self._unwritten -= count
        if not self._unwritten:
            self._idle.set()

    async def _write(self, looks: Sequence[_Look]) -> None:
        if not looks:
            return
        observations = [look.observation for look in looks]
        try:
            seen = await self._persist(lambda recorder: recorder.observe(observations))
        except LogRefused as error:
            self._fail(looks, error)
            raise
        except Exception:  # noqa: BLE001 one order's surprise must not take the others' looks with it
            for look in looks:
                await self._settle(_observing(look.observation), look.done)
            return
        self._written(len(looks))
        for look, one in zip(looks, seen, strict=True):
            if not look.done.done():
                look.done.set_result(one)

    async def _settle(self, work: Callable[[Recorder], T], done: asyncio.Future[T]) -> None:
        try:
            result = await self._persist(work)
        except Exception as error:
            if not done.done():
                done.set_exception(error)
            if isinstance(error, LogRefused):
                raise
        else:
            if not done.done():
                done.set_result(result)
        self._written(1)

    async def _persist(self, work: Callable[[Recorder], T]) -> T:
        return await self._insist(lambda: self._thread.run(lambda: work(self._open())))

    def _open(self) -> Recorder:
        if self._recorder is None:
            self._recorder = self._make()
        return self._recorder

    def _fail(self, looks: Sequence[_Look], error: LogError) -> None:
        for look in looks:
            if not look.done.done():
                look.done.set_exception(error)


def _observing(observation: Observation) -> Callable[[Recorder], Seen]:
    return lambda recorder: recorder.observe([observation])[0]
