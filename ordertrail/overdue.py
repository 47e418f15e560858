"""Noticing orders that stay in a state for longer than they should, look by look and cheaply.

Most looks are at orders that are far from overdue: a bound for the phase, the least of its states', rules
them out. Only what outlasts that is asked about exactly, and not again before the bounds are fetched anew.
"""

import math
from collections.abc import Mapping

from domain.identity import OrderKey
from domain.instants import MINUTE, SECOND, Instant
from domain.phases import Phase
from ordertrail.fleet import Watched
from ordertrail.writer import Writer

FRESH_FOR = 10 * MINUTE


class Overdue:
    """Of one provider's orders."""

    def __init__(self, provider: str, writer: Writer) -> None:
        self._provider = provider
        self._writer = writer
        self._bounds: Mapping[Phase, int] = {}
        self._fetched: float = -math.inf
        self._asked: set[str] = set()

    def suspects(self, order_id: str, watched: Watched, now: Instant) -> bool:
        """Whether it may be overdue, and nobody asked lately."""
        if now - self._fetched > FRESH_FOR:
            return watched.since is not None and order_id not in self._asked
        return self._outlasts(watched, now) and order_id not in self._asked

    async def check(self, order_id: str, watched: Watched, now: Instant) -> None:
        """Say so if it is."""
        if now - self._fetched > FRESH_FOR:
            self._fetched, self._asked = now, set()
            self._bounds = await self._writer.call(lambda recorder: recorder.shortest_bounds(self._provider))
        if self._outlasts(watched, now):
            self._asked.add(order_id)
            key = OrderKey(self._provider, order_id)
            await self._writer.call(lambda recorder: recorder.tell_overdue(key))

    def _outlasts(self, watched: Watched, now: Instant) -> bool:
        if watched.since is None or watched.phase is None:
            return False
        if watched.deadline is not None and now > watched.deadline:
            return watched.phase in self._bounds
        bound = self._bounds.get(watched.phase)
        return bound is not None and now - watched.since > bound * SECOND
