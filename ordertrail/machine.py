"""The machine's clock and randomness, handed to whatever needs them."""

import time
from random import Random

from domain.instants import Instant


def now() -> Instant:
    return time.time_ns() // 1000


def random_source() -> Random:
    """Seeded by the operating system."""
    return Random()
