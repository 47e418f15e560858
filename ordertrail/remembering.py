"""What a worker's schedules have learned, kept with the log: a restart need not learn it again. Where nothing
is kept yet, the log's own intervals teach them.
"""

import asyncio
from collections.abc import Mapping
from functools import partial

from ordertrail.lane import Lane
from ordertrail.lives import lives
from ordertrail.record import Recorder
from ordertrail.scheduling.schedule import Schedule
from ordertrail.target import Shared

SELDOM = 200
"""Savings of coverage for each saving of what was learned."""


def note_of(provider: str) -> str:
    """One name for all workers: the orders that they have seen are of the same kind."""
    return f"learned/{provider}"


class Remembering:
    """`every`: seconds of the loop's clock between two savings."""

    def __init__(self, *, lanes: Mapping[str, Lane], shared: Shared, every: float) -> None:
        self._lanes = lanes
        self._shared = shared
        self._every = every
        self._saved_at = 0.0
        self._saved: dict[str, str] = {}

    async def recall(self) -> None:
        """Before orders are admitted. What can't be read is said, and learned anew from the log."""
        self._saved_at = asyncio.get_running_loop().time()
        for slug, lane in self._lanes.items():
            words = await self._shared.writer.call(partial(_noted, slug))
            if not words or not self._recalled(slug, words):
                await self._shared.writer.call(partial(_study, slug, lane.fleet.schedule))

    def _recalled(self, slug: str, words: str) -> bool:
        try:
            self._lanes[slug].fleet.schedule.recall(words)
        except ValueError as error:
            self._shared.logger.warning("what was learned of %s can't be used: %s", slug, error)
            return False
        return True

    async def keep_up(self) -> None:
        """Save, if it is time to."""
        if asyncio.get_running_loop().time() - self._saved_at >= self._every:
            await self.save()

    async def save(self) -> None:
        self._saved_at = asyncio.get_running_loop().time()
        for slug, lane in self._lanes.items():
            words = lane.fleet.schedule.memory()
            if words != self._saved.get(slug):
                await self._shared.writer.call(partial(_note, slug, words))
                self._saved[slug] = words


def _noted(provider: str, recorder: Recorder) -> str:
    return recorder.log.note(note_of(provider))


def _study(provider: str, schedule: Schedule, recorder: Recorder) -> None:
    schedule.study(lives(recorder.log, provider))


def _note(provider: str, words: str, recorder: Recorder) -> None:
    recorder.log.take_note(note_of(provider), words)
