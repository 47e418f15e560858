"""How many requests a provider allows an API key, kept to for certain.

Send only if, for every window of n requests in W seconds, the requests in flight and those whose *answer
ended* less than W(1 + 2ρ) ago are fewer than n. Of the requests that the provider counts in any stretch of W,
take the one sent last: the others were sent before it, and those whose answer had ended W earlier had arrived
W earlier. So n is never passed, whatever the provider's phase, the delays or the order of arrival. ρ is by
how much the two clocks may differ in rate.

Sending is paced besides: in any x seconds at most a small burst and x·n/W requests leave. So who takes over a
share of the window, from a process before this one or from another worker, knows without being told what may
have been sent at most, and goes on at the same pace as that leaves the window.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from heapq import heappop, heappush, nsmallest
from typing import NamedTuple

from ordertrail.allowance import Allowance

SKEW = 1e-3
GRACE = 60.0
MAX_COUNT = 1_000_000
MAX_SECONDS = 31 * 86_400.0
LONG = 3600.0
"""Windows from here on can't be waited out: for those, what will be sent is written down ahead."""

UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "hour": 3600.0, "d": 86_400.0, "day": 86_400.0}
NEVER = math.inf

Slots = list[tuple[float, int]]
"""Requests by how many seconds ago their answers ended."""

_WINDOW = re.compile(r"(\d{1,12})/(\d{1,9})?(s|min|hour|h|day|d)")
_BURST = 0.1
_BURST_SECONDS = 60.0
_SLOTS = 200


class Window(NamedTuple):
    """At most `limit` requests in any `seconds`."""

    limit: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> "Window":
        """`300/min`, `2/10s`, `5000/day`; ValueError says what is wrong."""
        match = _WINDOW.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is no rate: write COUNT/TIME such as 300/min, 2/10s or 5000/day")
        count, many, unit = int(match[1]), int(match[2] or 1), match[3]
        seconds = many * UNITS[unit]
        if not 1 <= count <= MAX_COUNT:
            raise ValueError(f"{text!r} is no rate: the count must be 1 to {MAX_COUNT}")
        if not 1 <= seconds <= MAX_SECONDS:
            raise ValueError(f"{text!r} is no rate: the time must be 1 s to 31 days")
        return cls(count, seconds)


class Budget:
    """The windows of one API key. Times are seconds of a clock that never steps; they must not run backwards.

    No windows: no limit. `grace`: how long after it was given up a request may still reach the provider.
    `leave`: up to when long windows may be used, as it is written down.
    """

    def __init__(self, windows: Sequence[Window], *, grace: float = GRACE) -> None:
        self.in_flight = 0
        self.windows = tuple(windows)
        self.leave = NEVER
        self._grace = grace
        self._long = any(window.seconds >= LONG for window in windows)
        self._ended = self._denied = self._row = 0
        self._ledgers = [_Ledger(window) for window in windows]

    def ready_at(self, now: float) -> float:
        """When the next request may leave if no answer ends before: `now`, later, or NEVER."""
        if self._long and now >= self.leave:
            return NEVER
        ready = now
        for ledger in self._ledgers:
            ready = max(ready, ledger.ready_at(now, self.in_flight))
        return ready

    def sent(self, now: float) -> None:
        self.in_flight += 1
        for ledger in self._ledgers:
            ledger.pace(now)

    def unsent(self) -> None:
        """A request was held back before a byte of it had left."""
        self.in_flight -= 1

    def ended(self, now: float) -> None:
        """The answer to a request has ended, or its connection has failed."""
        self.in_flight -= 1
        self._ended += 1
        self._remember(now)

    def lost(self, now: float) -> None:
        """A request was given up without an answer: it may reach the provider yet."""
        self.in_flight -= 1
        self._remember(now + self._grace)

    def share(self, limits: Sequence[int], until: float) -> None:
        """So many requests of each window are this worker's from now on; of those that it did not have before
        another one may have sent all that it was allowed, up to `until`."""
        for ledger, limit in zip(self._ledgers, limits, strict=True):
            ledger.share(limit, until)

    def spent(self, now: float) -> list[Slots]:
        """What a successor has to know of each window; all that is on its way must have ended."""
        return [ledger.spent(now) for ledger in self._ledgers]

    def succeed(self, spent: Sequence[Slots], at: float) -> None:
        """Go on from what a predecessor had spent at that time of these very windows, in their order.
        ValueError: it had more of them, or fewer."""
        for ledger, slots in zip(self._ledgers, spent, strict=True):
            for ago, count in slots:
                ledger.remember(at - ago, count)

    def _remember(self, ended: float) -> None:
        for ledger in self._ledgers:
            ledger.remember(ended)

    def refused(self, now: float, sent: float) -> None:
        """The provider may count otherwise than we do: of its fullest window less is used for a while."""
        self._row = self._row + 1 if self._ended - self._denied <= 1 else 1
        self._denied = self._ended
        if self._ledgers:
            fullest = max(self._ledgers, key=lambda ledger: ledger.fullness(now, self.in_flight))
            fullest.refused(now, sent, self._row)

    @property
    def rate(self) -> float | None:
        """Requests a second in the long run; None: there is no limit."""
        return min((ledger.rate for ledger in self._ledgers), default=None)

    def left(self, now: float) -> list[int]:
        """How many requests each window has room for."""
        return [ledger.left(now, self.in_flight) for ledger in self._ledgers]

    @property
    def allowed(self) -> list[float]:
        """The count of each window as it is now."""
        return [ledger.allowed for ledger in self._ledgers]


