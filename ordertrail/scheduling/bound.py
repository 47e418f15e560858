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
    weaken the promise at once; the first orders that there are count as usual. `unit`: 1, or less where
    time is scaled."""

    def __init__(self, promised: float | None, unit: float = 1.0) -> None:
        self._promised = promised
        self._unit = unit
        self._usual: tuple[float, float] | None = None
        self._at = -math.inf

    def of_none(self, rate: float) -> Bounds:
        """As long as there is no order."""
        return self._bounds(0, 0, rate, (0.0, 0.0))

    def now(self, open_: int, watching: int, rate: float, now: float, *, anew: bool = False) -> Bounds:
        """`anew`: as many orders as there are now are usual, whatever was before."""
        if anew:
            self._usual = None
        return self._bounds(open_, watching, rate, self._followed(open_, watching, now))

    def _bounds(self, open_: int, watching: int, rate: float, usual: tuple[float, float]) -> Bounds:
        rate = min(max(rate, 1e-9), 1e9)
        promised, watching_promised = self._promises(rate, *usual)
        claim = (open_ / promised + watching / watching_promised) / rate
        stretch = max(1.0, claim / MOST)
        return Bounds(promised, promised * stretch, watching_promised, watching_promised * stretch, claim)

    def _promises(self, rate: float, usual_open: float, usual_watching: float) -> tuple[float, float]:
        if self._promised is not None:
            return self._promised, self._promised
        shared = CLAIM * rate
        seconds = (usual_open + min(usual_open, usual_watching)) / shared
        shortest = _SHORTEST * self._unit
        promised = max(shortest, seconds)
        left = max(shared - usual_open / promised, shared / 2)
        return promised, max(promised, usual_watching / left)

    def _followed(self, open_: int, watching: int, now: float) -> tuple[float, float]:
        passed, self._at = now - self._at, now
        if self._usual is None:
            usual = float(open_), float(watching)
            self._usual = usual if open_ or watching else None
            return usual
        part = -math.expm1(-passed / (_SETTLING * self._unit))
        usual_open, usual_watching = self._usual
        self._usual = (
            usual_open + part * (open_ - usual_open),
            usual_watching + part * (watching - usual_watching),
        )
        return self._usual
