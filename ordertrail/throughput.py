"""How many requests a second get through to a provider, so many at a time, at the pace of its answers."""

import math

IN_FLIGHT, MOST_IN_FLIGHT = 16, 256
"""Requests at a time to one provider: unless set otherwise, and at most."""
_ROUNDS = 4


class Throughput:
    """By Little's law: requests at a time over the mean seconds that one takes, of the last few rounds."""

    def __init__(self, in_flight: int) -> None:
        self._in_flight = in_flight
        self._seen = 0
        self.seconds = 0.0

    def took(self, seconds: float) -> None:
        """A request has come back after so long, with an answer or without."""
        self._seen = min(self._seen + 1, _ROUNDS * self._in_flight)
        self.seconds += (seconds - self.seconds) / self._seen

    @property
    def rate(self) -> float:
        """Requests a second; infinite until a whole round has come back."""
        return self._in_flight / self.seconds if self._seen >= self._in_flight and self.seconds else math.inf