class _Ledger:
    """One window's account. `ends`: when its requests' answers ended, a heap."""

    def __init__(self, window: Window) -> None:
        self.ends: list[float] = []
        self.allowance = Allowance(window.limit, window.seconds)
        self._width = window.seconds
        self._kept = window.seconds * (1 + 2 * SKEW)
        self._burst = min(_BURST, _BURST_SECONDS / window.seconds)
        self._next = -NEVER

    def ready_at(self, now: float, in_flight: int) -> float:
        self._settle(now)
        if self.allowed == 0:
            return NEVER
        paced = self._next - (max(1, int(self.allowed * self._burst)) - 1) * self._width / self.allowed
        over = in_flight + len(self.ends) - math.ceil(self.allowed) + 1
        if over <= 0:
            return paced
        if over > len(self.ends):
            return NEVER
        leaving = self.ends[0] if over == 1 else nsmallest(over, self.ends)[-1]
        return max(paced, leaving + self._kept)

    @property
    def allowed(self) -> float:
        return self.allowance.allowed

    def remember(self, ended: float, count: int = 1) -> None:
        for _ in range(count):
            heappush(self.ends, ended)

    def share(self, limit: int, until: float) -> None:
        gained = limit - self.allowance.count
        self.allowance.share(limit)
        if gained > 0 and until > -NEVER:
            self._fill(gained, until)

    def _fill(self, count: int, until: float) -> None:
        """Paced as they were, these requests lie evenly but for a burst, the last of them at `until`."""
        apart, burst = self._width / count, max(1.0, self._burst * count)
        for number in range(count):
            heappush(self.ends, until - max(0.0, number + 1 - burst) * apart)

    def spent(self, now: float) -> Slots:
        """Rounded to later ends, never to earlier ones."""
        self._settle(now)
        slot = self._width / _SLOTS
        return sorted(Counter(math.floor((now - ended) / slot) * slot for ended in self.ends).items())

    def pace(self, now: float) -> None:
        self.allowance.asked(now)
        self._next = max(self._next, now) + self._width / max(1.0, self.allowed)

    def fullness(self, now: float, in_flight: int) -> float:
        self._settle(now)
        return (in_flight + len(self.ends)) / max(1.0, self.allowed)

    @property
    def rate(self) -> float:
        return self.allowed / self._kept

    def left(self, now: float, in_flight: int) -> int:
        self._settle(now)
        return max(0, math.ceil(self.allowed) - in_flight - len(self.ends))

    def refused(self, now: float, sent: float, row: int) -> None:
        self._settle(now)
        self.allowance.refused(now, sent, len(self.ends), row)

    def _settle(self, now: float) -> None:
        ends = self.ends
        while ends and ends[0] + self._kept <= now:
            heappop(ends)
        self.allowance.settle(now)
