"""Fleets whose orders change again and again, each at a constant rate of its own."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ordertrail.quota.fleets import Exit, Fleet, Kind, Stay
from ordertrail.quota.laws import Draw, Gamma, Numbers
from ordertrail.quota.ours import Ours
from ordertrail.quota.paths import Paths, reals, whole
from ordertrail.scheduling.facts import Expectation, Facts, Priors
from ordertrail.scheduling.schedule import Schedule

DAY = 86400.0
TYPICAL = 1 / DAY
"""Changes a second of an order in the middle of a fleet: one a day."""
DECADE = np.log(10)
CLASS = "order/open"

Rates = Callable[[Draw, int], Numbers]


def _log_normal(rng: Draw, n: int) -> Numbers:
    """Four decades within two standard deviations to either side."""
    return np.asarray(TYPICAL * np.exp(DECADE * rng.standard_normal(n)))


def _log_uniform(rng: Draw, n: int) -> Numbers:
    return np.asarray(TYPICAL * np.exp(DECADE * rng.uniform(-2, 2, n)))


def _two_class(rng: Draw, n: int) -> Numbers:
    """A tenth changes 100 times a day, the others every second day."""
    return np.asarray(TYPICAL * np.where(rng.random(n) < 0.1, 100.0, 0.5))


def _pareto(rng: Draw, n: int) -> Numbers:
    return np.asarray(0.5 * TYPICAL * (1 + rng.pareto(1.2, n)))


def _equal(rng: Draw, n: int) -> Numbers:
    return np.full(n, 5 * TYPICAL)


RATES: Mapping[str, Rates] = {
    "log-normal": _log_normal,
    "log-uniform": _log_uniform,
    "two-class": _two_class,
    "pareto": _pareto,
    "equal": _equal,
}


def optimum(rates: Numbers, budget: float) -> float:
    """The least mean lateness for known rates, (Σ√λ)² / (2BΣλ) (Cho & Garcia-Molina 2003). Seconds."""
    return float(np.sqrt(rates).sum() ** 2 / (2 * budget / 60 * rates.sum()))


def draw(name: str, n: int, budget: float, until: float, seed: int) -> tuple[Numbers, Paths]:
    """Rates, and every change of every order in `until` seconds."""
    rng = np.random.default_rng(seed)
    rates = RATES[name](rng, n)
    counts = rng.poisson(rates * until)
    first = np.concatenate(([0], np.cumsum(counts)))
    owners = np.repeat(np.arange(n), counts)
    at = rng.uniform(0, until, int(first[-1]))
    at = at[np.lexsort((at, owners))]
    stay = Stay((Exit(1.0, "changed", Gamma(0, 1, 1 / float(rates.mean()))),))
    fleet = Fleet(name, "xverse", 0, budget, (Kind("order", 1, "open", {"open": stay}),))
    paths = Paths(
        fleet=fleet,
        until=until,
        arrives=reals(np.zeros(n)),
        began=whole(np.zeros(n, dtype=np.int64)),
        first=whole(first),
        at=reals(at),
        to=whole(np.zeros(len(at), dtype=np.int64)),
        weight=np.ones(len(at)),
        stops=reals(np.full(n, np.inf)),
        known=reals(np.zeros(n)),
    )
    return rates, paths


class Recurring(Ours):
    """The schedule, told that orders change for ever; `rates`: of each order, where they are told."""

    def __init__(self, name: str, paths: Paths, schedule: Schedule, rates: Numbers | None = None) -> None:
        super().__init__(name, paths, schedule)
        self._rates = rates

    def add(self, order: int, code: int, after: float, by: float, now: float, entered: float) -> None:
        rate = None if self._rates is None else float(self._rates[order])
        self.schedule.add(str(order), Facts(CLASS, None, now, rate=rate), now, last=now)

    def changed(self, order: int, codes: Sequence[int], now: float, entered: float) -> None:
        self.schedule.looked(str(order), None, (CLASS,), now)


def policy(
    paths: Paths,
    mean_rate: float,
    budget: float,
    *,
    rates: Numbers | None = None,
    bound: float | None = None,
    seed: int = 0,
) -> Recurring:
    """With `rates` it is told all of them; without, the mean one only."""
    priors = Priors({CLASS: Expectation(dwell=1 / mean_rate, recurring=True)})
    schedule = Schedule(rate=budget / 60, priors=priors, bound=bound, learns=rates is None, seed=seed)
    return Recurring("learned" if rates is None else "told", paths, schedule, rates)
