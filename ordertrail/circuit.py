"""When a host that fails is asked again: not at once, not all at a time, and never given up."""

import math
from random import Random

THRESHOLD = 5


class Circuit:
    """Opens after THRESHOLD failures in a row; then one request at a time finds out if the host is back.

    Times are seconds of a clock that never steps. Pauses double from `first` to `longest` seconds, each
    shortened by up to half at random.
    """

    def __init__(self, rng: Random, *, first: float = 1.0, longest: float = 300.0) -> None:
        self._rng = rng
        self._first = first
        self._longest = longest
        self._failures = 0
        self._opened: float | None = None
        self._until = -math.inf
        self._held = -math.inf
        self._probing = False

    @property
    def open(self) -> bool:
        return self._opened is not None

    @property
    def failures(self) -> int:
        """In a row, so far."""
        return self._failures

    @property
    def isolated(self) -> bool:
        """Whether the last failure, if any, came right after an answer: others may be answered still."""
        return self._failures <= 1

    def ready_at(self, now: float) -> float:
        """When a request may leave; infinite while another one finds out."""
        if self._opened is None:
            return max(now, self._held)
        return math.inf if self._probing else max(now, self._until, self._held)

    def sent(self) -> None:
        self._probing = self._opened is not None

    def unsent(self) -> None:
        """The request did not leave after all."""
        self._probing = False

    def hold(self, until: float) -> None:
        """The host asked for a pause (`Retry-After`)."""
        self._held = max(self._held, until)

    def succeeded(self, sent: float) -> bool:
        """Whether this closed it. An answer to a request from before it opened proves nothing."""
        if self._opened is not None and sent < self._opened:
            return False
        closed = self._opened is not None
        self._failures, self._opened, self._probing = 0, None, False
        return closed

    def failed(self, now: float, sent: float) -> bool:
        """Whether this opened it."""
        if self._opened is not None and sent < self._opened:
            return False
        self._failures += 1
        self._probing = False
        if self._failures < THRESHOLD:
            return False
        opened, self._opened = self._opened is None, now
        self._until = now + self._pause()
        return opened

    def _pause(self) -> float:
        doubled = self._first * 2.0 ** min(self._failures - THRESHOLD, 40)
        return min(self._longest, doubled) * self._rng.uniform(0.5, 1.0)
