"""What a worker holds: the partitions that it owns, their orders in memory, its share of every budget.

A change of ownership takes effect in two steps. At once: shares and gates follow, and orders of partitions
that are another worker's now are not asked about. Then, by `keep_up`: those orders are let go of, and the
orders of new partitions are read from the log, when nobody else can be asking about them any more.
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
from ordertrail.budget import NEVER, Budget
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
        self._logger = logger
        self._partitions: Partitions = NONE
        self._held: Partitions = NONE
        self._loading: Partitions = NONE
        self._begun = False
        self._moved = asyncio.Event()
        self._leave = -NEVER

    async def begin(self) -> None:
        """Returns when the first orders are in memory."""
        await self._moved.wait()
        words = await self._writer.call(lambda recorder: recorder.log.note(spending.NOTE))
        now = asyncio.get_running_loop().time()
        before = spending.found(words)
        since = NEVER if before is None else spending.ago(before, self._clock)
        for slug, lane in self._lanes.items():
            slots = None if before is None else spending.slots_of(before, slug, self._budgets[slug].windows)
            if slots is not None and self._membership.sole:
                lane.gate.succeed(slots, now - since)
            else:
                lane.gate.share(self._partitions, NONE, now - since + ARRIVAL)
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
        self._tell_lanes()
        if self._begun:
            now = asyncio.get_running_loop().time()
            for lane in self._lanes.values():
                lane.gate.share(partitions, kept, now + ARRIVAL)
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
        self._tell_lanes()
        moment, steady = self._clock.moment().wall, asyncio.get_running_loop().time()
        admit = partial(self._admit, moment, steady)
        count = await self._follower.load(admit, self._wanted(self._loading))
        self._held, self._loading = self._held | self._loading, NONE
        for lane in self._lanes.values():
            lane.stir()
        self._logger.info("watching %d more orders, of %d partitions", count, len(missing))
        return True

    def _tell_lanes(self) -> None:
        for lane in self._lanes.values():
            lane.gate.owned = self._held | self._loading

    def _wanted(self, partitions: Partitions) -> Callable[[OrderKey], bool]:
        if partitions == ALL:
            return lambda key: key.provider in self._lanes
        return lambda key: key.provider in self._lanes and self._division.partition(*key) in partitions

    def _admit(self, moment: Instant, steady: float, found: Found) -> None:
        self._lanes[found.key.provider].admit(found.key.order_id, found.watched, found.placed, moment, steady)
