"""When to look next at an order of a given class and age, for a given price of a request.

One order in one class is the optimum inspection problem of Barlow, Hunter & Proschan (1963): a look costs μ,
a change found late costs its lateness. Here with the classes that follow, since one look shows several
changes at once. u: age at this look, τ: the gap, g_u: density of leaving after a further r, S_u: probability
of staying:

    V_c(u) = min_τ { ∫₀^τ Σ_n g_u,n(r) · [w_c·(τ−r) + A_n(τ−r)] dr  +  S_u(τ) · (μ + V_c(u+τ)) }

A_n(x) is the same sum for class n, at age 0, for the gap x: what a look finds of an order that went on to n
x seconds ago, n's own successors included; A of a final class is μ. Keller's (1974) limit τ = √(2μ/(w·h)) is
what comes out where the hazard h hardly changes, and is the Whittle index of a memoryless order.

Solved backwards in age for several prices at once. No τ above the class's bound is considered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

FINAL = -1
_PASSES = 3
_EXACT = 1e-3
_SMALL = 250_000
_AFTER = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0)


@dataclass(frozen=True)
class Stage:
    """One class. `hazards`: per bin of `edges`, by target: the index of a stage, or FINAL. `deadline`: an age
    at which to consider looking just after; `unit`: how just. Ages end at the last edge."""

    edges: np.ndarray
    hazards: Mapping[int, np.ndarray]
    weight: float
    bound: float
    deadline: float | None = None
    unit: float = 1.0


class Solution(NamedTuple):
    """`gaps`: seconds to the next look, by price and edge of age; `arrival`: A, by price and gap."""

    gaps: np.ndarray
    arrival: np.ndarray


def solve(stages: Sequence[Stage], prices: np.ndarray, gaps: np.ndarray) -> list[Solution]:
    """One solution for each stage. `gaps`: those to choose from, ascending."""
    cells = _Cells(gaps)
    order, cyclic = _successors_first(stages)
    problems = [_Problem(stage, prices, cells) for stage in stages]
    found: dict[int, Solution] = {}
    used: dict[int, list[Solution | None]] = {}
    for _ in range(_PASSES if cyclic else 1):
        kernels = _Kernels(cells, found)
        for index in order:
            given = [found.get(target) for target in stages[index].hazards]
            if index in used and all(map(_alike, used[index], given)):
                continue
            used[index] = given
            found[index] = problems[index].solved(kernels)
    return [found[index] for index in range(len(stages))]


def _alike(one: Solution | None, other: Solution | None) -> bool:
    if one is None or other is None or one is other:
        return one is other
    return bool(np.abs(one.arrival / other.arrival - 1).max() < _EXACT)


class _Cells:
    """Gaps to choose from are also the cells within which a change may fall. `lag`: from the middle of each
    cell to the look at each gap, as place among the gaps."""

    def __init__(self, gaps: np.ndarray) -> None:
        self.gaps = gaps
        self.nodes = np.concatenate([[0.0], gaps])
        middles = (self.nodes[1:] + self.nodes[:-1]) / 2
        lags = gaps[:, None] - middles[None, :]
        self.seen = lags > 0
        self.index, self.part = _between(self.nodes, np.maximum(lags, 0.0))

    def kernel(self, arrival: np.ndarray) -> np.ndarray:
        """A at every lag: by price, cell, gap."""
        values = arrival[:, self.index] * (1 - self.part) + arrival[:, self.index + 1] * self.part
        return np.swapaxes(np.where(self.seen, values, 0.0), 1, 2)


class _Kernels:
    """A of the classes solved so far; what several classes lead to is laid out once."""

    def __init__(self, cells: _Cells, found: Mapping[int, Solution]) -> None:
        self._cells = cells
        self._found = found
        self._laid_out: dict[int, tuple[Solution, np.ndarray]] = {}

    def arrival(self, target: int) -> np.ndarray | None:
        """None: it is final, or not solved yet."""
        found = self._found.get(target)
        return None if found is None else found.arrival

    def kernel(self, target: int) -> np.ndarray:
        found = self._found[target]
        known = self._laid_out.get(target)
        if known is None or known[0] is not found:
            known = self._laid_out[target] = found, self._cells.kernel(found.arrival)
        return known[1]


class _Problem:
    """One class, with all that does not depend on what comes after it worked out.

    Choices are the gaps up to the class's bound, the shortest at least, and looking just after the deadline.
    """

    def __init__(self, stage: Stage, prices: np.ndarray, cells: _Cells) -> None:
        self._stage = stage
        self._prices = prices
        allowed = int(np.searchsorted(cells.gaps, stage.bound * 1.001, side="right"))
        self._plain = _Plain(stage, cells, max(1, allowed))
        self._late = None if stage.deadline is None else _AfterDeadline(stage, cells)
        parts: list[_Plain | _AfterDeadline] = [self._plain]
        if self._late is not None:
            parts.append(self._late)
        self._path = _Path(
            stage.edges,
            np.concatenate([part.gaps for part in parts], axis=-1),
            np.concatenate([part.stays for part in parts], axis=-1),
            prices,
        )

    def solved(self, kernels: _Kernels) -> Solution:
        cost = self._plain.cost(self._prices, kernels)
        if self._late is not None:
            late = self._late.cost(self._prices, kernels)
            cost = np.concatenate([cost, late], axis=-1)
        values, chosen = self._path.backwards(cost)
        return Solution(chosen, self._arrival(values, kernels))

    def _arrival(self, values: np.ndarray, kernels: _Kernels) -> np.ndarray:
        """By every gap there is, since orders come here from classes with other bounds."""
        plain, prices = self._plain, self._prices
        later = prices[:, None] + _at(values, self._stage.edges, plain.cells.gaps)
        first = plain.cost_at_birth(prices, kernels) + plain.stays_from_birth * later
        return np.concatenate([prices[:, None] + values[:, :1], first], axis=1)


class _Plain:
    """What each allowed gap costs but for what comes after, by (price,) age and gap."""

    def __init__(self, stage: Stage, cells: _Cells, allowed: int) -> None:
        self.cells = cells
        self.allowed = allowed
        self._weight = stage.weight
        self._found = _found(stage, stage.edges[:, None] + cells.nodes[None, : allowed + 1])
        self._at_birth = _found(stage, stage.edges[:1, None] + cells.nodes[None, :])
        self.stays = self._found.stays
        self.stays_from_birth = self._at_birth.stays[0]
        self.gaps = np.broadcast_to(cells.gaps[:allowed], self.stays.shape)

    def cost(self, prices: np.ndarray, kernels: _Kernels) -> np.ndarray:
        return self._cost(self._found, prices, kernels)

    def cost_at_birth(self, prices: np.ndarray, kernels: _Kernels) -> np.ndarray:
        return self._cost(self._at_birth, prices, kernels)[:, 0]

    def _cost(self, found: "_Found", prices: np.ndarray, kernels: _Kernels) -> np.ndarray:
        gaps = self.cells.gaps[: found.total.shape[-1]]
        lateness = gaps * np.cumsum(found.total, axis=-1) - np.cumsum(found.total * found.after, axis=-1)
        cost = np.broadcast_to(self._weight * lateness, (len(prices), *lateness.shape)).copy()
        for target, mass in found.mass.items():
            if kernels.arrival(target) is None:
                cost += prices[:, None, None] * np.cumsum(mass, axis=-1)
            else:
                _add_product(cost, mass, kernels.kernel(target)[:, : len(gaps), : len(gaps)])
        return cost


def _add_product(cost: np.ndarray, mass: np.ndarray, kernel: np.ndarray) -> None:
    """In portions too small for a linear algebra library to start threads for, which wait for each other."""
    rows = max(1, _SMALL // kernel.shape[-1] ** 2)
    for start in range(0, len(mass), rows):
        portion = slice(start, start + rows)
        cost[:, portion] += np.matmul(mass[portion], kernel)


class _AfterDeadline:
    """Looking just after the deadline, from every age before it; what falls after it is a cell of its own."""

    def __init__(self, stage: Stage, cells: _Cells) -> None:
        assert stage.deadline is not None  # else there is nothing to look after
        offsets = stage.unit * np.array(_AFTER)
        self._ages = len(stage.edges)
        edges = stage.edges[stage.edges < stage.deadline]
        ages = edges[:, None, None]
        before = np.minimum(ages + cells.nodes, stage.deadline)
        before = np.broadcast_to(before, (len(edges), len(offsets), len(cells.nodes)))
        ends = np.broadcast_to(stage.deadline + offsets[None, :, None], (*before.shape[:2], 1))
        points = np.concatenate([before, ends], axis=-1)
        gaps = stage.deadline + offsets[None, :] - edges[:, None]
        self._found = found = _found(stage, points)
        self._lateness = stage.weight * (found.total * np.maximum(gaps[..., None] - found.after, 0.0)).sum(-1)
        lags = np.maximum(gaps[..., None] - (points[..., 1:] + points[..., :-1]) / 2 + ages, 0.0)
        self._index, self._part = _between(cells.nodes, lags)
        self._allowed = gaps <= stage.bound * 1.001
        self.gaps = self._at_all_ages(np.where(self._allowed, gaps, np.inf), np.inf)
        self.stays = self._at_all_ages(found.stays[..., -1], 0.0)

    def cost(self, prices: np.ndarray, kernels: _Kernels) -> np.ndarray:
        """Infinite from the deadline on."""
        cost = np.broadcast_to(self._lateness, (len(prices), *self._lateness.shape)).copy()
        for target, mass in self._found.mass.items():
            arrival = kernels.arrival(target)
            if arrival is None:
                cost += prices[:, None, None] * mass.sum(axis=-1)
                continue
            rest, part = mass * (1 - self._part), mass * self._part
            for cost_of_one, of_one in zip(cost, arrival, strict=True):
                cost_of_one += np.einsum("agc,agc->ag", rest, of_one[self._index])
                cost_of_one += np.einsum("agc,agc->ag", part, of_one[self._index + 1])
        return self._at_all_ages(np.where(self._allowed, cost, np.inf), np.inf)

    def _at_all_ages(self, values: np.ndarray, beyond: float) -> np.ndarray:
        rest = (*values.shape[:-2], self._ages - values.shape[-2], values.shape[-1])
        return np.concatenate([values, np.full(rest, beyond)], axis=-2)


class _Found(NamedTuple):
    """Per cell between points: probability of leaving within it (in all, and by target), how long after the
    first point on average, and the probability of staying to its end."""

    total: np.ndarray
    mass: dict[int, np.ndarray]
    after: np.ndarray
    stays: np.ndarray


def _found(stage: Stage, points: np.ndarray) -> _Found:
    widths = np.diff(stage.edges)
    summed = {
        target: np.concatenate([[0.0], np.cumsum(hazard * widths)])
        for target, hazard in stage.hazards.items()
    }
    clipped = np.minimum(points, stage.edges[-1])
    index, part = _between(stage.edges, clipped)
    at = {t: along[index] * (1 - part) + along[index + 1] * part for t, along in summed.items()}
    whole: np.ndarray = sum(at.values(), np.zeros(points.shape))
    grown = np.diff(whole, axis=-1)
    begins = np.exp(whole[..., :1] - whole[..., :-1])
    total = begins * -np.expm1(-grown)
    share = total / np.maximum(grown, 1e-300)
    mass = {target: share * np.diff(one, axis=-1) for target, one in at.items()}
    into = np.diff(clipped, axis=-1) * _mean_place(grown)
    after = clipped[..., :-1] - clipped[..., :1] + into
    return _Found(total, mass, after, np.exp(whole[..., :1] - whole[..., 1:]))


def _mean_place(grown: np.ndarray) -> np.ndarray:
    """Where within a cell of cumulative hazard z a change falls on average: 1/z - 1/(e^z - 1)."""
    z = np.clip(grown, 1e-3, 500.0)
    return np.asarray(np.where(grown < 1e-3, 0.5 - grown / 12, 1 / z - 1 / np.expm1(z)))


class _Path:
    """Where each choice leads from each edge of age. A gap within one bin leads to a value between this
    edge's own, for which the equation is solved, and the next one's."""

    def __init__(self, edges: np.ndarray, gaps: np.ndarray, stays: np.ndarray, prices: np.ndarray) -> None:
        self._gaps = gaps
        index, part = _between(edges, edges[:, None] + gaps)
        own = index == np.arange(len(edges))[:, None]
        keeps = 1.0 - np.where(own, stays * (1 - part), 0.0)
        self._index, self._keeps = index, keeps
        self._lower = (stays * np.where(own, 0.0, 1 - part) / keeps)[..., None]
        self._upper = (stays * part / keeps)[..., None]
        self._paid = stays * prices[:, None, None]
        self._longest = gaps[-1].max(where=np.isfinite(gaps[-1]), initial=0)

    def backwards(self, cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values and best gaps by price and edge."""
        due = np.ascontiguousarray(np.moveaxis((cost + self._paid) / self._keeps, 0, -1))
        edges, _, prices = due.shape
        values = np.zeros((edges, prices))
        best = np.full((edges, prices), self._longest)
        columns = np.arange(prices)
        for at in range(edges - 2, -1, -1):
            ahead = self._index[at]
            tried = due[at] + self._lower[at] * values[ahead] + self._upper[at] * values[ahead + 1]
            chosen = tried.argmin(axis=0)
            values[at] = tried[chosen, columns]
            best[at] = self._gaps[at, chosen]
        best[-1] = best[-2]
        return values.T, best.T


