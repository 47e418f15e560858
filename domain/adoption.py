"""A person decides a contradiction: what the provider reported counts from here on.

No look tells it, so it has the moment of the decision for its interval. The next look proves the state, or
tells what became of it.
"""

from domain.events import Data, Event, OrderRecovered, StateAdopted
from domain.instants import Instant, text
from domain.judge import rules
from domain.order import CONTRADICTIONS, Order
from domain.phases import Phase
from domain.provider import Provider


class UnknownState(ValueError):
    """No state of the provider's lifecycle; the message names those there are."""


class NotReported(ValueError):
    """No open contradiction reports that state; the message says what is open."""


def adopt(
    provider: Provider, order: Order, target: str, reason: str, *, by: str, at: Instant, worker: str
) -> list[Event[Data]]:
    """Raises UnknownState, NotReported."""
    if target not in provider.phases:
        known = ", ".join(provider.graph.states)
        raise UnknownState(f"{provider.title} knows no state {target!r}: there are {known}")
    reported = [one.word for one in order.oddities.values() if one.kind in CONTRADICTIONS]
    if target not in reported:
        raise NotReported(f"no contradiction that reports {target} is open: {_open(order, reported)}")
    phase = provider.phases[target]
    drafts: list[Data] = [StateAdopted(target, reason, by)]
    late = order.overdue
    if late is not None and late.state != target:
        drafts.append(OrderRecovered(late.state, late.bound, late.basis))
    return [_event(data, target, phase, at, rules(provider), worker) for data in drafts]


def _open(order: Order, reported: list[str | None]) -> str:
    if reported:
        return f"the provider reported {', '.join(str(word) for word in reported)}"
    kinds = ", ".join(order.attention)
    return f"what is open is {kinds}" if kinds else "nothing is"


def _event(data: Data, state: str, phase: Phase, at: Instant, judged_by: str, worker: str) -> Event[Data]:
    return Event(
        previous=None,
        state=state,
        phase=phase,
        not_before=text(at),
        not_after=text(at),
        recorded_at=text(at),
        provider_time=None,
        look=None,
        evidence=None,
        rules=judged_by,
        looks=0,
        worker=worker,
        data=data,
    )
