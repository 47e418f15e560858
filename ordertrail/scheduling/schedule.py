"""All orders of one provider key in one worker, and which to look at next."""

import heapq
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from ordertrail.scheduling.facts import USUAL_PRIORITY, WATCH_WEIGHT, Facts, Priors

_FIRST_RETRY = 5.0


@dataclass
class _Held:
    facts: Facts
    last: float | None
    due: float
    failures: int = 0


class Schedule:
    """`rate`: requests a second of the budget (infinite: no limit). `bound`: seconds between two looks at any
    order; None: such that bounds claim a tenth of the budget. `least`: seconds, shortest gap between two looks
    at an order. `learns` False: what is expected stays as told.
    """

    def __init__(
        self,
        *,
        rate: float,
        priors: Priors,
        bound: float | None = None,
        least: float = 1.0,
        learns: bool = True,
        seed: int = 0,
    ) -> None:
        self.rate = rate
        self._priors = priors
        self._least = least
        self._held: dict[str, _Held] = {}
        self._heap: list[tuple[float, str]] = []
        self._asked: deque[str] = deque()
        self._out: set[str] = set()
        self.bound_promised = bound
        self.bound_effective = bound or math.inf

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, order: str) -> bool:
        return order in self._held

    def add(self, order: str, facts: Facts, now: float, *, last: float | None = None) -> None:
        """A further order, or a known one anew; `last`: end of its last look, None: first look at once."""
        self._held[order] = _Held(facts, last, now)
        self._queue(order, now)

    def ask(self, order: str) -> bool:
        """Have it looked at next, once more if it is out; False: it is unknown."""
        if order not in self._held:
            return False
        self._asked.append(order)
        return True

    def remove(self, order: str) -> None:
        self._held.pop(order, None)

    def update(self, order: str, facts: Facts, now: float) -> None:
        """Other facts without a look (others looked, a person changed terms); learns nothing."""
        held = self._held[order]
        held.facts = facts
        if order not in self._out:
            self._queue(order, now)

    def take(self, now: float, *, early: bool = False) -> str | None:
        """The order to look at next; it is out until `looked` or `failed`. `early`: if none is due, the one
        that is due next, as long as its last look is `least` ago (for who would waste the request)."""
        while self._asked:
            order = self._asked.popleft()
            if order in self._held and order not in self._out:
                self._out.add(order)
                return order
        while self._heap and (early or self._heap[0][0] <= now):
            due, order = heapq.heappop(self._heap)
            held = self._held.get(order)
            if held is not None and held.due == due and order not in self._out:
                self._out.add(order)
                return order
        return None

    def looked(self, order: str, facts: Facts | None, steps: Sequence[str], now: float) -> None:
        """A look that ended `now` showed `facts` (None: as they were). `steps`: the classes passed through
        since the look before, in order, the present one last; empty: unchanged. Learns and queues again."""
        self._out.discard(order)
        held = self._held.get(order)
        if held is None:
            return
        held.facts, held.last, held.failures = facts or held.facts, now, 0
        self._queue(order, now)

    def failed(self, order: str, now: float) -> None:
        """A look that proved nothing: tried again after a bounded back-off."""
        self._out.discard(order)
        held = self._held.get(order)
        if held is None:
            return
        held.failures += 1
        gap = min(self._gap(held.facts), _FIRST_RETRY * 2 ** min(held.failures, 20))
        held.due = now + gap
        heapq.heappush(self._heap, (held.due, order))

    def next_due(self) -> float:
        """When `take` will find an order, at the earliest; infinite if there is none."""
        if self._asked:
            return -math.inf
        return self._heap[0][0] if self._heap else math.inf

    def tend(self, now: float) -> None:
        """To be called every few seconds: price, bound, tables; cheap when there is nothing to do."""

    def set_rate(self, rate: float, now: float) -> None:
        """Another budget (partitions owned, a window that shrank)."""
        self.rate = rate

    def _queue(self, order: str, now: float) -> None:
        held = self._held[order]
        held.due = now if held.last is None else held.last + self._gap(held.facts)
        heapq.heappush(self._heap, (held.due, order))

    def _gap(self, facts: Facts) -> float:
        weight = max(facts.priority, 0.5) / USUAL_PRIORITY * (WATCH_WEIGHT if facts.watching else 1.0)
        return max(self._least, len(self._held) / self.rate / math.sqrt(weight))
