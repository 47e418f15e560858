"""Virtual time: the loop jumps to the next timer as soon as nothing is left to do."""

import asyncio
import selectors

from adapters.clock import Moment
from domain.instants import SECOND, Instant, instant

EPOCH: Instant = instant("2026-01-05T00:00:00Z")
"""When every rehearsal begins."""

_BEYOND = 1e-6
"""A timer is due once the time is beyond it, and late in a year floats are too coarse to tell."""


class Stuck(RuntimeError):
    """Everything waits and nothing is left to happen."""


class VirtualTime:
    """Seconds since the rehearsal began; only the loop moves it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @property
    def micros(self) -> int:
        return round(self.seconds * SECOND)

    @property
    def utc(self) -> float:
        """The true time in seconds since 1970, as the providers have it."""
        return EPOCH / SECOND + self.seconds


class VirtualLoop(asyncio.SelectorEventLoop):
    """It never waits for anything outside."""

    def __init__(self, time: VirtualTime) -> None:
        self._virtual = time
        super().__init__(_Leap(time))

    def time(self) -> float:
        return self._virtual.seconds


class _Leap(selectors.SelectSelector):
    def __init__(self, time: VirtualTime) -> None:
        super().__init__()
        self._time = time

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck("nothing is left to happen")
        if timeout > 0:
            self._time.seconds += timeout + _BEYOND
        return []


class VirtualClock:
    """Our own clock: `error` is how far its wall time is ahead of the truth, in microseconds."""

    def __init__(self, time: VirtualTime, name: str, error: int = 0) -> None:
        self.name = name
        self.error = error
        self._time = time

    def moment(self) -> Moment:
        steady = self.steady()
        return Moment(EPOCH + steady + self.error, steady)

    def steady(self) -> int:
        return self._time.micros

    def wall(self) -> Instant:
        return EPOCH + self._time.micros + self.error
