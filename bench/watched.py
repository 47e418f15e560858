"""A schedule whose bounds are watched: what it promises, and when it says that it can't keep it."""

from collections.abc import Sequence

from ordertrail.quota.ours import Ours


class Watched:
    """Passes everything on; times are seconds."""

    def __init__(self, ours: Ours) -> None:
        self.name = ours.name
        self.promised = 0.0
        self.most_effective = 0.0
        self._ours = ours
        self._stretched: list[float] = []
        self.add, self.arrive, self.remove = ours.add, ours.arrive, ours.remove
        self.take, self.unchanged, self.failed = ours.take, ours.unchanged, ours.failed
        self.next_due = ours.next_due

    def changed(self, order: int, codes: Sequence[int], now: float, entered: float) -> None:
        self._ours.changed(order, codes, now, entered)

    def tend(self, now: float) -> None:
        self._ours.tend(now)
        bounds = self._ours.schedule.bounds
        self.promised = max(bounds.promised, bounds.watching_promised)
        self.most_effective = max(self.most_effective, bounds.longest)
        if not bounds.feasible:
            self._stretched.append(now)

    def first_stretched_after(self, moment: float) -> float | None:
        """When it first said that it could not keep its promise."""
        return next((at for at in self._stretched if at >= moment), None)
