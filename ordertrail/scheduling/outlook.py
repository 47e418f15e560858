"""What a schedule expects of itself: how late the next changes will be seen, by its own model."""

from typing import NamedTuple

import numpy as np

from ordertrail.scheduling.census import SAMPLE, Census
from ordertrail.scheduling.kinds import Kinds, weight_of
from ordertrail.scheduling.records import FREE, Records


class Outlook(NamedTuple):
    """Seconds; None where there is nothing to expect. `lateness` is the weighted mean over the changes that
    the present gaps will show, `open_lateness` of orders that are not final; `oldest`: since the look that is
    longest ago of all orders', of one never looked at since it was added. Orders: `due` by now, `new` without
    a look, `asked` about."""

    lateness: float | None
    open_lateness: float | None
    oldest: float | None
    due: int
    new: int
    asked: int


def outlook(records: Records, kinds: Kinds, now: float, *, new: int, asked: int) -> Outlook:
    """A change within a gap comes at any moment of it alike: it waits for half of it on average. A gap that
    should be over lasts until now at least."""
    census, oldest = Census(records, kinds.all, SAMPLE), _oldest(records, now)
    if not len(census):
        return Outlook(None, None, oldest, 0, new, asked)
    until = np.maximum(census.due, now)
    gaps = np.maximum(until - census.last, 1e-6)
    leaving = 1.0 - census.stays(until)
    weights, is_open = np.ones(len(census)), np.ones(len(census), dtype=bool)
    for kind, priority, rows in census.groups:
        if kind.recurring:
            leaving[rows] = -np.expm1(-census.rate[rows] * gaps[rows])
        weights[rows] = weight_of(priority) * kind.weight
        is_open[rows] = not kind.watching
    changes = weights * leaving / gaps
    return Outlook(
        _mean(gaps / 2, changes),
        _mean(gaps[is_open] / 2, changes[is_open]),
        oldest,
        round(float((census.due <= now).sum()) / max(census.share, 1e-9)),
        new,
        asked,
    )


def _oldest(records: Records, now: float) -> float | None:
    view = records.view()
    there = view["status"] != FREE
    since = np.where(np.isfinite(view["last"]), view["last"], view["entered"])[there]
    return float(now - since.min()) if len(since) else None


def _mean(values: np.ndarray, weights: np.ndarray) -> float | None:
    total = float(weights.sum())
    return float((values * weights).sum()) / total if total > 0 else None
