"""A small fleet of real processes, struck twice at random: the same as the bench, with fewer events."""

from random import Random

from bench.fleet import survive
from bench.fleet_world import Wish

WISH = Wish(orders=100, limit=100, window=10.0, seed=2, scale=0.05, pace=0.005)


def test_three_workers_keep_to_one_budget_and_lose_nothing_whatever_happens_to_them() -> None:
    found = survive(2, WISH, Random(4), calm=5.0, say=print, compare=False)

    assert found.unexcused == 0
    assert (found.verdict.lost, found.verdict.doubled) == (0, 0)
    assert found.verdict.events > WISH.orders
    assert found.looks > WISH.orders
