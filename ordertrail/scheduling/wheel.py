"""A timing wheel (Varghese & Lauck 1987; Brown's calendar queue, 1988): entries by the slot of their due
time.

An entry is a number of four bytes. Entries are never removed before their slot comes up: who takes one asks
whether it still counts.
"""

import math
from array import array
from heapq import heapify, heappop, heappush

import numpy as np

KIND = "I"


class Wheel:
    """`grain`: seconds a slot is wide; an entry comes up at the end of the slot its due time is in."""

    def __init__(self, grain: float) -> None:
        self.grain = grain
        self.per_second = 1.0 / grain
        self._slots: dict[int, array[int]] = {}
        self._coming: list[int] = []

    def __len__(self) -> int:
        return sum(map(len, self._slots.values()))

    def put(self, entry: int, due: float) -> None:
        slot = math.ceil(due * self.per_second)
        entries = self._slots.get(slot)
        if entries is None:
            self._slots[slot] = array(KIND, (entry,))
            heappush(self._coming, slot)
        else:
            entries.append(entry)

    def next_due(self) -> float:
        """When the next slot comes up; infinite if there is none."""
        self._tidy()
        return self._coming[0] * self.grain if self._coming else math.inf

    def pop(self, now: float) -> tuple[int, int] | None:
        """An entry that has come up, with its slot, no more in the wheel."""
        coming = self._coming
        while coming and coming[0] <= now * self.per_second:
            slot = coming[0]
            entries = self._slots[slot]
            if entries:
                return entries.pop(), slot
            del self._slots[heappop(coming)]
        return None

    def fill(self, entries: np.ndarray, dues: np.ndarray) -> None:
        """These entries instead of all there were."""
        slots = np.ceil(dues * self.per_second).astype(np.int64)
        order = np.argsort(slots, kind="stable")
        slots, entries = slots[order], entries[order].astype(np.uint32)
        starts = np.flatnonzero(np.diff(slots, prepend=slots[:1] - 1))
        ends = [*starts[1:].tolist(), len(slots)]
        self._slots = {
            slot: array(KIND, entries[start:end].tobytes())
            for slot, start, end in zip(slots[starts].tolist(), starts.tolist(), ends, strict=True)
        }
        self._coming = list(self._slots)
        heapify(self._coming)

    def _tidy(self) -> None:
        while self._coming and not self._slots[self._coming[0]]:
            del self._slots[heappop(self._coming)]
