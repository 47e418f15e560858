"""The next look and what becomes of it: picking an order and planning its next look, by the fleet's size.

Time is virtual: orders are taken as they fall due, found unchanged, and queued again. A fleet a hundred times
as large should not make a pick much dearer.
"""

import time
from collections.abc import Iterator
from random import Random

from bench.measure import Figure
from ordertrail.machine import spare_the_collector
from ordertrail.policy import Freshest
from ordertrail.scheduling.facts import Facts
from ordertrail.scheduling.schedule import Schedule

SIZES = (10_000, 100_000, 1_000_000)
ROUND_SECONDS = 1800.0
PICKS = 200_000
TURNS = 5
DEAREST, GROWTH = 5.0, 2.0
STATES = ("mint/new", "mint/pending", "mint/executing", "etch/pending", "mint/complete")


def run() -> Iterator[Figure]:
    spare_the_collector()
    found = {size: _microseconds(size) for size in SIZES}
    for size, spent in found.items():
        yield Figure("a pick", spent, 1.0, DEAREST, "µs", size, most=True)
    least, most = SIZES[0], SIZES[-1]
    yield Figure(f"from {least} orders", found[most], found[least], GROWTH, "µs", most, most=True)


def _microseconds(orders: int) -> float:
    """Of one pick, by the fastest turn."""
    schedule = _filled(orders)
    now, spent = 0.0, []
    for _ in range(TURNS):
        schedule.tend(now)
        took, now = _turn(schedule, now)
        spent.append(took)
    return min(spent) / PICKS * 1e6


def _filled(orders: int) -> Schedule:
    rng = Random(orders)
    schedule = Freshest().schedule("xverse", orders / ROUND_SECONDS, 1)
    for number in range(orders):
        state = STATES[number % len(STATES)]
        entered, seen = -rng.expovariate(1 / 7200), -rng.uniform(0, ROUND_SECONDS)
        facts = Facts(state, entered + seen - 5.0, entered + seen, watching=state == STATES[-1])
        schedule.add(f"order-{number}", facts, 0.0, last=seen)
    return schedule


def _turn(schedule: Schedule, now: float) -> tuple[float, float]:
    began, picked = time.perf_counter(), 0
    while picked < PICKS:
        order = schedule.take(now)
        if order is None:
            now = max(schedule.next_due(), now) + 1e-3
        else:
            schedule.looked(order, None, (), now)
            picked += 1
    return time.perf_counter() - began, now
