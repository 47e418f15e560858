"""The price of a request: what a look must be worth so that all looks wanted just fill the budget.

In calm times an integral controller moves it slowly, over at least two rounds of the fleet: a gap planned now
acts a round later, and a quicker loop swings. After an outage, a burst or another budget it is solved for.
"""

import math
from collections.abc import Callable

JUMP = 0.3
"""How far the logarithm of looks wanted over looks allowed may be from 0 before the price is solved for."""

CHEAPEST, DEAREST = 1e-6, 1e14
_ROUNDS = 2.0
_SHORTEST = 600.0
_HORIZON = 900.0
_LOOKS = 100
"""So few looks ahead tell nothing of how many are wanted."""

_HALVINGS = 18


class Steering:
    """`unit`: 1, or less where time is scaled."""

    def __init__(self, unit: float = 1.0) -> None:
        self.price = unit * 1000.0
        self.solved_at = -math.inf
        self._unit = unit

    def horizon(self, orders: int, rate: float) -> float:
        """For how long ahead a solved price balances looks and budget, in seconds."""
        return max(_HORIZON * self._unit, orders / (4 * rate), _LOOKS / rate)

    def adjust(self, passed: float, wanted: float, allowed: float, orders: int, lag: float) -> None:
        """Looks a second wanted and allowed; `lag`: seconds the most overdue order is late."""
        slowness = max(_SHORTEST * self._unit, _ROUNDS * orders / allowed)
        error = math.log(max(wanted, 1e-9) / allowed) + 0.4 * min(1.0, lag / (300.0 * self._unit))
        self._set(self.price * math.exp(2 * min(1.0, passed / slowness) * max(-2.0, min(2.0, error))))

    def solve(self, wanted: Callable[[float], float], looks: float) -> None:
        """The price at which the looks wanted, which fall with it, are as many as there are."""
        low, high = math.log(CHEAPEST), math.log(DEAREST)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if wanted(math.exp(middle)) > looks:
                low = middle
            else:
                high = middle
        self._set(math.exp(high))

    def _set(self, price: float) -> None:
        self.price = min(max(price, CHEAPEST), DEAREST)
