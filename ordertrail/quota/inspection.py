"""The best inspections of a state whose dwell law is known.

With a price for each look, one order in one state is the optimum-checking problem of Barlow, Hunter &
Proschan (J. SIAM 11, 1963); what follows the state is part of the cost. Where the hazard hardly changes, gaps
are sqrt(2 price / (weight · hazard)) (Keller, Management Science 21, 1974): the grid of ages is so fine that
several of its cells lie between two looks. Nothing here is shared with the policy that is judged by it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ordertrail.quota.fleets import Stay
from ordertrail.quota.laws import Numbers

FAR = 40 * 86400.0
BEHIND = np.concatenate(([0.0], np.geomspace(0.02, FAR, 400)))
"""How long ago a state may have been entered unseen: a grid that all states share."""
NO_EDGES = np.zeros(0)
_CELLS = 8.0
_EVERYWHERE = 120
_MOST_BETWEEN = 100
_MOST_CELLS = 4000
_ALL = 1 - 1e-7
_SHIFTS = 20


@dataclass(frozen=True)
class Chances:
    """The chance of leaving for each target by each age; and of still being there."""

    ages: Numbers
    gone: tuple[tuple[str, Numbers], ...]
    weight: float
    edges: Numbers

    @property
    def still(self) -> Numbers:
        return np.maximum(1 - sum((below for _, below in self.gone), np.zeros_like(self.ages)), 0.0)

    def at(self, ages: Numbers) -> "Chances":
        gone = tuple((to, np.interp(ages, self.ages, below)) for to, below in self.gone)
        return Chances(ages, gone, self.weight, self.edges)


@dataclass(frozen=True)
class Checked:
    """`gap` by age at a look: the best time until the next one. `cost` on BEHIND: of having entered the state
    that long ago unseen, all later looks and lateness included."""

    ages: Numbers
    gap: Numbers
    cost: Numbers


def chances(stay: Stay) -> Chances:
    """A stay on a fine grid."""
    last = _last(stay)
    ages = np.unique(np.concatenate((_spread(last), _edges(stay), np.array([0.0, last]))))
    gone = [(exit.to, exit.share * exit.dwell.cdf(_within(stay, ages))) for exit in stay.exits]
    if stay.deadline is not None:
        left = sum((below for _, below in gone), np.zeros_like(ages))
        late = (1 - left[-1]) * np.clip((ages - stay.deadline) / stay.grace, 0.0, 1.0)
        gone.append((stay.late, late))
    return Chances(ages, tuple(gone), stay.weight, _edges(stay))


def check(known: Chances, after: Sequence[Numbers], price: float, fineness: float = 1.0) -> Checked:
    """`after`: for each target, what it costs on BEHIND to have entered it so long ago unseen.
    `fineness`: of the grid; a third is a rough answer in a tenth of the time.

    Backwards over the ages: W[j] = min over k > j of (cost of changes between j and k, all seen at k
    + chance of none by k · price + W[k]), each weighted with its chance as seen from age 0.
    """
    here = known.at(_grid(known, price, fineness))
    ages, still = here.ages, here.still
    masses = [np.diff(below) for _, below in here.gone]
    reach = min(round((_EVERYWHERE + _MOST_BETWEEN) * fineness), len(ages) - 1)
    total = _between(ages, masses, after, here.weight, reach)
    looks = still * price
    looks[-1] = 0.0
    ahead, gap = np.zeros(len(ages)), np.full(len(ages), np.inf)
    for j in range(len(ages) - 2, -1, -1):
        most = min(reach, len(ages) - 1 - j)
        options = total[1 : most + 1, j] + looks[j + 1 : j + most + 1] + ahead[j + 1 : j + most + 1]
        best = int(options.argmin())
        ahead[j], gap[j] = options[best], ages[j + 1 + best] - ages[j]
    seen = _unseen_cost(here, masses, after)
    return Checked(ages, gap, seen + np.interp(BEHIND, ages, looks + ahead, right=0.0))


def _between(
    ages: Numbers, masses: Sequence[Numbers], after: Sequence[Numbers], weight: float, reach: int
) -> Numbers:
    """total[d, j]: what changes between ages j and j + d cost that are seen at j + d."""
    cells = len(ages) - 1
    middles = (ages[1:] + ages[:-1]) / 2
    total = np.zeros((reach + 1, cells + 1))
    for d in range(1, reach + 1):
        first = cells - d + 1
        unseen = ages[d:] - middles[:first]
        cost = np.zeros(first)
        for mass, known in zip(masses, after, strict=True):
            cost += mass[:first] * (weight * unseen + np.interp(unseen, BEHIND, known))
        total[d, :first] = cost + total[d - 1, 1 : first + 1]
    return total


def _unseen_cost(here: Chances, masses: Sequence[Numbers], after: Sequence[Numbers]) -> Numbers:
    """On BEHIND: lateness so far, and what is still to come, of those that have left the state since."""
    low, high = here.ages[:-1], here.ages[1:]
    found = np.zeros(len(BEHIND))
    for place, behind in enumerate(BEHIND):
        cells = int(np.searchsorted(low, behind))
        width = np.minimum(high[:cells], behind) - low[:cells]
        part = width / (high[:cells] - low[:cells])
        unseen = behind - low[:cells] - width / 2
        for mass, known in zip(masses, after, strict=True):
            late = here.weight * unseen + np.interp(unseen, BEHIND, known)
            found[place] += mass[:cells] * part @ late
    return found


def _grid(known: Chances, price: float, fineness: float) -> Numbers:
    """Ages with several cells between two looks, some everywhere, and all edges."""
    ages, still = known.ages, known.still
    widths = np.diff(ages)
    left = np.maximum(-np.diff(still), 0.0)
    hazard = left / widths / np.maximum((still[1:] + still[:-1]) / 2, 1e-9)
    dense = _CELLS * np.sqrt(known.weight * hazard / (2 * price)) * widths
    dense = dense * min(1.0, _MOST_CELLS / max(dense.sum(), 1.0))
    dense += _EVERYWHERE * np.diff(np.log(ages + 0.1)) / np.log(ages[-1] / 0.1 + 1)
    amount = np.concatenate(([0.0], np.cumsum(dense * fineness)))
    cells = np.interp(np.linspace(0, amount[-1], int(amount[-1]) + 2), amount, ages)
    return np.unique(np.concatenate((cells, known.edges)))


def smeared(ages: Numbers, below: Callable[[Numbers], Numbers], width: float) -> Numbers:
    """A law of ages that are known to so many seconds only, from edge to edge."""
    if not width:
        return below(ages)
    shifts = (np.arange(_SHIFTS) + 0.5) / _SHIFTS * width - width / 2
    mean = sum((below(ages - shift) for shift in shifts), np.zeros_like(ages)) / _SHIFTS
    return np.where(ages > 0, mean, 0.0)


def _spread(last: float) -> Numbers:
    return np.concatenate((np.geomspace(0.02, last, 2500), np.linspace(0, last, 2500)))


def _edges(stay: Stay) -> Numbers:
    if stay.deadline is None:
        return NO_EDGES
    before = stay.deadline - np.array([300.0, 100.0, 30.0, 10.0, 3.0, 1.0])
    return np.concatenate((before[before > 0], stay.deadline + np.linspace(0, stay.grace, 11)))


def _within(stay: Stay, ages: Numbers) -> Numbers:
    return ages if stay.deadline is None else np.minimum(ages, stay.deadline)


def _last(stay: Stay) -> float:
    """An age that next to nobody reaches, or at which watching ends."""
    if stay.deadline is not None:
        return min(stay.deadline + stay.grace, stay.watch_for)
    age = 1.0
    shares = sum(exit.share for exit in stay.exits)
    while age < FAR and sum(e.share * e.dwell.cdf(np.array([age]))[0] for e in stay.exits) < shares * _ALL:
        age *= 1.2
    return min(age, stay.watch_for)
