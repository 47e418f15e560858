"""A fleet: how many orders arrive a minute, of which kinds, and how long each state of a kind lasts.

A change weighs as much as the state it leaves: 1 while the order is open, 0.1 while it is only watched.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ordertrail.quota.laws import Law, Slowed

OPEN = 1.0
WATCHED = 0.1
_ALL = 0.999
_FAR = 120 * 86400.0


class FleetError(Exception):
    """A fleet that cannot be; the message says why."""


@dataclass(frozen=True)
class Exit:
    """With this share the state is left for `to`, after so long."""

    share: float
    to: str
    dwell: Law


def _late(exit: Exit) -> float:
    """An age by which all but one in a thousand have left."""
    age = max(exit.dwell.mean, 1.0)
    while age < _FAR and exit.dwell.cdf(np.array([age]))[0] < 0.999:
        age *= 1.5
    return age


@dataclass(frozen=True)
class Stay:
    """One state. Who has not left it by `deadline` seconds leaves for `late` within `grace` seconds; without
    a deadline he stays, and is looked at for `watch_for` seconds. `watched`: the order is over already."""

    exits: tuple[Exit, ...] = ()
    deadline: float | None = None
    late: str = ""
    grace: float = 5.0
    watched: bool = False
    watch_for: float = math.inf

    @property
    def over(self) -> bool:
        """Nothing can follow, so that nobody need look again."""
        return not self.exits and self.deadline is None and math.isinf(self.watch_for)

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

    def lasts(self, state: str) -> float:
        """Seconds after which next to nobody is still in a state, or looked at in it."""
        stay = self.stay(state)
        if stay.deadline is not None:
            return min(stay.deadline + stay.grace, stay.watch_for)
        some_stay = sum(exit.share for exit in stay.exits) < _ALL
        return min(math.inf if some_stay else max(_late(exit) for exit in stay.exits), stay.watch_for)

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

    def under(self, budget: float) -> "Fleet":
        """The same fleet under another budget."""
        return replace(self, budget=budget)

    def stays(self) -> Iterator[Stay]:
        for kind, state in self.classes:
            yield kind.stay(state)


def slower(fleet: Fleet, factor: float) -> Fleet:
    """The same fleet whose states last so many times as long; deadlines stay."""

    def slow(stay: Stay) -> Stay:
        exits = tuple(replace(exit, dwell=Slowed(exit.dwell, factor)) for exit in stay.exits)
        return replace(stay, exits=exits)

    kinds = tuple(
        replace(kind, stays={name: slow(stay) for name, stay in kind.stays.items()}) for kind in fleet.kinds
    )
    return replace(fleet, kinds=kinds)
