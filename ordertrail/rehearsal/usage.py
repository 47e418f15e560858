"""How much of the budget is used while any order is due."""

import asyncio
from collections.abc import Mapping

from ordertrail.circuit import Circuit
from ordertrail.lane import Target
from ordertrail.poll import Worker
from ordertrail.rehearsal.virtual import VirtualTime

SAMPLES = 60
"""In each window of the budget."""


class Usage:
    """What workers sent, and might have sent by what the provider allows them, while they were up, an order
    was due and the provider did not ask for a pause or was not answering at all."""

    def __init__(self, time: VirtualTime) -> None:
        self.sent = 0
        self.allowed = 0.0
        self._time = time

    async def watch(self, worker: Worker, targets: Mapping[str, Target]) -> None:
        """For as long as the worker lives."""
        whole = {slug: target.budget.windows[0] for slug, target in targets.items()}
        while True:
            before = {slug: counts.looks for slug, counts in worker.counts.items()}
            busy = self._busy(worker, targets)
            await asyncio.sleep(min(window.seconds for window in whole.values()) / SAMPLES)
            for slug in sorted(busy & self._busy(worker, targets)):
                self.sent += worker.counts[slug].looks - before[slug]
                self.allowed += whole[slug].limit / SAMPLES

    def _busy(self, worker: Worker, targets: Mapping[str, Target]) -> set[str]:
        due = worker.due
        return {slug for slug, target in targets.items() if due.get(slug) and self._open(target.circuit)}

    def _open(self, circuit: Circuit) -> bool:
        now = self._time.seconds
        return not circuit.open and circuit.ready_at(now) <= now
