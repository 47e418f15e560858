"""The states an order went through, as its events tell them once corrections count.

A `Corrected` strikes versions, and where it has steps they are all the states from the first. What a person
adopted is a step as well.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from domain.events import Corrected, Data, Event, StateAdopted, StateChanged, Step


class Numbered(NamedTuple):
    version: int
    event: Event[Data]


def struck(events: Iterable[Numbered]) -> frozenset[int]:
    """Versions that no longer hold."""
    return frozenset(
        version for _, event in events if isinstance(event.data, Corrected) for version in event.data.replaces
    )


def steps(events: Iterable[Numbered]) -> list[Step]:
    told: list[Step] = []
    for _, event in events:
        told = stepped(told, event)
    return told


def stepped(told: Sequence[Step], event: Event[Data]) -> list[Step]:
    """The steps after one more event."""
    data = event.data
    if isinstance(data, Corrected):
        return list(data.steps) if rewrites(event, data) else list(told)
    if isinstance(data, StateChanged):
        return [*told, Step(data.target, data.inferred, event.not_before, event.not_after, event.look)]
    if isinstance(data, StateAdopted):
        return [*told, Step(data.target, False, event.not_before, event.not_after, None)]
    return list(told)


def rewrites(event: Event[Data], data: Corrected) -> bool:
    """Whether a correction says anew which states there were; without steps, that there was none."""
    return bool(data.steps) or event.state is None
