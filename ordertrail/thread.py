"""Where blocking calls run: a database connection belongs to one thread, and virtual time allows none."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

T = TypeVar("T")


class Thread(Protocol):
    async def run(self, work: Callable[[], T]) -> T:
        """Do the work, one piece at a time."""
        ...

    def close(self) -> None: ...


class OneThread:
    """A thread of its own, so that the loop goes on meanwhile."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


class InLoop:
    """The loop's own thread: under a virtual clock the same seed then gives the same run."""

    def __init__(self, name: str) -> None:
        """Nothing bears the name."""

    async def run(self, work: Callable[[], T]) -> T:
        return work()

    def close(self) -> None:
        pass
