"""What is rehearsed: how many orders, how long, what goes wrong, and the budget they are watched on."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from ordertrail.budget import Window
from simulators import Fate, Fault, FaultPlan

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


FAULTS: tuple[str, ...] = (*Fault, *Fate, *World)


@dataclass(frozen=True)
class Scenario:
    """`allowance`: by how many seconds we grant the providers' answers to be old without saying so."""

    seed: int
    orders: int
    days: float
    faults: Collection[str]
    providers: tuple[str, ...]
    allowance: int = 0

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
        """Seconds between two looks at the log where nobody else writes; coverage is saved ten times as
        seldom."""
        return self.seconds / 5_000

    @property
    def plan(self) -> FaultPlan:
        spoiling = [fault for fault in Fault if fault in self.faults]
        return dict.fromkeys(spoiling, SHARE / max(1, len(spoiling)))

    @property
    def fates(self) -> Collection[str]:
        return [fate for fate in Fate if fate in self.faults]

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

    def share(self, worker: str) -> Window:
        """What one worker may use of it."""
        whole, place = self.window(), self.workers.index(worker)
        return whole._replace(limit=(whole.limit + place) // len(self.workers))

    def placements(self, provider: str) -> list[float]:
        """When orders are placed there; all in the first three quarters of the time."""
        rng, place = self.rng("placements"), self.providers.index(provider)
        times = sorted(rng.uniform(0, 0.75 * self.seconds) for _ in range(self.orders))
        return times[place :: len(self.providers)]

    def api_version(self, provider: str) -> str | None:
        return self.rng("version").choice(("v0", "v1", "v2", "v3")) if provider == "xmrto" else None

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
