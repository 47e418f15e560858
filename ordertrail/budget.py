"""How many requests a provider allows an API key, kept to for certain.

Send only if, for every window of n requests in W seconds, the requests in flight and those whose *answer
ended* less than W(1 + 2ρ) ago are fewer than n. Of the requests that the provider counts in any stretch of W,
take the one sent last: the others were sent before it, and those whose answer had ended W earlier had arrived
W earlier. So n is never passed, whatever the provider's phase, the delays or the order of arrival. ρ is by
how much the two clocks may differ in rate. Sending is spread over the window besides.
"""

import math
import re
from collections.abc import Sequence
from heapq import heappop, heappush, nsmallest
from typing import NamedTuple

SKEW = 1e-3
GRACE = 60.0
MAX_COUNT = 1_000_000
MAX_SECONDS = 31 * 86_400.0
UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "hour": 3600.0, "d": 86_400.0, "day": 86_400.0}
NEVER = math.inf

_WINDOW = re.compile(r"(\d{1,12})/(\d{1,9})?(s|min|hour|h|day|d)")
_SHRINK = 0.9
_BURST = 0.1
_RECOVERY = 0.01
_CLEAN_WINDOWS = 10


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
    """

    def __init__(self, windows: Sequence[Window], *, skew: float = SKEW, grace: float = GRACE) -> None:
        self.in_flight = 0
        self._grace = grace
        self._ledgers = [_Ledger(window, skew) for window in windows]

    def ready_at(self, now: float) -> float:
        """When the next request may leave if no answer ends before: `now`, later, or NEVER."""
        ready = now
        for ledger in self._ledgers:
            ready = max(ready, ledger.ready_at(now, self.in_flight))
        return ready

    def sent(self, now: float) -> None:
        self.in_flight += 1
        for ledger in self._ledgers:
            ledger.pace(now)

    def ended(self, now: float) -> None:
        """The answer to a request has ended, or its connection has failed."""
        self.in_flight -= 1
        self._remember(now)

    def lost(self, now: float) -> None:
        """A request was given up without an answer: it may reach the provider yet."""
        self.in_flight -= 1
        self._remember(now + self._grace)

    def resume(self, until: float) -> None:
        """A process before this one may have sent all that it was allowed, up to `until`.

        Paced as it was, its requests lie evenly but for a burst of a tenth: that much of a window is waited.
        """
        for ledger in self._ledgers:
            ledger.fill(until)

    def _remember(self, ended: float) -> None:
        for ledger in self._ledgers:
            heappush(ledger.ends, ended)

    def refused(self, now: float, sent: float) -> None:
        """The provider counts otherwise than we do: its fullest window shrinks, once for all in flight."""
        if self._ledgers:
            max(self._ledgers, key=lambda ledger: ledger.fullness(now, self.in_flight)).shrink(now, sent)

    @property
    def allowed(self) -> list[float]:
        """The count of each window as it is now."""
        return [ledger.allowed for ledger in self._ledgers]


class _Ledger:
    """One window's account. `ends`: when its requests' answers ended, a heap."""

    def __init__(self, window: Window, skew: float) -> None:
        self.ends: list[float] = []
        self.allowed = float(window.limit)
        self._count = window.limit
        self._width = window.seconds
        self._kept = window.seconds * (1 + 2 * skew)
        self._changed = -NEVER
        self._next = -NEVER

    def ready_at(self, now: float, in_flight: int) -> float:
        self._settle(now)
        allowed = int(self.allowed)
        paced = self._next - (max(1, int(allowed * _BURST)) - 1) * self._width / allowed
        over = in_flight + len(self.ends) - allowed + 1
        if over <= 0:
            return paced
        if over > len(self.ends):
            return NEVER
        leaving = self.ends[0] if over == 1 else nsmallest(over, self.ends)[-1]
        return max(paced, leaving + self._kept)

    def fill(self, until: float) -> None:
        first = until - (1 - _BURST) * self._width
        for number in range(1, self._count + 1):
            heappush(self.ends, first + number * self._width / self._count)

    def pace(self, now: float) -> None:
        self._next = max(self._next, now) + self._width / int(self.allowed)

    def fullness(self, now: float, in_flight: int) -> float:
        self._settle(now)
        return (in_flight + len(self.ends)) / self.allowed

    def shrink(self, now: float, sent: float) -> None:
        if sent >= self._changed or self.allowed == self._count:
            self.allowed = max(1.0, _SHRINK * self.allowed)
            self._changed = now

    def _settle(self, now: float) -> None:
        ends = self.ends
        while ends and ends[0] + self._kept <= now:
            heappop(ends)
        clean = _CLEAN_WINDOWS * self._width
        while self.allowed < self._count and self._changed + clean <= now:
            self._changed += clean
            self.allowed = min(float(self._count), self.allowed + _RECOVERY * self._count)
