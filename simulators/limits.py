"""Rate windows: at most so many requests in any span of so many seconds, counted per rule and caller."""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    count: int
    seconds: float


Windows = Mapping[str, Sequence[Window]]


class Limiter:
    """A sliding log per rule, caller and window. A refused request counts against nothing."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._admitted: defaultdict[tuple[str, str, Window], deque[float]] = defaultdict(deque)

    def wait(self, rules: Sequence[str], caller: str, now: float) -> float:
        """0 if the request is admitted (and counted), else the seconds until one would be."""
        logs = [
            (self._admitted[rule, caller, window], window)
            for rule in rules
            for window in self._windows.get(rule, ())
        ]
        waits = [self._room(log, window, now) for log, window in logs]
        if any(waits):
            return max(waits)
        for log, _ in logs:
            log.append(now)
        return 0.0

    @staticmethod
    def _room(log: deque[float], window: Window, now: float) -> float:
        while log and log[0] <= now - window.seconds:
            log.popleft()
        if len(log) < window.count:
            return 0.0
        return log[0] + window.seconds - now
