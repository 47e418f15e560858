"""What a worker holds: the partitions that it owns, their orders in memory, its share of every budget.

A change of ownership takes effect in two steps. At once: what is another worker's now is not asked about, and
its share of the budget is not used. Then, by `keep_up`: those orders are let go of, and of new partitions the
share is taken over and the orders are read from the log, when nobody else can be asking about them any more.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial

from adapters.clock import Timepiece
from adapters.membership import ALL, NONE, Membership, Partitions
from domain.identity import OrderKey
from domain.instants import Instant
from ordertrail import spending
from ordertrail.budget import NEVER, Budget, Slots
from ordertrail.following import Follower, Found
from ordertrail.lane import Lane
from ordertrail.ownership import Division
from ordertrail.writer import Writer

AHEAD = 60.0
"""Seconds for which sending is announced in the log, and again when half of them are over."""

ARRIVAL = 1.0
"""Seconds that the last request of a worker that is gone may have taken to its provider."""

ANSWERS = 4.0
COVERAGE = 3.0
"""Seconds that a worker takes to let go at most: for answers on their way, and for saving coverage."""

_WATCH = 0.02
_AGAIN = 0.25


class Holding:
    """`save` saves coverage. Used from one event loop."""

    def __init__(
        self,
        *,
        lanes: Mapping[str, Lane],
        budgets: Mapping[str, Budget],
        division: Division,
        membership: Membership,
        follower: Follower,
        writer: Writer,
        clock: Timepiece,
        save: Callable[[], Awaitable[None]],
        ahead: float,
        clock_error: int,
        logger: logging.Logger,
    ) -> None:
        self._lanes = lanes
        self._budgets = budgets
        self._division = division
        self._membership = membership
        self._follower = follower
        self._writer = writer
        self._clock = clock
        self._save = save
        self._ahead = ahead
        self._clock_error = clock_error
        self._logger = logger
        self._partitions: Partitions = NONE
        self._held: Partitions = NONE
        self._loading: Partitions = NONE
        self._begun = False
        self._moved = asyncio.Event()
        self._leave = -NEVER
        self._before: spending.Spending | None = None
        self._ended = NEVER  # when the workers before this one sent their last request, if that is known

    async def begin(self) -> None:
        """Returns when the first orders are in memory."""
        await self._moved.wait()
        words = await self._writer.call(lambda recorder: recorder.log.note(spending.NOTE))
        self._before = spending.found(words)
        if self._before is None:
            self._ended = -NEVER
        elif self._membership.sole:
            since = spending.ago(self._before, self._clock, self._clock_error)
            self._ended = asyncio.get_running_loop().time() - since
        self._begun = True
        await self.write_ahead()
        await self.keep_up()
        while self._partitions - self._held:
            await asyncio.sleep(_AGAIN)
            await self.keep_up()

    async def revoke(self) -> None:
        for lane in self._lanes.values():
            lane.gate.closed = True
        until = asyncio.get_running_loop().time() + ANSWERS
        while any(lane.gate.busy for lane in self._lanes.values()):
            if asyncio.get_running_loop().time() > until:
                break
            await asyncio.sleep(_WATCH)
        with suppress(TimeoutError):
            async with asyncio.timeout(COVERAGE):
                await self._save()

    def assign(self, partitions: Partitions, kept: Partitions) -> None:
        self._partitions = partitions
        self._held &= kept
        self._loading &= kept
        if self._begun:
            self._before, self._ended = None, NEVER
        for lane in self._lanes.values():
            lane.gate.share(self._held | self._loading, NONE, -NEVER)
            lane.stir()
        self._moved.set()

    async def keep_up(self) -> bool:
        """Whether other orders are in memory now. What can't be taken over yet is for the next call."""
        changed = False
        while self._moved.is_set():
            self._moved.clear()
            for lane in self._lanes.values():
                await lane.let_go()
            changed = await self._take_over() or changed
        if self._partitions - self._held:
            changed = await self._take_over() or changed
        return changed

    async def write_ahead(self) -> None:
        """Announce that requests will be sent, before they are."""
        now = asyncio.get_running_loop().time()
        if self._leave - now > self._ahead / 2:
            return
        words = spending.ahead(self._clock, self._ahead)
        await self._writer.call(lambda recorder: recorder.log.take_note(spending.NOTE, words))
        self._leave = now + self._ahead
        for lane in self._lanes.values():
            lane.gate.allow(self._leave)
            lane.stir()

    async def leave(self) -> None:
        """Leave word of what was spent; nothing may be on its way any more."""
        if not self._begun or not self._membership.sole:
            return
        words = spending.left(self._clock, self._budgets, asyncio.get_running_loop().time())
        await self._writer.call(lambda recorder: recorder.log.take_note(spending.NOTE, words))

    async def _take_over(self) -> bool:
        missing = self._partitions - self._held
        if not await self._membership.settle(gained=bool(missing)) or not missing:
            return False
        self._loading = missing & self._partitions
        self._take_shares(self._loading)
        moment, steady = self._clock.moment().wall, asyncio.get_running_loop().time()
        admit = partial(self._admit, moment, steady)
        count = await self._follower.load(admit, self._wanted(self._loading))
        self._held, self._loading = self._held | self._loading, NONE
        for lane in self._lanes.values():
            lane.stir()
        self._logger.info("watching %d more orders, of %d partitions", count, len(missing))
        return True

    def _take_shares(self, gained: Partitions) -> None:
        """Nobody else sends on them any more."""
        until = min(asyncio.get_running_loop().time(), self._ended) + ARRIVAL
        for slug, lane in self._lanes.items():
            slots = self._left(slug)
            if slots is None:
                lane.gate.share(self._held, gained, until)
            else:
                lane.gate.succeed(slots, self._ended)
        self._before, self._ended = None, NEVER

    def _left(self, slug: str) -> list[Slots] | None:
        """What the worker before this one has really spent; None if nobody knows, or others send as well."""
        if self._before is None or not self._membership.sole:
            return None
        return spending.slots_of(self._before, slug, self._budgets[slug].windows)

    def _wanted(self, partitions: Partitions) -> Callable[[OrderKey], bool]:
        if partitions == ALL:
            return lambda key: key.provider in self._lanes
        return lambda key: key.provider in self._lanes and self._division.partition(*key) in partitions

    def _admit(self, moment: Instant, steady: float, found: Found) -> None:
        self._lanes[found.key.provider].admit(found.key.order_id, found.watched, found.placed, moment, steady)
