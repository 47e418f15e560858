"""When an order is asked about again whose look proved nothing.

Where the provider fails, the circuit holds looks back: pauses stay within the planned gap, so that all orders
are soon seen once it is there again. An order that fails alone, while others are answered, would take looks
from them for as long as that lasts: its pauses double up to its bound.
"""

import math

from ordertrail.scheduling.records import QUEUED, Record

FIRST = 5.0
UNPLANNED = 60.0
"""Seconds: the first pause; the longest one where no gap was planned and the provider fails."""

_DOUBLINGS = 20
_MOST = 255


def unanswered(record: Record, now: float, least: float, unit: float) -> Record:
    """After a failure of the provider's. `least`: seconds; `unit`: 1, or less where time is scaled."""
    is_planned = record.unproven == 0 and math.isfinite(record.gap)
    pause = min(_doubled(record.failures, unit), record.gap if is_planned else UNPLANNED * unit)
    failures = min(_MOST, record.failures + 1)
    return record._replace(due=now + max(least, pause), status=QUEUED, failures=failures)


def unproven(record: Record, now: float, least: float, bound: float, unit: float) -> Record:
    """After a failure of its own. Its gap, by which it counts as demand, grows to the pause: a short one is
    not the first of many. A moment that a person has named is not slept through."""
    at = now + max(least, min(_doubled(record.unproven, unit), bound))
    if now < record.wanted_by < at:
        at = max(record.wanted_by, now + least)
    times = min(_MOST, record.unproven + 1)
    gap = max(at - now, record.gap if math.isfinite(record.gap) else 0.0)
    return record._replace(due=at, gap=gap, status=QUEUED, failures=0, unproven=times)


def _doubled(times: int, unit: float) -> float:
    return FIRST * unit * 2.0 ** min(times, _DOUBLINGS)
