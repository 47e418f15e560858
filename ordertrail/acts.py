"""What commands and decisions add to an order's stream, and what became of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from domain.events import Data, Event
from domain.identity import OrderKey
from domain.instants import Instant
from domain.order import Order
from domain.rows import Committed, Effect, Gone, Repeated
from domain.watch import Watch


@dataclass(frozen=True, slots=True)
class Tracked:
    """`new`: the order was unknown before; `changed`: an event was added."""

    key: OrderKey
    stream: str
    new: bool
    changed: bool


class Stamp(NamedTuple):
    """What every event has that comes from no look: when, by which rules, by whom it was written."""

    at: Instant
    rules: str
    worker: str


class Act(NamedTuple):
    """A command's events, and what else it does, given where the order stands after them."""

    events: Sequence[Event[Data]]
    effect: Callable[[Order], Effect]


class Amendment(NamedTuple):
    """Events that come from no look, and the watch after them."""

    events: Sequence[Event[Data]]
    watch: Watch


class Acted(NamedTuple):
    """Where the order stands now, and whether the act was stored."""

    order: Order
    outcome: Committed | Repeated | Gone
