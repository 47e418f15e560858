"""Doing something until the log lets it be done."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeVar

from domain.log import LogError, LogRefused

T = TypeVar("T")
LONGEST_PAUSE = 30.0


class Insistence:
    """Tries again after every LogError but LogRefused, which waiting does not cure. Says so once, and when it
    is over. Pauses double from `first` seconds, each shortened by up to half at random."""

    def __init__(self, rng: Random, logger: logging.Logger, *, first: float = 0.5) -> None:
        self._rng = rng
        self._logger = logger
        self._first = first

    async def __call__(self, attempt: Callable[[], Awaitable[T]]) -> T:
        failures = 0
        while True:
            try:
                done = await attempt()
            except LogRefused:
                raise
            except LogError as error:
                if failures == 0:
                    self._logger.warning("the log can't be used, trying on: %s", error)
                await asyncio.sleep(self._pause(failures))
                failures += 1
                continue
            if failures:
                self._logger.info("the log answers again, after %d attempts", failures)
            return done

    def _pause(self, failures: int) -> float:
        doubled = self._first * 2.0 ** min(failures, 20)
        return min(LONGEST_PAUSE, doubled) * self._rng.uniform(0.5, 1.0)
