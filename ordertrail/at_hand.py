"""A log in a thread of its own, for one of a worker's duties."""

from collections.abc import Callable
from typing import TypeVar

from domain.log import Log
from ordertrail.thread import Thread

T = TypeVar("T")


class LogAtHand:
    """Opened when it is needed, and again after `shut`. `open_log` may raise LogUnreachable."""

    def __init__(self, open_log: Callable[[], Log], thread: Thread) -> None:
        self._open_log = open_log
        self._thread = thread
        self._log: Log | None = None

    async def run(self, work: Callable[[Log], T]) -> T:
        return await self._thread.run(lambda: work(self._opened()))

    async def shut(self) -> None:
        """Also after reading much: an open database keeps what it has read in memory."""
        await self._thread.run(self._shut)

    async def close(self) -> None:
        await self.shut()
        self._thread.close()

    def _opened(self) -> Log:
        if self._log is None:
            self._log = self._open_log()
        return self._log

    def _shut(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None
