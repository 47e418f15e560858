"""Deciding a contradiction in the log: the reported state counts, and the next look has to prove it."""

from domain.adoption import adopt
from domain.identity import OrderKey
from domain.provider import Provider
from domain.watch import unproven
from ordertrail.acts import Amendment, Stamp
from ordertrail.orders import Known, Orders
from ordertrail.stream import UnknownOrder


def adopt_state(
    orders: Orders, key: OrderKey, target: str, reason: str, *, by: str, provider: Provider
) -> Known:
    """The order as it stands then. Raises UnknownOrder, UnknownState, NotReported, LogError."""

    def decide(known: Known, stamp: Stamp) -> Amendment:
        events = adopt(provider, known.order, target, reason, by=by, at=stamp.at, worker=stamp.worker)
        return Amendment(events, unproven(known.watch))

    adopted = orders.amend(key, decide)
    if adopted is None:
        raise UnknownOrder(f"{key} is not in the log: `ordertrail track {key}` would begin to watch it")
    return adopted
