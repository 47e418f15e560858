"""What a worker has sent or may send, as it is kept with the log for whoever asks the providers next.

It is written ahead: a process that is killed may have sent until then what it was allowed. One that stops in
order leaves what it has really spent.
"""

from collections.abc import Mapping, Sequence

import msgspec

from adapters.clock import Timepiece
from domain.instants import SECOND, Instant
from ordertrail.budget import Budget, Slots, Window

NOTE = "spending"


class Spending(msgspec.Struct, frozen=True, omit_defaults=True):
    """`wall` and `steady` are one moment, of the clock named; nothing leaves after it.

    `spent` is by provider."""

    clock: str
    wall: Instant
    steady: int
    spent: dict[str, "Account"] = {}


class Account(msgspec.Struct, frozen=True, array_like=True):
    windows: tuple[Window, ...]
    slots: list[Slots]


_decode = msgspec.json.Decoder(Spending).decode


def ahead(clock: Timepiece, seconds: float) -> str:
    moment = clock.moment()
    later = int(seconds * SECOND)
    return encoded(Spending(clock.name, moment.wall + later, moment.steady + later))


def left(clock: Timepiece, budgets: Mapping[str, Budget], now: float) -> str:
    """`now` on the clock of the budgets; nothing may be on its way."""
    moment = clock.moment()
    accounts = {slug: Account(budget.windows, budget.spent(now)) for slug, budget in budgets.items()}
    return encoded(Spending(clock.name, moment.wall, moment.steady, accounts))


def encoded(spending: Spending) -> str:
    return msgspec.json.encode(spending).decode()


def found(words: str) -> Spending | None:
    """None: nobody has asked before, or nobody can tell what this says."""
    try:
        return _decode(words) if words else None
    except msgspec.DecodeError:
        return None


def ago(spending: Spending, clock: Timepiece, error: int) -> float:
    """Seconds since it ended at the least, not negative; by the steady clock where that is the same one.
    `error`: microseconds that two machines' clocks may differ."""
    moment = clock.moment()
    same = spending.clock == clock.name
    since = moment.steady - spending.steady if same else moment.wall - spending.wall - error
    return max(0, since) / SECOND


def slots_of(spending: Spending, slug: str, windows: Sequence[Window]) -> list[Slots] | None:
    """What was left of these very windows."""
    account = spending.spent.get(slug)
    return account.slots if account is not None and account.windows == tuple(windows) else None
