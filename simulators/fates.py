"""What an order's own life may hold beyond the usual, by name; the simulator of each provider does its part.

Where nothing is asked for, these things are as rare as they are at the providers, or never happen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from random import Random
from typing import Any

from simulators.order import Book, Order, Step

HOUR = 3600.0
DAY = 24 * HOUR
LIKELY = 0.4


class Fate(StrEnum):
    REPLACED_TXIDS = "replaced_txids"
    LATE_PAYOUTS = "late_payouts"
    LATE_REFUNDS = "late_refunds"
    LATE_PAYMENTS = "late_payments"
    PURGED = "purged"
    LAWLESS_STEPS = "lawless_steps"


LawlessWays = Mapping[str, Sequence[Sequence[str]]]
"""Where an order may go from its last state although its provider documents no such step.

Whoever has seen any earlier state of it can tell, or is told nothing wrong: what lies on every documented way
from there has been gone through.
"""


def place(book: Book[Any], order: Order[Any], ways: LawlessWays, *, straight: bool = False) -> Order[Any]:
    """A new order in the book, with what the fates hold for it. `straight`: it takes no lawless step."""
    if Fate.LAWLESS_STEPS in book.fates and not straight:
        order = lawless(order, ways, book.rng("lawless", order.id), book.time_scale)
    if Fate.PURGED in book.fates:
        order = purged(order, book.rng("purged", order.id), book.time_scale)
    book.put(order)
    return order


def purged(order: Order[Any], rng: Random, time_scale: float) -> Order[Any]:
    """The provider forgets some of the orders some days after they end."""
    if order.gone_at is not None or rng.random() >= LIKELY:
        return order
    return replace(order, gone_at=order.steps[-1].entered_at + rng.uniform(0.2, 2) * DAY * time_scale)


def lawless(order: Order[Any], ways: LawlessWays, rng: Random, time_scale: float) -> Order[Any]:
    """Some go back and through the same states again, some on to where no documented step leads."""
    luck = rng.random()
    if luck < LIKELY and len(order.steps) > 1:
        return _back_again(order, rng, time_scale)
    onward = ways.get(order.steps[-1].state, ())
    if luck < 2 * LIKELY and onward:
        return _onward(order, rng.choice(list(onward)), rng, time_scale)
    return order


def _back_again(order: Order[Any], rng: Random, time_scale: float) -> Order[Any]:
    """From one state to an earlier one and forward to it again, all before what comes next."""
    at = rng.randrange(1, len(order.steps))
    again = order.steps[rng.randrange(at) : at + 1]
    begin = order.steps[at].entered_at
    last = at + 1 == len(order.steps)
    end = begin + 6 * HOUR * time_scale if last else order.steps[at + 1].entered_at
    if order.gone_at is not None:
        end = min(end, order.gone_at)
    share = (end - begin) / (len(again) + 1)
    loop = [Step(step.state, begin + share * (number + 1)) for number, step in enumerate(again)]
    return replace(order, steps=(*order.steps[: at + 1], *loop, *order.steps[at + 1 :]))


def _onward(order: Order[Any], way: Sequence[str], rng: Random, time_scale: float) -> Order[Any]:
    begin = order.steps[-1].entered_at
    room = (rng.uniform(4, 24) * HOUR * time_scale if order.gone_at is None else order.gone_at - begin) * 0.9
    added = [Step(state, begin + room * (place + 1) / len(way)) for place, state in enumerate(way)]
    return replace(order, steps=(*order.steps, *added))
