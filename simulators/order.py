"""An order that knows its whole life from the moment it is made, and the book that holds a provider's orders.

Times are float seconds since the epoch, UTC. Dwell times are given in real seconds and multiplied by the
book's `time_scale`.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Generic, TypeVar

Facts = TypeVar("Facts")
Trait = str | bool | int | None


@dataclass(frozen=True, slots=True)
class Step:
    state: str
    entered_at: float


@dataclass(frozen=True, slots=True)
class Change:
    """A detail that changes inside or after a state: what a GET shows under `path` from `at` on."""

    at: float
    path: str
    value: str | bool | int


@dataclass(frozen=True)
class Order(Generic[Facts]):
    """`facts` are the provider's own; `gone_at` is when the provider stops knowing the order."""

    id: str
    created_at: float
    steps: tuple[Step, ...]
    facts: Facts
    traits: Mapping[str, Trait] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    gone_at: float | None = None

    def step_at(self, now: float) -> int:
        return max(bisect_right(self.steps, now, key=_entered) - 1, 0)

    def state_at(self, now: float) -> str:
        return self.steps[self.step_at(now)].state

    def entered(self, state: str) -> float | None:
        """When the order first enters a state, or None if it never does."""
        return next((step.entered_at for step in self.steps if step.state == state), None)

    def reached(self, state: str, now: float) -> bool:
        at = self.entered(state)
        return at is not None and at <= now

    def gone(self, now: float) -> bool:
        return self.gone_at is not None and self.gone_at <= now


def _entered(step: Step) -> float:
    return step.entered_at


class Walk:
    """Draws an order's steps one after the other. `fates`: what is to be likely that usually is not."""

    def __init__(
        self, rng: Random, first: str, at: float, time_scale: float, fates: Collection[str] = ()
    ) -> None:
        self.rng = rng
        self.time_scale = time_scale
        self.fates = fates
        self.steps = [Step(first, at)]

    @property
    def at(self) -> float:
        return self.steps[-1].entered_at

    def enter(self, state: str, after: float) -> None:
        """The next state, `after` real seconds later."""
        self.steps.append(Step(state, self.at + after * self.time_scale))

    def chance(self, probability: float, fate: str | None = None, likely: float = 0.4) -> bool:
        """`likely`: the probability where that fate was asked for."""
        return self.rng.random() < (likely if fate in self.fates else probability)

    def lognormal(self, median: float, sigma: float) -> float:
        return self.rng.lognormvariate(math.log(median), sigma)

    def gamma(self, shape: float, scale: float) -> float:
        return self.rng.gammavariate(shape, scale)


class Book(Generic[Facts]):
    """One provider's orders: an order's number and the seed give its id, the id and the seed its life."""

    def __init__(self, provider: str, seed: int, time_scale: float, fates: Collection[str] = ()) -> None:
        self.provider = provider
        self.seed = seed
        self.time_scale = time_scale
        self.fates = fates
        self._orders: dict[str, Order[Facts]] = {}

    def rng(self, *purpose: object) -> Random:
        return Random("/".join(map(str, (self.seed, self.provider, *purpose))))

    def new_id(self, draw: Callable[[Random], str]) -> str:
        number = len(self._orders)
        attempt = 0
        while (order_id := draw(self.rng("id", number, attempt))) in self._orders:
            attempt += 1
        return order_id

    def walk(self, order_id: str, first: str, at: float, *purpose: object) -> Walk:
        return Walk(self.rng("life", order_id, *purpose), first, at, self.time_scale, self.fates)

    def put(self, order: Order[Facts]) -> None:
        self._orders[order.id] = order

    def get(self, order_id: str) -> Order[Facts] | None:
        return self._orders.get(order_id)

    def __iter__(self) -> Iterator[Order[Facts]]:
        return iter(self._orders.values())

    def __len__(self) -> int:
        return len(self._orders)
