"""What is rehearsed: how many orders, how long, what goes wrong, and the budget they are watched on."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from ordertrail.budget import Window
from simulators import Fault, FaultPlan

LOOKS = 300
"""Requests there are for each order, more or less."""

SHARE = 0.16
"""Of all answers, spread over the faults that spoil an answer."""

DAY = 86_400.0
HOUR = 3_600.0
_RULES = {"xverse": "any", "ordinalsbot": "read", "runa": "any", "xmrto": "status"}


class World(StrEnum):
    """What goes wrong elsewhere than in an answer."""

    PROVIDER_DOWN = "provider_down"
    KILLED = "killed"
    CLOCK_STEPS = "clock_steps"
    TWO_WORKERS = "two_workers"


FAULTS: tuple[str, ...] = (*Fault, *World)


@dataclass(frozen=True)
class Scenario:
    seed: int
    orders: int
    days: float
    faults: Collection[str]
    providers: tuple[str, ...]

    def rng(self, *purpose: object) -> Random:
        return Random("/".join(map(str, (self.seed, *purpose))))

    @property
    def seconds(self) -> float:
        return self.days * DAY

    @property
    def time_scale(self) -> float:
        """So that lives fit the days there are."""
        return max(0.2, self.days / 8)

    @property
    def follow(self) -> float:
        """Seconds between two looks for news in the log; saving coverage has ten times as much time."""
        return self.seconds / min(10_000, 500 + 20 * self.orders)

    @property
    def pace(self) -> float:
        """How fast the policy asks, so that it would like to ask a little more than it may."""
        return self.days / LOOKS / 2

    @property
    def plan(self) -> FaultPlan:
        spoiling = [fault for fault in Fault if fault in self.faults]
        return dict.fromkeys(spoiling, SHARE / max(1, len(spoiling)))

    @property
    def workers(self) -> tuple[str, ...]:
        return ("main", "second") if World.TWO_WORKERS in self.faults else ("main",)

    @property
    def joined(self) -> float:
        """When the second worker joins, in seconds: from then on their clocks must agree to a second."""
        return self.seconds / 2 if World.TWO_WORKERS in self.faults else self.seconds

    def window(self) -> Window:
        """What each provider allows."""
        hourly = LOOKS * self.orders / len(self.providers) / (self.days * 24)
        return Window(max(20, round(hourly)), HOUR)

    def placements(self) -> list[tuple[float, str]]:
        """When an order is placed, and where; all in the first three quarters of the time."""
        rng = self.rng("placements")
        times = sorted(rng.uniform(0, 0.75 * self.seconds) for _ in range(self.orders))
        return [(at, self.providers[number % len(self.providers)]) for number, at in enumerate(times)]

    def api_versions(self) -> Mapping[str, str]:
        return {"xmrto": self.rng("version").choice(("v0", "v1", "v2", "v3"))}

    def outage(self, provider: str) -> tuple[float, float]:
        """From when to when nothing answers there: a day, or a tenth of the time there is."""
        if World.PROVIDER_DOWN not in self.faults:
            return (0.0, 0.0)
        length = min(DAY, self.seconds / 10)
        begin = self.rng("outage", provider).uniform(0, self.seconds - length)
        return begin, begin + length


def rule_of(provider: str) -> str:
    """The simulator's name for the limit on looks."""
    return _RULES[provider]
