"""The least lateness that a budget can buy a fleet, whatever the policy.

If the budget has to hold on average only, and every look tells how long ago the state was entered, orders
compete by a price alone (Whittle's relaxation, J. Appl. Prob. 25A, 1988):

    bound = max over prices μ of (Λ · V(μ) − μ · B) / (Λ · weighted changes of an order)

with V the least cost of one order, all its looks at μ each, the first one on arrival included. No policy that
looks at every order on arrival does better in steady state. What remains is the width of the grid, under 2 %.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ordertrail.quota.fleets import Fleet, Kind
from ordertrail.quota.inspection import BEHIND, Chances, Checked, chances, check
from ordertrail.quota.laws import Numbers

_GOLDEN = (5**0.5 - 1) / 2
_LEAST_PRICE, _MOST_PRICE = 1e-4, 1e6
_NEAR = 0.05
_ROUGH = 0.3

Class = tuple[str, str]


@dataclass(frozen=True)
class Bound:
    """Seconds of mean weighted lateness, and the price of a look, in weighted seconds, at which it is met."""

    lateness: float
    price: float


@dataclass(frozen=True)
class Relaxed:
    """A fleet whose orders compete by a price only."""

    fleet: Fleet

    @cached_property
    def chances(self) -> dict[Class, Chances]:
        classes = [(kind, state) for kind, state in self.fleet.classes if not kind.stay(state).over]
        return {(kind.name, state): chances(kind.stay(state)) for kind, state in classes}

    @cached_property
    def changes(self) -> float:
        """Weighted changes of an order on average."""
        return sum(share * self._changes(kind) for kind, share in self._shares())

    def solve(self, price: float, fineness: float = 1.0) -> tuple[float, dict[Class, Checked]]:
        """The least cost of an order, its first look included, and the best looks in each class."""
        solved: dict[Class, Checked] = {}
        total = 0.0
        for kind, share in self._shares():
            costs: dict[str, Numbers] = {}
            for state in reversed(kind.order):
                found = self.chances.get((kind.name, state))
                if found is None:
                    costs[state] = np.full(len(BEHIND), price)
                    continue
                checked = check(found, [costs[to] for to, _ in found.gone], price, fineness)
                solved[kind.name, state], costs[state] = checked, checked.cost
            total += share * float(costs[kind.first][0])
        return total, solved

    def bound(self, budget: float) -> Bound:
        """`budget`: requests a minute. The maximum of a concave function of the price, by golden section on a
        rough grid; at any price the fine one is a bound."""
        arrivals, rate = self.fleet.per_minute / 60, budget / 60

        def worth(log_price: float, fineness: float = _ROUGH) -> float:
            price = math.exp(log_price)
            cost, _ = self.solve(price, fineness)
            return (arrivals * cost - price * rate) / (arrivals * self.changes)

        low, high = math.log(_LEAST_PRICE), math.log(_MOST_PRICE)
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        at_left, at_right = worth(left), worth(right)
        while high - low > _NEAR:
            if at_left > at_right:
                high, right, at_right = right, left, at_left
                left = high - _GOLDEN * (high - low)
                at_left = worth(left)
            else:
                low, left, at_left = left, right, at_right
                right = low + _GOLDEN * (high - low)
                at_right = worth(right)
        best = left if at_left > at_right else right
        return Bound(worth(best, 1.0), math.exp(best))

    def _shares(self) -> list[tuple[Kind, float]]:
        shares = sum(kind.share for kind in self.fleet.kinds)
        return [(kind, kind.share / shares) for kind in self.fleet.kinds]

    def _changes(self, kind: Kind) -> float:
        reached = {kind.first: 1.0}
        total = 0.0
        for state in kind.order:
            found = self.chances.get((kind.name, state))
            for to, below in found.gone if found else ():
                share = reached.get(state, 0.0) * float(below[-1])
                reached[to] = reached.get(to, 0.0) + share
                total += kind.stay(state).weight * share
        return total
