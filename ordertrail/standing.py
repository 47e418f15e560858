"""Which state an order was in at a moment, once corrections count.

What a correction strikes is left out, and where it tells the states anew they stand in its place, each with
its own interval. A correction counts from when it was recorded; what it says is of the time that it names.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from domain.events import Agreed, Corrected, Data, Event, OrderForgotten, StateAdopted, StateChanged
from domain.instants import Instant, text
from domain.order import Order
from domain.phases import Phase
from domain.story import Numbered, rewrites, struck
from ordertrail.stream import Told

Phases = Mapping[str, Phase]


class _Step(NamedTuple):
    state: str | None
    phase: Phase | None
    not_before: str | None
    not_after: str


class Standing(NamedTuple):
    """`possible` is empty where the state is certain."""

    state: str | None
    phase: str | None
    possible: list[str | None]


def effective(known: Sequence[Told], phases: Phases) -> list[Told]:
    """The events that hold; the steps of a correction stand in for the states before it."""
    gone = struck(Numbered(row.version, event) for row, event in known)
    holding: list[Told] = []
    for one in known:
        data = one.event.data
        if isinstance(data, Corrected):
            if rewrites(one.event, data):
                holding = [each for each in holding if not isinstance(each.event.data, _STATES)]
            holding += [Told(one.row, event) for event in _told_anew(one.event, data, phases)]
        elif one.row.version not in gone:
            holding.append(one)
    return holding


def standing(folded: Order, holding: Sequence[Told], phases: Phases, as_of: Instant | None) -> Standing:
    """`holding` are the events that were known and hold; `folded` is their fold, for no `as_of`."""
    if as_of is None:
        return Standing(folded.state, folded.phase, [])
    moment, steps = text(as_of), _steps(holding, phases)
    done = max((at for at, step in enumerate(steps) if step.not_after <= moment), default=-1)
    last = steps[done] if done >= 0 else _Step(None, None, None, "")
    opened: list[_Step] = []
    for step in steps[done + 1 :]:
        if step.not_before is not None and step.not_before >= moment:
            break
        opened.append(step)
    states = list(dict.fromkeys([last.state, *(step.state for step in opened)]))
    reached = {last.phase, *(step.phase for step in opened)}
    if len(states) > 1:
        return Standing(None, None, states)
    return Standing(last.state, last.phase if len(reached) == 1 else None, [])


_STATES = (StateChanged, StateAdopted)


def _told_anew(event: Event[Data], corrected: Corrected, phases: Phases) -> list[Event[Data]]:
    source, told = None, list[Event[Data]]()
    for step in corrected.steps:
        told.append(
            replace(
                event,
                state=step.target,
                phase=phases.get(step.target),
                not_before=step.not_before,
                not_after=step.not_after,
                look=step.look,
                data=StateChanged(None, source, step.target, step.inferred),
            )
        )
        source = step.target
    return told


def _steps(holding: Sequence[Told], phases: Phases) -> list[_Step]:
    """The events that changed state or phase."""
    steps: list[_Step] = []
    state: str | None = None
    phase: Phase | None = None
    for _, event in holding:
        before, data = (state, phase), event.data
        if isinstance(data, _STATES):
            state, phase = data.target, event.phase
        elif isinstance(data, OrderForgotten) and event.phase is Phase.FORGOTTEN:
            phase = Phase.FORGOTTEN
        elif isinstance(data, Agreed) and phase is Phase.FORGOTTEN and state is not None:
            phase = phases.get(state)
        if (state, phase) != before:
            steps.append(_Step(state, phase, event.not_before, event.not_after))
    return steps
