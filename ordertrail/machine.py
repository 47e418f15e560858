"""The machine's clock and randomness, handed to whatever needs them."""

import gc
import time
from random import Random

from domain.instants import Instant


def now() -> Instant:
    return time.time_ns() // 1000


def random_source() -> Random:
    """Seeded by the operating system."""
    return Random()


def spare_the_collector() -> None:
    """For a process that holds much: orders and records make no cycles, and walking them takes its time."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
