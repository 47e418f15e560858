"""Too many orders for the budget: they are looked at less often than promised, which is said once."""

from domain.events import BoundRestored, BoundStretched, Data, Event
from domain.instants import Instant
from domain.order import Order
from domain.tracking import spoken


def stretching(
    contact: Order, promised: int, effective: int, at: Instant, rules: str, worker: str
) -> list[Event[Data]]:
    """`contact` folds the provider's own stream; seconds between two looks. Only the worker that said that
    the bound is stretched says that it is not any more."""
    before = contact.stretched
    if effective > promised:
        told: list[Data] = [] if before else [BoundStretched(promised, effective)]
    else:
        told = [BoundRestored(promised)] if before and before.worker == worker else []
    return [spoken(contact, data, at, at, rules, worker) for data in told]
