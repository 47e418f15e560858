"""Virtual time: a budget of evenly spaced looks, spent by a policy on orders whose true changes it can't see.

The world scores; what a policy believes about itself plays no part. A look takes no time here, so its end is
its moment.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ordertrail.quota.laws import Numbers
from ordertrail.quota.paths import Paths

_OFTEN = 30.0
_BLUR = 30.0


class Policy(Protocol):
    """What the world asks and tells. Orders are numbers, `code` a class of the fleet, times seconds.

    `entered` is when it truly entered its class: for deadlines, which providers tell, and for nothing else.
    `take` gives the order to look at now, or None; the look is answered at once by `unchanged` or `changed`,
    or by `failed` while the provider is away.
    """

    name: str

    def add(self, order: int, code: int, after: float, by: float, now: float, entered: float) -> None:
        """A further order, that entered its class in (after, by]; it has been looked at `now`."""
        ...

    def arrive(self, order: int, code: int, now: float, entered: float) -> None:
        """A new order, never looked at."""
        ...

    def remove(self, order: int) -> None: ...
    def take(self, now: float) -> int | None: ...
    def unchanged(self, order: int, now: float) -> None: ...
    def changed(self, order: int, codes: Sequence[int], now: float, entered: float) -> None:
        """The look shows the last of these classes, entered in this order since the look before."""
        ...

    def failed(self, order: int, now: float) -> None: ...
    def tend(self, now: float) -> None:
        """Called twice a minute, for what is not to be done at every look."""
        ...

    def next_due(self) -> float: ...


@dataclass(frozen=True)
class Trial:
    """How paths are played: requests a minute, seconds left out of the score at the beginning, times in which
    the provider does not answer."""

    budget: float
    warm: float = 0.0
    away: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Played:
    """`seen`: when each step of the paths was first shown by a look, or the end. `longest_gap`: between two
    looks at an order after the warm-up, while the provider answered."""

    paths: Paths
    trial: Trial
    policy: str
    seen: Numbers
    looks: int
    slots: int
    longest_gap: float
    tracked: float

    @property
    def utilisation(self) -> float:
        return self.looks / max(1, self.slots)


def play(paths: Paths, policy: Policy, trial: Trial) -> Played:
    """All looks of a trial. Deterministic as long as the policy is."""
    return _World(paths, policy, trial).run()


class _World:
    def __init__(self, paths: Paths, policy: Policy, trial: Trial) -> None:
        self._paths = paths
        self._policy = policy
        self._trial = trial
        self._step = array("q", paths.first[:-1])
        self._following = array(
            "d", [self._time_of(order, paths.first[order]) for order in range(len(paths))]
        )
        self._last = array("d", bytes(8 * len(paths)))
        self._seen = array("d", [paths.until]) * len(paths.at)
        self._over = [stay.over for stay in paths.fleet.stays()]
        self._stops = self._to_stop()
        self._stopping: set[int] = set()
        self._gone = bytearray(len(paths))
        self._tracked = 0
        self._arrived = 0
        self._next = 0.0

    def run(self) -> Played:
        """The loop is written out: it runs ten million times."""
        paths, policy, trial = self._paths, self._policy, self._trial
        until, warm, gap = paths.until, trial.warm, 60.0 / trial.budget
        take, unchanged, following, last = policy.take, policy.unchanged, self._following, self._last
        answering = _Answering(trial.away)
        looks = slots = tended = 0
        now = longest = tracked_sum = 0.0
        chores = away_from = away_to = -1.0
        while now < until:
            if now >= self._next:
                self._come_and_go(now)
            if now >= chores:
                chores = now + _OFTEN
                policy.tend(now)
                tracked_sum += self._tracked
                tended += 1
                away_from, away_to = answering.next(now)
            order = take(now)
            slots += now >= warm
            if order is None:
                now += gap
                continue
            looks += now >= warm
            if away_from <= now < away_to:
                policy.failed(order, now)
            else:
                since = now - last[order]
                if since > longest and now - since >= warm and not (last[order] < away_to <= now):
                    longest = since
                last[order] = now
                if following[order] <= now:
                    self._show(order, now)
                else:
                    unchanged(order, now)
            now += gap
        seen, tracked = np.array(self._seen), tracked_sum / tended
        return Played(paths, trial, policy.name, seen, looks, slots, longest, tracked)

    def _come_and_go(self, now: float) -> None:
        paths, policy = self._paths, self._policy
        while self._arrived < len(paths) and paths.arrives[self._arrived] <= now:
            order = self._arrived
            self._arrived += 1
            self._tracked += 1
            self._last[order] = now
            known = paths.known[order]
            if paths.arrives[order] > 0:
                policy.arrive(order, paths.began[order], now, known)
            else:
                policy.add(order, paths.began[order], known - _BLUR, min(known + _BLUR, 0.0), now, known)
        while self._stops and self._stops[-1][0] <= now:
            self._stop(self._stops.pop()[1])
        arrives = paths.arrives[self._arrived] if self._arrived < len(paths) else np.inf
        self._next = min(arrives, self._stops[-1][0] if self._stops else np.inf)

    def _show(self, order: int, now: float) -> None:
        """A look that shows further steps."""
        paths = self._paths
        step, end = self._step[order], paths.first[order + 1]
        begin = step
        while step < end and paths.at[step] <= now:
            self._seen[step] = now
            step += 1
        self._step[order] = step
        self._following[order] = self._time_of(order, step)
        codes = paths.to[begin:step]
        self._policy.changed(order, codes, now, paths.at[step - 1])
        if self._over[codes[-1]] or (order in self._stopping and self._following[order] > now):
            self._stopping.discard(order)
            self._remove(order)

    def _stop(self, order: int) -> None:
        """Watching ends, but for an order that has changed unseen: that look is still made."""
        if self._step[order] < self._paths.first[order + 1]:
            self._stopping.add(order)
        elif not self._gone[order]:
            self._remove(order)

    def _remove(self, order: int) -> None:
        self._gone[order] = 1
        self._tracked -= 1
        self._policy.remove(order)

    def _time_of(self, order: int, step: int) -> float:
        return self._paths.at[step] if step < self._paths.first[order + 1] else np.inf

    def _to_stop(self) -> list[tuple[float, int]]:
        stops = [(at, order) for order, at in enumerate(self._paths.stops) if at < self._paths.until]
        return sorted(stops, reverse=True)


class _Answering:
    def __init__(self, away: Sequence[tuple[float, float]]) -> None:
        self._away = sorted(away)

    def next(self, now: float) -> tuple[float, float]:
        """The outage that is, or that will be next."""
        for begin, end in self._away:
            if now < end:
                return begin, end
        return self._away[-1] if self._away else (np.inf, np.inf)
