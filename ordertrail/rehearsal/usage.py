"""How much of the budget is used while any order is due."""

import asyncio
from collections.abc import Mapping

from ordertrail.budget import Budget
from ordertrail.circuit import Circuit
from ordertrail.lane import Target
from ordertrail.poll import Worker
from ordertrail.rehearsal.virtual import VirtualTime

SAMPLES = 60
"""In each window of the budget."""


class Usage:
    """Counts the windows throughout which an order was due and the provider not shunned: what one worker sent
    in them, and might have sent by its budget as it stood at their end."""

    def __init__(self, time: VirtualTime, window: float) -> None:
        self.sent = 0
        self.allowed = 0.0
        self._time = time
        self._window = window

    @property
    def share(self) -> float | None:
        """None where orders never had to wait."""
        return round(self.sent / self.allowed, 4) if self.allowed else None

    async def watch(self, worker: Worker, targets: Mapping[str, Target]) -> None:
        """For as long as the worker lives."""
        while True:
            before = {slug: counts.looks for slug, counts in worker.counts.items()}
            busy = set(before)
            for _ in range(SAMPLES):
                await asyncio.sleep(self._window / SAMPLES)
                due = worker.due
                busy = {slug for slug in busy if due[slug] and self._open(targets[slug].circuit)}
            for slug in sorted(busy):
                self.sent += worker.counts[slug].looks - before[slug]
                self.allowed += allowed(targets[slug].budget)

    def _open(self, circuit: Circuit) -> bool:
        now = self._time.seconds
        return not circuit.open and circuit.ready_at(now) <= now


def allowed(budget: Budget) -> float:
    """Requests a window, whole ones."""
    return float(min(int(count) for count in budget.allowed))
