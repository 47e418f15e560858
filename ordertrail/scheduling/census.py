"""All queued orders at once, as arrays: what they would want at another price, and when they are due at
it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ordertrail.scheduling.ages import Ages
from ordertrail.scheduling.bound import Bounds
from ordertrail.scheduling.kinds import PRIORITIES, Kind, Plans, dues, weight_of
from ordertrail.scheduling.records import QUEUED, Records

SAMPLE = 40_000
"""Orders that are enough to solve for the price by."""


class Group(NamedTuple):
    """Orders of one class and priority; `rows`: where they are in the census."""

    kind: Kind
    priority: int
    rows: np.ndarray


class Census:
    """The queued orders. `share`: which part of them was counted, when a sample was enough. `last`: of one
    that was not `looked` at ever, when it came. `unproven`: its looks prove nothing."""

    def __init__(self, records: Records, kinds: Sequence[Kind], most: int | None = None) -> None:
        view = records.view()
        numbers = np.flatnonzero(view["status"] == QUEUED)
        step = 1 if most is None else max(1, len(numbers) // most)
        self.numbers = numbers[::step]
        self.share = len(self.numbers) / max(1, len(numbers))
        rows = view[self.numbers]
        self.entered, self.deadline = rows["entered"], rows["deadline"]
        self.looked = np.isfinite(rows["last"])
        self.last = np.where(self.looked, rows["last"], rows["entered"])
        self.wanted_by = rows["wanted_by"]
        self.rate = rows["rate"].astype(np.float64)
        self.failures = rows["failures"]
        self.unproven = rows["unproven"] > 0
        self.due, self.gap = rows["due"], rows["gap"].astype(np.float64)
        keys = rows["kind"].astype(np.int64) * PRIORITIES + rows["priority"]
        self.groups = _groups(keys, kinds)

    def __len__(self) -> int:
        return len(self.numbers)

    def bounds(self, bounds: Bounds, margin: float) -> np.ndarray:
        found = np.empty(len(self))
        for group in self.groups:
            bound = bounds.watching_effective if group.kind.watching else bounds.effective
            found[group.rows] = bound - margin
        return found

    def dues(
        self, plans: Plans, price: float, after: np.ndarray, bounds: np.ndarray, ages: Ages
    ) -> np.ndarray:
        """When each is due at a price, having been looked at `after`."""
        found, least = np.empty(len(self)), np.empty(len(self))
        for kind, priority, rows in self.groups:
            least[rows] = plans.least_of(kind)
            worth = price / weight_of(priority)
            if kind.recurring:
                gaps = np.sqrt(2 * worth / (kind.weight * np.maximum(self.rate[rows], 1e-12)))
                found[rows] = after[rows] + gaps
            else:
                plan = plans.made(kind, worth)
                found[rows] = dues(plan, ages, self.entered[rows], self.deadline[rows], after[rows])
        return np.clip(found, after + least, after + np.maximum(bounds, least))

    def wanted(
        self, plans: Plans, price: float, now: float, horizon: float, bounds: np.ndarray, ages: Ages
    ) -> float:
        """Looks that would be due within the horizon at a price. An order that has left its class by its next
        look makes room for others: it goes on counting at the gap it had. One whose looks prove nothing is
        tried after its pauses, whatever the price, and they double."""
        due = np.where(self.unproven, self.due, self.dues(plans, price, self.last, bounds, ages))
        first = np.maximum(due, now)
        gaps = np.where(self.unproven, self.gap, self.dues(plans, price, first, bounds, ages) - first)
        stays = np.where(self.unproven, 1.0, self.stays(first))
        left = np.maximum(now + horizon - first, 0.0)
        before = np.maximum(due - self.last, plans.least)
        planned = stays * np.floor(left / gaps) + (1 - stays) * np.floor(left / before)
        looks = np.where(self.unproven, np.floor(np.log2(1 + left / gaps)), planned)
        return float(np.where(first < now + horizon, 1 + looks, 0.0).sum()) / max(self.share, 1e-9)

    def stays(self, until: np.ndarray) -> np.ndarray:
        """How likely each order is still in its class then, if it was when last looked at."""
        found = np.ones(len(self))
        for kind, _, rows in self.groups:
            if not kind.recurring:
                found[rows] = kind.stays(
                    self.entered[rows], self.deadline[rows], self.last[rows], until[rows]
                )
        return found


def _groups(keys: np.ndarray, kinds: Sequence[Kind]) -> list[Group]:
    if not len(keys):
        return []
    order = np.argsort(keys, kind="stable")
    found, starts = np.unique(keys[order], return_index=True)
    ends = [*starts[1:].tolist(), len(keys)]
    return [
        Group(kinds[key // PRIORITIES], key % PRIORITIES, order[start:end])
        for key, start, end in zip(found.tolist(), starts.tolist(), ends, strict=True)
    ]
