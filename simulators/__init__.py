"""The four providers as seeded, deterministic simulators; they import nothing of the application."""

from collections.abc import Collection, Mapping
from typing import Final, Literal, Protocol

from simulators.core import Appearance, Provider, Simulator
from simulators.fates import Fate
from simulators.faults import Fault, FaultPlan
from simulators.limits import Window, Windows
from simulators.message import Answer, Request
from simulators.ordinalsbot import Ordinalsbot
from simulators.runa import Runa
from simulators.xmrto import Xmrto
from simulators.xverse import Xverse

__all__ = [
    "PROVIDERS",
    "Answer",
    "Appearance",
    "Fate",
    "Fault",
    "FaultPlan",
    "Request",
    "Simulator",
    "Window",
    "Windows",
    "build",
]


class ProviderMaker(Protocol):
    def __call__(self, *, seed: int, time_scale: float, fates: Collection[str] = ()) -> Provider: ...


PROVIDERS: Final[Mapping[str, ProviderMaker]] = {
    "xverse": Xverse,
    "ordinalsbot": Ordinalsbot,
    "runa": Runa,
    "xmrto": Xmrto,
}


def build(
    provider: str,
    *,
    seed: int,
    time_scale: float = 1.0,
    windows: Windows | Literal["documented"] | None = "documented",
    faults: FaultPlan | None = None,
    fates: Collection[str] = (),
    api_keys: Collection[str] | None = None,
) -> Simulator:
    """A simulator of a provider; KeyError if there is none of that name.

    `time_scale` multiplies every dwell time. `windows`: the provider's own, others by the same rule names, or
    None for no limits. `fates`: what is to happen to many orders, see `Fate`. `api_keys` None: any key passes
    where one is required.
    """
    source = PROVIDERS[provider](seed=seed, time_scale=time_scale, fates=fates)
    limits = source.windows if windows == "documented" else windows
    return Simulator(source, seed=seed, windows=limits, faults=faults or {}, api_keys=api_keys)
