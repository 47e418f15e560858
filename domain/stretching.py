"""Too many orders for the budget: they are looked at less often than promised. It is said once, and again
when it has become worse or better by a tenth."""

from collections.abc import Collection
from typing import NamedTuple

from domain.events import BoundRestored, BoundStretched, Data, Event
from domain.instants import Instant
from domain.order import Order, Stretched
from domain.tracking import spoken

TENTH = 1.1


class Gap(NamedTuple):
    """Seconds between two looks at an order, at most: as promised, and as the budget allows."""

    promised: int
    effective: int


def stretching(
    contact: Order,
    gap: Gap | None,
    running: Collection[str],
    *,
    at: Instant,
    rules: str,
    worker: str,
) -> list[Event[Data]]:
    """`contact` folds the provider's own stream; `gap` None: this worker has nothing to look at.

    Workers have different orders: what another one has said stands as long as that one is `running`, unless
    there is worse to say.
    """
    before = contact.stretched
    own = before is not None and (before.worker == worker or before.worker not in running)
    told: list[Data] = []
    if gap is not None and gap.effective > gap.promised:
        told = [BoundStretched(*gap)] if before is None or _is_news(before, gap, own) else []
    elif before is not None and own:
        told = [BoundRestored(before.promised if gap is None else gap.promised)]
    return [spoken(contact, data, at, at, rules, worker) for data in told]


def _is_news(before: Stretched, gap: Gap, own: bool) -> bool:
    worse, better = gap.effective > TENTH * before.effective, TENTH * gap.effective < before.effective
    return worse or (own and better)
