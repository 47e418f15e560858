"""Which class of its provider's an order is in, for the schedule: `kind/state`, with a counter where the
provider tells one that says how far it has come. Orders of one class are expected to go on alike.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from domain.fields import Detail
from domain.instants import HOUR, Instant, instant
from domain.kinds import kind_of
from domain.order import Order

USUAL = "order"
"""The kind of an order of which nothing tells it yet."""

Details = Mapping[str, Detail]
_WAITING_PAYMENT = 72 * HOUR


class Placed(NamedTuple):
    """`deadline`: when the provider says that the class ends. `counter` is empty where none is told."""

    kind: str
    state: str
    counter: str = ""
    deadline: Instant | None = None

    @property
    def words(self) -> str:
        if not self.state:
            return ""
        return "/".join(part for part in (self.kind, self.state, self.counter) if part)


UNPLACED = Placed(USUAL, "")
"""Of an order that nobody has seen yet."""


def steps_to(where: Placed, targets: Sequence[str], before: str) -> list[str]:
    """The classes that an order came through, this one last, by the states that it changed to; `before`: the
    class that it was in. Empty: it is still there."""
    steps = [Placed(where.kind, target).words for target in targets]
    if steps or (where.words and where.words != before):
        return [*steps[:-1], where.words]
    return []


def placed(provider: str, order: Order) -> Placed:
    if order.state is None:
        return UNPLACED
    tell = _TELLING.get(provider)
    return Placed(USUAL, order.state) if tell is None else tell(order.state, order.details)


def _xverse(state: str, details: Details) -> Placed:
    return Placed(kind_of(details) or USUAL, state)


def _ordinalsbot(state: str, details: Details) -> Placed:
    """An unpaid order expires 72 hours after it was created, as documented; mints are counted in
    doublings."""
    kind = kind_of(details) or USUAL
    mints = details.get("executedMints")
    counter = f"{mints.bit_length()}" if isinstance(mints, int) and mints > 0 else ""
    created = details.get("createdAt")
    is_waiting = state == "waiting-payment" and isinstance(created, int)
    deadline = created * 1000 + _WAITING_PAYMENT if is_waiting and isinstance(created, int) else None
    return Placed(kind, state, counter, deadline)


def _runa(state: str, details: Details) -> Placed:
    """Payouts go on changing after the order is completed: until none is active."""
    active = sum(
        1 for path, value in details.items() if path.endswith(".payout.status") and value == "ACTIVE"
    )
    return Placed(USUAL, state, f"{active.bit_length()}-active" if active else "")


def _xmrto(state: str, details: Details) -> Placed:
    """What is still to be confirmed is counted one by one, what has been in doublings."""
    kind = "lightning" if details.get("uses_lightning") is True else USUAL
    if state in ("UNPAID", "UNDERPAID", "TO_BE_CREATED"):
        return Placed(kind, state, deadline=_moment(details.get("expires_at")))
    if state in ("PAID_UNCONFIRMED", "PAID"):
        left = _count(details, "num_confirmations_remaining")
        return Placed(kind, state, "" if left is None else f"{left}")
    confirmed = _count(details, "num_confirmations")
    return Placed(kind, state, "" if confirmed is None else f"{confirmed.bit_length()}")


def _count(details: Details, name: str) -> int | None:
    counts = [value for path, value in details.items() if path.endswith(name) and isinstance(value, int)]
    return max(counts) if counts and max(counts) >= 0 else None


def _moment(value: Detail) -> Instant | None:
    if not isinstance(value, str):
        return None
    try:
        return instant(value)
    except ValueError:
        return None


_TELLING: Mapping[str, Callable[[str, Details], Placed]] = {
    "xverse": _xverse,
    "ordinalsbot": _ordinalsbot,
    "runa": _runa,
    "xmrto": _xmrto,
}
