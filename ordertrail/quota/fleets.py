"""A fleet: how many orders arrive a minute, of which kinds, and how long each state of a kind lasts.

A change weighs as much as the state it leaves: 1 while the order is open, 0.1 while it is only watched.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from domain.instants import SECOND
from domain.watch import PATIENCE
from ordertrail.quota.laws import Law

OPEN = 1.0
WATCHED = 0.1
WATCHED_FOR = PATIENCE.watch_for / SECOND


class FleetError(Exception):
    """A fleet that cannot be; the message says why."""


@dataclass(frozen=True)
class Exit:
    """With this share the state is left for `to`, after so long."""

    share: float
    to: str
    dwell: Law


@dataclass(frozen=True)
class Stay:
    """One state. Whoever has not left it by `deadline` seconds goes `late` somewhere within `grace` seconds;
    without a deadline he stays for good. Watching ends after `watch_for` seconds in a watched state."""

    exits: tuple[Exit, ...] = ()
    deadline: float | None = None
    late: str = ""
    grace: float = 5.0
    watched: bool = False
    watch_for: float = WATCHED_FOR

    @property
    def over(self) -> bool:
        """Nothing can follow, so that nobody need look again."""
        return not self.exits and self.deadline is None

    @property
    def weight(self) -> float:
        return WATCHED if self.watched else OPEN

    @property
    def targets(self) -> tuple[str, ...]:
        named = [exit.to for exit in self.exits] + ([self.late] if self.deadline is not None else [])
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True)
class Kind:
    name: str
    share: float
    first: str
    stays: Mapping[str, Stay] = field(hash=False)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """States so that each comes before those that follow it; raises FleetError for a cycle."""
        done: list[str] = []
        self._visit(self.first, done, ())
        return tuple(reversed(done))

    def _visit(self, state: str, done: list[str], above: tuple[str, ...]) -> None:
        if state in above:
            raise FleetError(f"{self.name}: {state} leads back to itself")
        if state in done:
            return
        for target in self.stay(state).targets:
            self._visit(target, done, (*above, state))
        done.append(state)

    def stay(self, state: str) -> Stay:
        return self.stays.get(state, Stay())


@dataclass(frozen=True)
class Fleet:
    """`per_minute`: orders that arrive. `budget`: requests a minute that its provider allows."""

    name: str
    provider: str
    per_minute: float
    budget: float
    kinds: tuple[Kind, ...]

    @cached_property
    def classes(self) -> tuple[tuple[Kind, str], ...]:
        """Every state of every kind; a class's place here is its code."""
        return tuple((kind, state) for kind in self.kinds for state in kind.order)

    def part(self, share: float) -> "Fleet":
        """A smaller fleet under a smaller budget: what is late in it is as late."""
        return replace(self, per_minute=self.per_minute * share, budget=self.budget * share)

    def stays(self) -> Iterator[Stay]:
        for kind, state in self.classes:
            yield kind.stay(state)
