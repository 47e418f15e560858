"""How long orders stay in a state, and past which time one is overdue.

Until enough orders were seen to leave a state its bound is a prior: generous, since it only says when a
person should look. Sources: the providers' documents and recordings, and Bitcoin's pace of a block in ten
minutes.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from domain.events import Data, Event, OrderOverdue, StateChanged
from domain.instants import DAY, HOUR, MINUTE, SECOND, Instant, instant
from domain.kinds import kind_named, kind_of
from domain.order import Order
from domain.phases import FINAL, Phase
from domain.rows import Dwell
from domain.tracking import spoken

ENOUGH = 50
"""Orders that must have left a state before their dwell times are believed."""
TAIL = 0.99
FACTOR = 3
SHORTEST = 5 * MINUTE
BINS_PER_DOUBLING = 4
_BIN_STARTS = [2 ** (bin_ / BINS_PER_DOUBLING) * SECOND for bin_ in range(40 * BINS_PER_DOUBLING)]
"""In microseconds, up to longer than anything lasts."""

PRIORS: Mapping[str, Mapping[str, int]] = {
    "xverse": {
        "new": DAY + HOUR,  # never funded, it goes stale after about a day
        "pending": DAY,  # an etch's commit waits for six blocks, and its funding for one before
        "executing": DAY,  # up to 4,000 chained mints
    },
    "ordinalsbot": {
        "waiting-payment": 3 * DAY + HOUR,  # the documented default timeout is 4,320 minutes
        "waiting-rune-balance": 3 * DAY + HOUR,
        "waiting-confirmation": DAY,
        "waiting-parent": DAY,
        "prep": 6 * HOUR,
        "queued": DAY,
        "waiting-reveal": DAY,  # six blocks
    },
    "runa": {"PROCESSING": DAY},  # seconds as a rule; the slowest documented order took 47 minutes
    "xmrto": {
        "TO_BE_CREATED": 15 * MINUTE,
        "UNPAID": 2 * HOUR,  # the longest documented window is 2,700 seconds
        "UNDERPAID": 2 * HOUR,
        "PAID_UNCONFIRMED": 3 * HOUR,  # ten blocks of two minutes
        "PAID": HOUR,
    },
}


class Bound(NamedTuple):
    """`seconds` that a state should not outlast; `basis`: prior, learned or deadline."""

    seconds: int
    basis: str


class Dwells:
    """Dwell times of one provider's classes, in bins of a fourth of a doubling, from one second on. A class
    is a state, or `kind/state` where orders tell a known kind: an etch waits where a mint does not. Rows may
    name a kind as the provider does."""

    def __init__(self, provider: str, rows: Iterable[Dwell] = ()) -> None:
        self._priors = PRIORS.get(provider, {})
        self._times: dict[str, dict[int, int]] = {}
        for row in rows:
            kind, _, state = row.state.rpartition("/")
            self.add(_class(kind_named(kind), state), row.bin, row.times)

    def add(self, state: str, bin_: int, times: int = 1) -> None:
        times_of = self._times.setdefault(state, {})
        times_of[bin_] = times_of.get(bin_, 0) + times

    def seen(self, state: str) -> int:
        """How many orders were seen to leave it."""
        return sum(self._times.get(state, {}).values())

    def classes(self, states: Iterable[str]) -> list[str]:
        """These states, and the classes of orders that were seen to leave them."""
        wanted = set(states)
        return sorted(wanted | {name for name in self._times if name.rpartition("/")[2] in wanted})

    def quantile(self, state: str, part: float) -> int | None:
        """Seconds, rounded up to its bin's end; None: nobody was seen to leave."""
        left = part * self.seen(state)
        for bin_, times in sorted(self._times.get(state, {}).items()):
            left -= times
            if left <= 0:
                return round(2 ** ((bin_ + 1) / BINS_PER_DOUBLING))
        return None

    def bound(self, state: str) -> Bound | None:
        """None: nothing is known of how long it should last."""
        tail = self.quantile(state, TAIL)
        if tail is not None and self.seen(state) >= ENOUGH:
            return Bound(max(SHORTEST // SECOND, FACTOR * tail), "learned")
        prior = self._priors.get(state.rpartition("/")[2])
        return None if prior is None else Bound(prior // SECOND, "prior")


def bin_of(duration: int) -> int:
    """Of a duration in microseconds."""
    return max(0, bisect_right(_BIN_STARTS, duration) - 1)


def left(before: Order, events: Sequence[Event[Data]]) -> Iterator[tuple[str, int]]:
    """The class that an order left by these events, and the bin of how long it had been there, as near as the
    intervals tell. Nothing of a state that it may have been in before anyone looked."""
    for event in events:
        data = event.data
        if isinstance(data, StateChanged) and data.source is not None:
            entered_after, entered_by = before.not_before, before.not_after
            if data.source != before.state or entered_after is None or entered_by is None:
                return
            entered = (instant(entered_after) + instant(entered_by)) // 2
            gone_after = event.not_before or event.not_after
            gone = (instant(gone_after) + instant(event.not_after)) // 2
            yield class_of(before) or data.source, bin_of(gone - entered)
            return


def class_of(order: Order) -> str | None:
    """Whose dwell times the order's are to be compared with; None before it was seen."""
    return None if order.state is None else _class(kind_of(order.details), order.state)


def _class(kind: str | None, state: str) -> str:
    return state if kind is None else f"{kind}/{state}"


def bound_of(order: Order, dwells: Dwells) -> Bound | None:
    """What the order's present state should not outlast: its deadline, if that comes first."""
    name = class_of(order)
    if name is None or order.not_after is None or order.phase in FINAL:
        return None
    bound = dwells.bound(name)
    deadline = order.tracking.deadline if order.tracking else None
    if deadline is not None:
        seconds = max(0, instant(deadline) - instant(order.not_after)) // SECOND
        if bound is None or seconds < bound.seconds:
            return Bound(seconds, "deadline")
    return bound


def overdue(order: Order, dwells: Dwells, at: Instant, rules: str, worker: str) -> list[Event[Data]]:
    """OrderOverdue if the order has outlasted its bound, is watched, and nobody said so before."""
    bound = bound_of(order, dwells)
    silent = order.overdue is not None or not order.watched or order.phase is Phase.FORGOTTEN
    if bound is None or silent or order.state is None or order.not_after is None:
        return []
    if at - instant(order.not_after) <= bound.seconds * SECOND:
        return []
    return [spoken(order, OrderOverdue(order.state, bound.seconds, bound.basis), at, at, rules, worker)]
