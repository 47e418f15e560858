"""What others do: rounds, fixed cadences, a ladder. What is due first is next, early if nothing is due."""

import math
from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush

import numpy as np

from domain.phases import Phase
from domain.providers import PROVIDERS
from ordertrail.quota.fleets import Fleet
from ordertrail.quota.paths import Paths, residence

CADENCE: Mapping[Phase, float] = {
    Phase.AWAITING_PAYMENT: 60.0,
    Phase.CONFIRMING: 120.0,
    Phase.PROCESSING: 30.0,
}
"""Seconds between looks by phase; an hour once an order is over."""
_OVER = 3600.0
LADDER = (60.0, 300.0, 300.0, 300.0, 300.0, 300.0)
"""Seconds to the next look, one after another since an order is known; then every hour."""


class Cadence:
    """A gap for every class, and the earliest due order next. A failed look is tried again a round later."""

    def __init__(self, name: str, gaps: Sequence[float]) -> None:
        self.name = name
        self.gaps = gaps
        self._code: dict[int, int] = {}
        self._due: dict[int, float] = {}
        self._queue: list[tuple[float, int]] = []

    def add(self, order: int, code: int, after: float, by: float, now: float, entered: float) -> None:
        self._code[order] = code
        share = (order * 0.618_033_988_749_895) % 1.0
        self._enqueue(order, now + share * self._gap(order))

    def arrive(self, order: int, code: int, now: float, entered: float) -> None:
        self._code[order] = code
        self._enqueue(order, now)

    def remove(self, order: int) -> None:
        del self._code[order]
        self._due.pop(order, None)

    def take(self, now: float) -> int | None:
        queue, due = self._queue, self._due
        while queue:
            at, order = heappop(queue)
            if due.get(order) == at:
                return order
        return None

    def unchanged(self, order: int, now: float) -> None:
        at = now + self._gap(order)
        self._due[order] = at
        heappush(self._queue, (at, order))

    def changed(self, order: int, codes: Sequence[int], now: float, entered: float) -> None:
        self._code[order] = codes[-1]
        self.unchanged(order, now)

    def failed(self, order: int, now: float) -> None:
        self.unchanged(order, now)

    def tend(self, now: float) -> None:
        """Nothing to be done: a cadence learns nothing."""

    def next_due(self) -> float:
        return self._queue[0][0] if self._queue else math.inf

    def _gap(self, order: int) -> float:
        return self.gaps[self._code[order]]

    def _enqueue(self, order: int, at: float) -> None:
        self._due[order] = at
        heappush(self._queue, (at, order))


class Ladder(Cadence):
    """The gaps of a list, one after another, and its last one for ever."""

    def __init__(self) -> None:
        super().__init__("ladder", ())
        self._rung: dict[int, int] = {}

    def add(self, order: int, code: int, after: float, by: float, now: float, entered: float) -> None:
        self._rung[order] = len(LADDER)
        super().add(order, code, after, by, now, entered)

    def remove(self, order: int) -> None:
        super().remove(order)
        self._rung.pop(order, None)

    def _gap(self, order: int) -> float:
        rung = self._rung.get(order, 0)
        self._rung[order] = rung + 1
        return LADDER[rung] if rung < len(LADDER) else _OVER


Baseline = Callable[[Paths, float], Cadence]


def round_robin(paths: Paths, budget: float) -> Cadence:
    """Every order in turn: with equal gaps whoever waits longest is due first."""
    return Cadence("round_robin", [60.0] * len(paths.fleet.classes))


def by_phase(paths: Paths, budget: float) -> Cadence:
    """A fixed cadence for each phase."""
    return Cadence("cadence", [_phase_gap(paths.fleet, state) for _, state in paths.fleet.classes])


def _phase_gap(fleet: Fleet, state: str) -> float:
    phase = PROVIDERS[fleet.provider].phases.get(state, Phase.FORGOTTEN)
    return CADENCE.get(phase, _OVER)


def best_cadence(paths: Paths, budget: float) -> Cadence:
    """The fixed gap per state that would be best if its orders changed at its true mean rate at any age."""
    stays = list(paths.fleet.stays())
    held, changes = residence(paths)
    weight = np.array([stay.weight for stay in stays])
    pull = np.sqrt(np.maximum(held * changes, 0.0) * weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = held / (pull / pull.sum() * budget / 60)
    return Cadence("best_cadence", [float(gap) if math.isfinite(gap) and gap > 0 else _OVER for gap in gaps])


def ladder(paths: Paths, budget: float) -> Cadence:
    return Ladder()


BASELINES: Mapping[str, Baseline] = {
    "round_robin": round_robin,
    "cadence": by_phase,
    "best_cadence": best_cadence,
    "ladder": ladder,
}
