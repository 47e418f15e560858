"""Whether an event can be said of where its order stands: the causes that events state, against the fold.

Knows no answers; what an answer tells is judged again elsewhere.
"""

from collections.abc import Callable
from typing import Any

from domain.events import (
    Agreed,
    ContactLost,
    ContactRestored,
    Corrected,
    Data,
    Event,
    ExecutionAccepted,
    ExecutionRefused,
    ExecutionSettled,
    ExecutionUncertain,
    OrderForgotten,
    OrderNotFound,
    OrderOverdue,
    OrderRecovered,
    OrderTracked,
    StateAdopted,
    StateChanged,
    TrackingChanged,
    TrackingStopped,
)
from domain.order import Order
from domain.phases import FINAL, WATCHED_AFTER, Phase
from domain.provider import Provider

_Cause = Callable[[Order, Event[Any], Provider | None], str | None]

STANDING = "state and phase are not those that the order had before"


def unsound(order: Order, event: Event[Data], provider: Provider | None) -> str | None:
    """Why the event can't follow; None if it can. `provider` is None where its rules are no longer in force,
    and for reserved streams."""
    if event.not_before is not None and event.not_before > event.not_after:
        return "its interval ends before it begins"
    cause: _Cause = _CAUSES.get(type(event.data), _keeps_standing)
    why = cause(order, event, provider)
    if why is None and provider is not None and event.state is not None:
        phase = provider.phases.get(event.state)
        if phase is None:
            return f"{event.state} is no state of the provider's"
        if event.phase != phase and event.phase != Phase.FORGOTTEN:
            return f"{event.state} is in phase {phase}, not {event.phase}"
    return why


def _keeps_standing(order: Order, event: Event[Any], provider: Provider | None) -> str | None:
    return STANDING if (event.state, event.phase) != (order.state, order.phase) else None


def _tracked(order: Order, event: Event[OrderTracked], provider: Provider | None) -> str | None:
    if order.watched:
        return "the order was watched already"
    return _keeps_standing(order, event, provider)


def _changed(order: Order, event: Event[TrackingChanged], provider: Provider | None) -> str | None:
    if order.tracking is None:
        return "the order was never watched"
    tracking = order.tracking
    for name, change in event.data.changes.items():
        if getattr(tracking, name, change) != change.before:
            return f"{name} was not {change.before!r} before"
    return _keeps_standing(order, event, provider)


def _stopped(order: Order, event: Event[TrackingStopped], provider: Provider | None) -> str | None:
    if not order.watched:
        return "the order was not watched"
    if event.data.reason == "watch_ended" and event.data.by is None and order.phase not in WATCHED_AFTER:
        return "watching ended by itself, and the order had not come to its end"
    return _keeps_standing(order, event, provider)


def _state(order: Order, event: Event[StateChanged], provider: Provider | None) -> str | None:
    step = event.data
    if step.source != order.state:
        return f"it leads from {step.source}, and the order was in {order.state}"
    if step.target != event.state:
        return f"it leads to {step.target}, and {event.state} is told to hold"
    if provider is None:
        return None
    known = None if step.source is None else provider.graph.event.get((step.source, step.target))
    return None if step.transition == known else f"its transition is {known}, not {step.transition}"


def _agreed(order: Order, event: Event[Agreed], provider: Provider | None) -> str | None:
    if not {*event.data.resolves} <= {*order.oddities, order.forgotten}:
        return "it settles what was not open"
    return None if event.state == order.state else STANDING


def _lost(order: Order, event: Event[ContactLost], provider: Provider | None) -> str | None:
    return "contact was lost already" if order.contact_lost else _keeps_standing(order, event, provider)


def _restored(order: Order, event: Event[ContactRestored], provider: Provider | None) -> str | None:
    return _keeps_standing(order, event, provider) if order.contact_lost else "contact was not lost"


def _not_found(order: Order, event: Event[OrderNotFound], provider: Provider | None) -> str | None:
    return "the order was seen" if order.state else _keeps_standing(order, event, provider)


def _forgotten(order: Order, event: Event[OrderForgotten], provider: Provider | None) -> str | None:
    if order.state is None:
        return "the order was never seen"
    phase = order.phase if order.phase in FINAL else Phase.FORGOTTEN
    return None if (event.state, event.phase) == (order.state, phase) else STANDING


def _overdue(order: Order, event: Event[OrderOverdue], provider: Provider | None) -> str | None:
    if event.data.state != order.state:
        return f"it speaks of {event.data.state}, and the order was in {order.state}"
    return _keeps_standing(order, event, provider)


def _recovered(order: Order, event: Event[OrderRecovered], provider: Provider | None) -> str | None:
    late, told = order.overdue, event.data
    if late is None or (late.state, late.bound, late.basis) != (told.state, told.bound, told.basis):
        return "the order was not overdue so"
    return _keeps_standing(order, event, provider)


def _executed(order: Order, event: Event[Data], provider: Provider | None) -> str | None:
    if order.execution is None or order.execution.stage not in ("requested", "uncertain"):
        return "no execution was open"
    return _keeps_standing(order, event, provider)


def _adopted(order: Order, event: Event[StateAdopted], provider: Provider | None) -> str | None:
    return None if event.state == event.data.target else "it adopts a state that does not hold after it"


def _corrected(order: Order, event: Event[Corrected], provider: Provider | None) -> str | None:
    if any(version > order.version for version in event.data.replaces):
        return "it replaces what comes after it"
    steps = event.data.steps
    if steps and steps[-1].target != event.state:
        return f"its last step leads to {steps[-1].target}, and {event.state} is told to hold"
    return None


_CAUSES: dict[type[Data], _Cause] = {
    OrderTracked: _tracked,
    TrackingChanged: _changed,
    TrackingStopped: _stopped,
    StateChanged: _state,
    Agreed: _agreed,
    ContactLost: _lost,
    ContactRestored: _restored,
    OrderNotFound: _not_found,
    OrderForgotten: _forgotten,
    OrderOverdue: _overdue,
    OrderRecovered: _recovered,
    ExecutionAccepted: _executed,
    ExecutionRefused: _executed,
    ExecutionUncertain: _executed,
    ExecutionSettled: _executed,
    StateAdopted: _adopted,
    Corrected: _corrected,
}
