"""The machine's clocks: what time people call it, and a clock that never steps."""

import time
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple, Protocol
from uuid import uuid4

from domain.instants import Instant
from domain.readings import Clock

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""CLOCK_BOOTTIME goes on while the machine sleeps, so waking up does not look like a stepped wall clock."""


class Moment(NamedTuple):
    """One moment on both clocks, in microseconds; `steady` counts from an arbitrary start."""

    wall: Instant
    steady: int


class Timepiece(Protocol):
    """`name` tells one steady clock from another, in this and in other processes."""

    name: str

    def moment(self) -> Moment: ...
    def steady(self) -> int: ...


class SystemClock:
    """The machine's own clocks. Processes of one boot share the steady one, and so its name."""

    def __init__(self) -> None:
        self.name = _boot()

    def moment(self) -> Moment:
        """The steady clock is read before and after, so that the two readings belong together."""
        before = time.clock_gettime_ns(_STEADY)
        wall = time.time_ns()
        after = time.clock_gettime_ns(_STEADY)
        return Moment(wall // 1000, (before + after) // 2000)

    def steady(self) -> int:
        return time.clock_gettime_ns(_STEADY) // 1000


def domain_clock(timepiece: Timepiece, moment: Moment) -> Clock:
    return Clock(timepiece.name, moment.wall - moment.steady)


def _boot() -> str:
    try:
        boot = _BOOT_ID.read_text().strip()
    except OSError:
        boot = uuid4().hex
    return blake2b(boot.encode(), digest_size=6).hexdigest()
