"""Telling a provider that an order is funded, and what came of it. Pure.

A request may be lost on its way, and so may its answer. So it is written down before it leaves, and one whose
fate nobody knows is never repeated by itself: a later look shows that it is moot, or a person decides.

    requested ─▶ accepted | refused | uncertain ─▶ settled
"""

import re
from typing import NamedTuple

from domain.events import (
    Data,
    Event,
    ExecutionAccepted,
    ExecutionRefused,
    ExecutionRequested,
    ExecutionSettled,
    ExecutionUncertain,
)
from domain.instants import Instant
from domain.order import Execution, Order
from domain.phases import Phase
from domain.provider import Provider
from domain.tracking import spoken

UNFUNDED = frozenset({Phase.AWAITING_PAYMENT, Phase.EXPIRED})
EXECUTABLE = frozenset({*UNFUNDED, Phase.CONFIRMING})
MOVED_ON, BY_PERSON = "moved_on", "by_person"
BEGUN = ("requested", "accepted", "uncertain")

_TRANSACTION = re.compile("[0-9a-fA-F]{64}")
_BLOCKED = {
    "requested": "it was asked for at version {version} and is on its way",
    "accepted": "the provider has accepted it, as asked for at version {version}",
    "uncertain": (
        "nobody knows whether the provider took the request of version {version}. Look at the order, and at "
        "its funding transaction, then settle it: `ordertrail execute ORDER --settle --by ACTOR`"
    ),
}


class Accepted(NamedTuple):
    """`echoed`: the funding transaction as the provider repeated it, if it did."""

    echoed: str | None


class Refused(NamedTuple):
    why: str
    http_status: int


class Uncertain(NamedTuple):
    why: str


class Busy(NamedTuple):
    """The request was not taken, and may be sent again; `given_up` is what to tell if it is not."""

    given_up: "Refused | Uncertain"


Outcome = Accepted | Refused | Uncertain


def funding_transaction(words: str) -> str:
    """A transaction id in lower case; ValueError for anything but 64 hexadecimal digits."""
    if not _TRANSACTION.fullmatch(words):
        raise ValueError(f"{words[:80]!r} is no transaction id: it has 64 hexadecimal digits")
    return words.lower()


def unable(provider: Provider) -> str | None:
    """Why no order of this provider can be executed; None: they can."""
    return None if provider.executes else f"{provider.title} orders are not executed, only Xverse's are"


def obstacle(order: Order, provider: Provider) -> str | None:
    """Why the order can't be executed now; None: it can, as far as anything was seen of it."""
    if why := unable(provider):
        return why
    if not order.watched:
        return "it is not watched: nobody would see what comes of it"
    if order.execution is not None and order.execution.stage in BEGUN:
        return _BLOCKED[order.execution.stage].format(version=order.execution.version)
    if order.phase is not None and order.phase not in EXECUTABLE:
        return f"it is {order.state or order.phase}: there is nothing left to execute"
    return None


def requested(
    order: Order, funding: str, request: str, *, by: str | None, at: Instant, rules: str, worker: str
) -> Event[Data]:
    """To be in the log before the request leaves."""
    return spoken(order, ExecutionRequested(funding, request, by), at, at, rules, worker)


def ended(
    order: Order, request: str, outcome: Outcome, provider: Provider, *, at: Instant, rules: str, worker: str
) -> list[Event[Data]]:
    """What the answer to a request tells; nothing if something certain is known of it, or of a later one.

    An order that moved on while the answer was awaited settles what is uncertain at once.
    """
    execution = order.execution
    if execution is None or execution.request != request or execution.stage not in ("requested", "uncertain"):
        return []
    if isinstance(outcome, Uncertain) and execution.stage == "uncertain":
        return []
    told = [spoken(order, _data(outcome), at, at, rules, worker)]
    if isinstance(outcome, Uncertain) and moved_on(execution, order.state, provider):
        told.append(spoken(order, ExecutionSettled(MOVED_ON, None), at, at, rules, worker))
    return told


def settled(order: Order, *, by: str, at: Instant, rules: str, worker: str) -> list[Event[Data]]:
    """A person has found out, or takes the risk: it may be asked for again. Nothing if it isn't uncertain."""
    if not order.uncertain:
        return []
    return [spoken(order, ExecutionSettled(BY_PERSON, by), at, at, rules, worker)]


def moved_on(execution: Execution, state: str | None, provider: Provider) -> bool:
    """Whether the order stands where executing it is of no use, and stood elsewhere when that was asked."""
    if state is None or state == execution.state:
        return False
    return provider.phases[state] not in UNFUNDED


def _data(outcome: Outcome) -> Data:
    if isinstance(outcome, Accepted):
        return ExecutionAccepted(outcome.echoed)
    if isinstance(outcome, Refused):
        return ExecutionRefused(outcome.why, outcome.http_status)
    return ExecutionUncertain(outcome.why)
