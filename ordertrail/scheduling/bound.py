"""The longest time between two looks at any order: what is promised, and what the budget can keep.

Promised by default is what takes a tenth of the budget. When the orders are so many that keeping a promise
would take more than half of it, all bounds stretch by the same factor, and that is to be said.
Orders watched after a final phase have a bound of their own and at most as large a share.
"""

import math
from typing import NamedTuple

CLAIM = 0.1
MOST = 0.5
_SHORTEST = 3600.0
_SETTLING = 6 * 3600.0


class Bounds(NamedTuple):
    """Seconds, of open orders and of watched ones. `claim`: share of the budget that the promise takes."""

    promised: float
    effective: float
    watching_promised: float
    watching_effective: float
    claim: float

    @property
    def feasible(self) -> bool:
        return self.claim <= MOST

    @property
    def longest(self) -> float:
        """What no order at all exceeds."""
        return max(self.effective, self.watching_effective)


class Bound:
    """`promised` None: by default, following the number of orders over hours, so that a burst does not
    weaken the promise at once. `unit`: 1, or less where time is scaled."""

    def __init__(self, promised: float | None, unit: float = 1.0) -> None:
        self._promised = promised
        self._unit = unit
        self._usual: tuple[float, float] | None = None
        self._at = -math.inf

    def now(self, open_: int, watching: int, rate: float, now: float) -> Bounds:
        rate = min(max(rate, 1e-9), 1e9)
        promised, watching_promised = self._promises(open_, watching, rate, now)
        claim = (open_ / promised + watching / watching_promised) / rate
        stretch = max(1.0, claim / MOST)
        return Bounds(promised, promised * stretch, watching_promised, watching_promised * stretch, claim)

    def _promises(self, open_: int, watching: int, rate: float, now: float) -> tuple[float, float]:
        if self._promised is not None:
            return self._promised, self._promised
        usual_open, usual_watching = self._followed(open_, watching, now)
        shared = CLAIM * rate
        seconds = (usual_open + min(usual_open, usual_watching)) / shared
        shortest = _SHORTEST * self._unit
        promised = max(shortest, seconds)
        left = max(shared - usual_open / promised, shared / 2)
        return promised, max(promised, usual_watching / left)

    def _followed(self, open_: int, watching: int, now: float) -> tuple[float, float]:
        passed, self._at = now - self._at, now
        if self._usual is None:
            self._usual = (float(open_), float(watching))
        else:
            part = -math.expm1(-passed / (_SETTLING * self._unit))
            usual_open, usual_watching = self._usual
            self._usual = (
                usual_open + part * (open_ - usual_open),
                usual_watching + part * (watching - usual_watching),
            )
        return self._usual
