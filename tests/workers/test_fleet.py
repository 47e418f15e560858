"""A small fleet of real processes, with a kill, freezes and joins: the same as the bench, in two minutes."""

from random import Random

from bench.fleet import survive
from bench.fleet_world import Wish

WISH = Wish(orders=120, limit=100, window=10.0, seed=2, scale=0.05, pace=0.005)


def test_three_workers_keep_to_one_budget_and_lose_nothing_whatever_happens_to_them() -> None:
    found = survive(3, WISH, Random(4), calm=15.0, say=print, compare=False)

    assert found.most <= WISH.limit + found.in_hand
    assert (found.verdict.lost, found.verdict.doubled) == (0, 0)
    assert found.verdict.events > WISH.orders
    assert found.looks > WISH.orders
