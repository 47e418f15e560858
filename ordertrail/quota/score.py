"""How late looks were, by the truth: a change is late until the first look that shows it or anything after it
has ended; one that is never seen is late until the end."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ordertrail.quota.fleets import OPEN
from ordertrail.quota.laws import Numbers
from ordertrail.quota.world import Played


@dataclass(frozen=True)
class Score:
    """Seconds. `mean` is weighted; percentiles count every change once; `open_mean` leaves out what is only
    watched. Nan without changes."""

    changes: int
    mean: float
    p50: float
    p99: float
    open_mean: float


def score(
    played: Played, first: float = 0.0, last: float = np.inf, into: Sequence[int] | None = None
) -> Score:
    """Of the changes in [first, last), as if all had ended at `last`; `into`: to these classes only."""
    at = np.frombuffer(played.paths.at)
    last = min(last, played.paths.until)
    chosen = (at >= first) & (at < last)
    if into is not None:
        chosen &= np.isin(np.frombuffer(played.paths.to, dtype=np.int64), into)
    late = np.minimum(played.seen[chosen], last) - at[chosen]
    return _of(late, played.paths.weight[chosen])


def _of(late: Numbers, weight: Numbers) -> Score:
    if not len(late):
        return Score(0, np.nan, np.nan, np.nan, np.nan)
    is_open = weight == OPEN
    return Score(
        changes=len(late),
        mean=float((late * weight).sum() / weight.sum()),
        p50=float(np.percentile(late, 50)),
        p99=float(np.percentile(late, 99)),
        open_mean=float(late[is_open].mean()) if is_open.any() else np.nan,
    )
