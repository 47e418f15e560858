"""Waiting for what is away: pauses that double, and sleep that a stop ends."""

import asyncio


class Pauses:
    """Seconds, from `first` on and twice as long each time, up to `longest`."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = self._next = first
        self._longest = longest

    @property
    def fresh(self) -> bool:
        """Whether there was none since the beginning, or since the last `reset`."""
        return self._next == self._first

    def take(self) -> float:
        """The pause to make now."""
        taken, self._next = self._next, min(self._longest, 2 * self._next)
        return taken

    def reset(self) -> None:
        """What was away is back."""
        self._next = self._first


async def is_set_within(seconds: float, stop: asyncio.Event) -> bool:
    """Waits so long, or until `stop`."""
    try:
        async with asyncio.timeout(seconds):
            return await stop.wait()
    except TimeoutError:
        return False
