"""The simulated world of a demo, kept so that it can be made again exactly as it was.

Simulators hold their orders in memory, but their seed gives every order its id and its life. So a small file
with seeds and the times at which orders were placed brings a world back after whatever ended the demo.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from domain.identity import OrderKey
from domain.instants import instant
from domain.phases import FINAL
from domain.providers import PROVIDERS
from simulators import Fault, FaultPlan, Simulator, build

SCALES: Mapping[str, float] = {"xverse": 1 / 240, "ordinalsbot": 1 / 350, "runa": 2.0, "xmrto": 1 / 70}
"""How much faster than life: most orders end within half a minute."""

FAULTS: FaultPlan = {
    Fault.SERVER_ERROR: 0.03,
    Fault.MALFORMED: 0.01,
    Fault.CUT_OFF: 0.01,
    Fault.UNKNOWN_WORD: 0.01,
    Fault.REGRESSION: 0.005,
}
LONGEST_LIFE = 38.0
SHORTEST_LIFE = 6.0
SEEDS_TRIED = 60


class WorldError(Exception):
    """The directory can't be used for this demo; the message says what to do."""


class Batch(msgspec.Struct, frozen=True):
    """Orders placed together: how many at each provider, and when (seconds since the epoch)."""

    at: float
    counts: dict[str, int]


class World(msgspec.Struct, frozen=True):
    """`seed` is what was asked for, `seeds` what the simulators got."""

    seed: int
    seeds: dict[str, int]
    scales: dict[str, float]
    batches: list[Batch]

    @property
    def orders(self) -> int:
        return sum(sum(batch.counts.values()) for batch in self.batches)


class Place:
    """The directory of a demo: its log, its broker's data and the file of its world."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = directory / "ordertrail.db"
        self.kafka = directory / "kafka"
        self._world = directory / "demo.json"

    @contextmanager
    def taken(self) -> Iterator[None]:
        """One demo at a time; raises WorldError."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "demo.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise WorldError(
                    f"a demo is running in {self.directory}: end it, or --keep another"
                ) from None
            yield

    def clear(self) -> None:
        """Forget everything but the directory itself."""
        self._world.unlink(missing_ok=True)
        for file in self.directory.glob("ordertrail.db*"):
            file.unlink()
        shutil.rmtree(self.kafka, ignore_errors=True)

    def read(self) -> World | None:
        """The world kept here; None in a fresh directory. Raises WorldError."""
        if not self._world.exists():
            if self.log.exists():
                raise WorldError(f"{self.log} is no log of a demo: --fresh starts over, or --keep another")
            return None
        try:
            return msgspec.json.decode(self._world.read_bytes(), type=World)
        except msgspec.DecodeError as error:
            raise WorldError(f"{self._world} can't be read ({error}): --fresh starts over") from None

    def write(self, world: World) -> None:
        """On disk before anything relies on it."""
        draft = self._world.with_suffix(".new")
        with draft.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(world)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._world)


def new_world(seed: int, orders: int, at: float) -> World:
    """Orders spread over the providers, with seeds that let them all end in good time."""
    counts = spread(orders)
    seeds = {slug: fitting_seed(slug, seed, count, at) for slug, count in counts.items()}
    return World(seed, seeds, dict(SCALES), [Batch(at, counts)])


def spread(orders: int) -> dict[str, int]:
    slugs = list(SCALES)
    return {slug: orders // len(slugs) + (at < orders % len(slugs)) for at, slug in enumerate(slugs)}


def fitting_seed(slug: str, seed: int, count: int, at: float) -> int:
    """The first of some seeds whose orders all end soon, but not at once; else the one with most that do."""
    best, most = seed, -1
    for candidate in range(seed * 1000, seed * 1000 + SEEDS_TRIED):
        simulator = build(slug, seed=candidate, time_scale=SCALES[slug], windows=None)
        simulator.seed_orders(count, at)
        lives = [end - at for end in ends(simulator, at) if end is not None]
        fitting = sum(end <= LONGEST_LIFE for end in lives) + (max(lives, default=0.0) >= SHORTEST_LIFE)
        if fitting > most:
            best, most = candidate, fitting
        if most == count + 1:
            break
    return best


def simulators_of(world: World) -> list[Simulator]:
    """The world again, with every order that was ever placed in it."""
    made = []
    for slug, seed in world.seeds.items():
        simulator = build(slug, seed=seed, time_scale=world.scales[slug], faults=FAULTS)
        for batch in world.batches:
            simulator.seed_orders(batch.counts.get(slug, 0), batch.at)
        made.append(simulator)
    return made


def keys(simulators: Sequence[Simulator], now: float) -> list[OrderKey]:
    return [OrderKey(each.provider, truth["id"]) for each in simulators for truth in each.truth(now)]


def will_move(simulators: Sequence[Simulator], now: float, within: float) -> bool:
    """Whether any order ends within so many seconds: if not, there would be nothing to see."""
    coming = (end for simulator in simulators for end in ends(simulator, now))
    return any(end is not None and now < end <= now + within for end in coming)


def ends(simulator: Simulator, now: float) -> list[float | None]:
    """When each order comes to its end, in seconds since the epoch; None if it never does."""
    phases = PROVIDERS[simulator.provider].phases
    found: list[float | None] = []
    for truth in simulator.truth(now):
        steps = [*truth["states"], *truth["ahead"]]
        final = [step["entered_at"] for step in steps if phases[step["state"]] in FINAL]
        found.append(instant(final[0]) / 1e6 if final else None)
    return found
