"""Mean lateness where each order changes at its own constant rate, over the least that is possible.

Rates told, and learned from the first second on; prior means right, ten times too fast, ten times too slow.
"""

from collections.abc import Iterator

from bench import poisson
from bench.cells import DAY, WHOLE, Cell, Size, cell
from ordertrail.quota.score import score
from ordertrail.quota.world import Trial, play

ORDERS = 10_000
PER_MINUTE_EACH = 300 / ORDERS
TOLD, TOLD_WARM = 1.01, 1 * DAY
TOLD_DAYS, LEARNED_DAYS = 7.0, 30.0
PRIORS = {"right": 1.0, "x10": 10.0, "/10": 0.1}
LEARNED = {7.0: (1.10, 1.15), 30.0: (1.05, 1.08)}
"""Goals after so many days: prior mean right, any prior mean."""


def run(size: Size = WHOLE) -> Iterator[Cell]:
    for name in poisson.RATES:
        if size.takes(name):
            yield _told(name, size)
            for prior, factor in PRIORS.items():
                yield from _learned(name, prior, factor, size)


def _told(name: str, size: Size) -> Cell:
    orders = size.orders or ORDERS
    budget, until = orders * PER_MINUTE_EACH, (size.days or TOLD_DAYS) * DAY
    rates, paths = poisson.draw(name, orders, budget, until, size.seed)
    asked = poisson.policy(paths, float(rates.mean()), budget, rates=rates)
    warm = min(TOLD_WARM, until / 4)
    played = play(paths, asked, Trial(budget, warm))
    least = poisson.optimum(rates, budget)
    return cell(
        "told",
        size.seed,
        played,
        score(played, warm),
        optimum=least,
        baseline="optimum",
        baseline_s=least,
        goal=TOLD,
    )


def _learned(name: str, prior: str, factor: float, size: Size) -> Iterator[Cell]:
    orders = size.orders or ORDERS
    days = size.days or LEARNED_DAYS
    budget = orders * PER_MINUTE_EACH
    rates, paths = poisson.draw(name, orders, budget, days * DAY, size.seed)
    asked = poisson.policy(paths, float(rates.mean()) * factor, budget, seed=size.seed)
    played = play(paths, asked, Trial(budget))
    least = poisson.optimum(rates, budget)
    for after, (right, any_prior) in LEARNED.items():
        if after <= days:
            yield cell(
                f"learned, prior {prior}, {after:g} days",
                size.seed,
                played,
                score(played, 0.0, after * DAY),
                optimum=least,
                baseline="optimum",
                baseline_s=least,
                goal=right if prior == "right" else any_prior,
            )