def _at(values: np.ndarray, edges: np.ndarray, ages: np.ndarray) -> np.ndarray:
    index, part = _between(edges, ages)
    return np.asarray(values[:, index] * (1 - part) + values[:, index + 1] * part)


def _between(edges: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The interval each point is in and how far through it; what lies beyond is at the end."""
    reached = np.clip(np.searchsorted(edges, points, side="right") - 1, 0, len(edges) - 2)
    width = edges[reached + 1] - edges[reached]
    return reached, np.clip((points - edges[reached]) / width, 0.0, 1.0)


def _successors_first(stages: Sequence[Stage]) -> tuple[list[int], bool]:
    """Every stage after those it leads to, as far as there are no circles; whether there are any."""
    order: list[int] = []
    open_: set[int] = set()
    done: set[int] = set()
    cyclic = False
    for root in range(len(stages)):
        waiting = [(root, False)]
        while waiting:
            at, left = waiting.pop()
            if left:
                open_.discard(at)
                done.add(at)
                order.append(at)
            elif at in open_:
                cyclic = True
            elif at not in done:
                open_.add(at)
                waiting.append((at, True))
                targets = [target for target in stages[at].hazards if target != FINAL]
                cyclic = cyclic or any(target in open_ for target in targets)
                waiting += [
                    (target, False) for target in targets if target not in done and target not in open_
                ]
    return order, cyclic
