"""Which orders a worker asks about, and how much of each budget is its own.

Every order belongs to one of the partitions of the ownership topic, and whoever owns a partition asks about
its orders. A key with a small budget is not split: all its orders belong to one partition, found by the
provider's name. Every window is split over the partitions to the last request, so that the shares of all
workers add up to it and to no more.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence

from adapters.kafka.partition import SHARES, partition_of
from adapters.membership import ALL, NONE, Owner
from domain.log import Log
from ordertrail.at_hand import LogAtHand
from ordertrail.budget import Window
from ordertrail.thread import Thread

WORKERS = 8
"""Among so many workers a budget is split with good effect …"""

FEWEST = 10
"""… if each of them may still send so many requests in every window."""

NOTE = "ownership"


class Alone:
    """One worker owns everything, and somebody else sees to it that there is no other."""

    sole = True

    def holds(self) -> bool:
        return True

    async def run(self, owner: Owner) -> None:
        owner.assign(ALL, NONE)
        await asyncio.Event().wait()

    async def settle(self, *, gained: bool) -> bool:
        return True


class Division:
    """How the orders and the windows of all providers are divided among the partitions."""

    def __init__(self, windows: Mapping[str, Sequence[Window]]) -> None:
        self._windows = windows
        self._whole = {slug: partition_of(slug, SHARES) for slug in windows if not divisible(windows[slug])}

    def partition(self, provider: str, order_id: str) -> int:
        whole = self._whole.get(provider)
        return partition_of(f"{provider}/{order_id}", SHARES) if whole is None else whole

    def limits(self, provider: str, owned: Collection[int]) -> list[int]:
        """What may be sent in each of a provider's windows by whoever owns these partitions."""
        whole = self._whole.get(provider)
        if whole is not None:
            return [window.limit if whole in owned else 0 for window in self._windows[provider]]
        return [share(window.limit, owned) for window in self._windows[provider]]


def divisible(windows: Sequence[Window]) -> bool:
    return all(window.limit >= WORKERS * FEWEST for window in windows)


def share(limit: int, owned: Collection[int]) -> int:
    """The fraction that one partition can't use is the next one's: all of them together have the limit."""
    return sum(limit * (number + 1) // SHARES - limit * number // SHARES for number in owned)


class LogWitness:
    """The log's database as the witness of who owns what."""

    def __init__(self, open_log: Callable[[], Log], thread: Thread) -> None:
        self._log = LogAtHand(open_log, thread)

    async def tell(self, words: str) -> None:
        await self._log.run(lambda log: log.take_note(NOTE, words))

    async def told(self) -> str:
        return await self._log.run(lambda log: log.note(NOTE))

    async def close(self) -> None:
        await self._log.close()
