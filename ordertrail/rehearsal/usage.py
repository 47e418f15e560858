"""How much of the budget is used while any order is due."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from ordertrail.budget import Window
from ordertrail.circuit import Circuit
from ordertrail.poll import Worker
from ordertrail.rehearsal.virtual import VirtualTime
from ordertrail.target import Target

SAMPLES = 60
"""In each window of the budget."""

LEAST, ENOUGH = 15, 10
"""Samples that a stretch must have, and requests that it must have room for: one more or less at either end
tells nothing then."""


@dataclass
class _Stretch:
    """`sent`: how many requests there had been when it began."""

    sent: int
    samples: int = 0


class Usage:
    """What workers sent, and might have sent by what the provider allows them, in stretches in which they
    were up, an order was due all the time, and the provider neither asked for a pause nor was out of
    order."""

    def __init__(self, time: VirtualTime) -> None:
        self.sent = 0
        self.allowed = 0.0
        self._time = time

    async def watch(self, worker: Worker, targets: Mapping[str, Target]) -> None:
        """For as long as the worker lives."""
        windows = {slug: target.budget.windows[0] for slug, target in targets.items()}
        stretches: dict[str, _Stretch] = {}
        while True:
            busy = self._busy(worker, targets)
            for slug, window in windows.items():
                sent = worker.counts[slug].looks + targets[slug].budget.in_flight
                if slug in busy:
                    stretches.setdefault(slug, _Stretch(sent)).samples += 1
                elif (stretch := stretches.pop(slug, None)) is not None and _tells(stretch, window):
                    self.sent += sent - stretch.sent
                    self.allowed += (stretch.samples - 0.5) * window.limit / SAMPLES + 0.5
            await asyncio.sleep(min(window.seconds for window in windows.values()) / SAMPLES)

    def _busy(self, worker: Worker, targets: Mapping[str, Target]) -> set[str]:
        due = worker.due
        return {slug for slug, target in targets.items() if due.get(slug) and self._open(target.circuit)}

    def _open(self, circuit: Circuit) -> bool:
        now = self._time.seconds
        return not circuit.open and circuit.ready_at(now) <= now


def _tells(stretch: _Stretch, window: Window) -> bool:
    return stretch.samples > LEAST and stretch.samples * window.limit / SAMPLES >= ENOUGH
