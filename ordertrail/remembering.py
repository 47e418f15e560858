"""What a worker's schedules have learned, kept with the log: a restart need not learn it again."""

import asyncio
import logging
from collections.abc import Mapping
from functools import partial

from ordertrail.lane import Lane
from ordertrail.record import Recorder
from ordertrail.writer import Writer

SELDOM = 200
"""Savings of coverage for each saving of what was learned."""


def note_of(provider: str) -> str:
    """One name for all workers: the orders that they have seen are of the same kind."""
    return f"learned/{provider}"


class Remembering:
    """`every`: seconds of the loop's clock between two savings."""

    def __init__(
        self, *, lanes: Mapping[str, Lane], writer: Writer, every: float, logger: logging.Logger
    ) -> None:
        self._lanes = lanes
        self._writer = writer
        self._every = every
        self._logger = logger
        self._saved_at = 0.0
        self._saved: dict[str, str] = {}

    async def recall(self) -> None:
        """Before orders are admitted. What can't be read is said, and learned anew."""
        self._saved_at = asyncio.get_running_loop().time()
        for slug, lane in self._lanes.items():
            words = await self._writer.call(partial(_noted, slug))
            try:
                if words:
                    lane.fleet.schedule.recall(words)
            except ValueError as error:
                self._logger.warning("what was learned of %s can't be used: %s", slug, error)

    async def keep_up(self) -> None:
        """Save, if it is time to."""
        if asyncio.get_running_loop().time() - self._saved_at >= self._every:
            await self.save()

    async def save(self) -> None:
        self._saved_at = asyncio.get_running_loop().time()
        for slug, lane in self._lanes.items():
            words = lane.fleet.schedule.memory()
            if words != self._saved.get(slug):
                await self._writer.call(partial(_note, slug, words))
                self._saved[slug] = words


def _noted(provider: str, recorder: Recorder) -> str:
    return recorder.log.note(note_of(provider))


def _note(provider: str, words: str, recorder: Recorder) -> None:
    recorder.log.take_note(note_of(provider), words)
