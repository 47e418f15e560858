"""Small fleets to test with."""

from array import array
from collections.abc import Sequence

import numpy as np

from ordertrail.quota.fleets import Exit, Fleet, Kind, Stay
from ordertrail.quota.laws import Gamma, LogNormal
from ordertrail.quota.paths import Paths

PAYING = Kind(
    "order",
    1.0,
    "new",
    {
        "new": Stay((Exit(0.8, "pending", LogNormal(600, 1)),), deadline=3600, late="stale"),
        "pending": Stay((Exit(1.0, "complete", Gamma(120, 2, 300)),)),
    },
)
SMALL = Fleet("small", "xverse", 2.0, 12.0, (PAYING,))


WAY = [[state for _, state in SMALL.classes].index(state) for state in ("pending", "complete")]


def memoryless(mean: float, per_minute: float, budget: float) -> Fleet:
    """Orders that are over after one change, at the same rate at any age."""
    stays = {"executing": Stay((Exit(1.0, "complete", Gamma(0, 1, mean)),))}
    return Fleet("memoryless", "xverse", per_minute, budget, (Kind("order", 1.0, "executing", stays),))


def paths_of(changes: Sequence[Sequence[float]], until: float, fleet: Fleet = SMALL) -> Paths:
    """Orders that are `new` from the beginning, and go through `pending` to `complete`."""
    first = np.cumsum([0, *map(len, changes)])
    return Paths(
        fleet=fleet,
        until=until,
        arrives=array("d", [0.0] * len(changes)),
        began=array("q", [0] * len(changes)),
        first=array("q", first.tolist()),
        at=array("d", [at for one in changes for at in one]),
        to=array("q", [WAY[step] for one in changes for step in range(len(one))]),
        weight=np.ones(int(first[-1])),
        stops=array("d", [np.inf] * len(changes)),
        known=array("d", [0.0] * len(changes)),
    )
