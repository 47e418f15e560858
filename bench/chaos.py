"""Writer, projector, publishers, broker and database killed and frozen at random: nothing lost or doubled.

Two publishers run, one of them standing by. The log is on PostgreSQL. `lost` counts also what the log had
acknowledged to a writer and does not have; the topics are read by a client that knows nothing of ours.
"""

import asyncio
import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from aiokafka.errors import KafkaError

from adapters.kafka import broker, topics
from adapters.kafka.artifacts import KAFKA
from adapters.kafka.audit import published_position
from adapters.kafka.client import opened_consumer
from adapters.log import open_log
from bench.chaos_check import Verdict, judged
from bench.chaos_servers import KafkaBroker, Postgres, Process, Supervised, Supervising, Target
from domain.log import Log, LogUnreachable
from projections.read_models import PROJECTION
from tests.fixtures.postgres import find_binaries
from tests.fixtures.postgres import start as start_postgres

PREFIX = "ordertrail."
CALM_SECONDS = (0.1, 1.2)
FROZEN_SECONDS = (0.3, 1.0, 3.0)
LONG_FROZEN_SECONDS = 18.0
"""Longer than who stands by waits for a sign of life."""
PATIENCE_SECONDS = 180

Say = Callable[[str], None]


@dataclass(frozen=True)
class Survived:
    kafka: str
    kills: int
    verdict: Verdict

    @property
    def holds(self) -> bool:
        verdict = self.verdict
        wrong = verdict.lost or verdict.doubled or verdict.reordered
        return verdict.events > 0 and verdict.read_models_equal and not wrong

    def line(self) -> dict[str, str | float | int | bool]:
        return {"kafka": self.kafka, "kills": self.kills, **self.verdict._asdict(), "holds": self.holds}


def run(kills: int = 20, kafka: str = KAFKA) -> Iterator[Survived]:
    seed = random.SystemRandom().randrange(1_000_000)
    yield survive(kills, Random(seed), kafka=kafka, say=lambda words: None)


def survive(kills: int, rng: Random, *, kafka: str = KAFKA, say: Say) -> Survived:
    """From the main thread only: what is started ends with it. `kafka` is the broker's kind and version;
    `say` hears of every strike."""
    with tempfile.TemporaryDirectory() as directory, _world(Path(directory), kafka) as world:
        world.wake()
        for number in range(kills):
            time.sleep(rng.uniform(*CALM_SECONDS))  # work goes on between strikes
            alive = [name for name, target in world.targets.items() if target.pids()]
            [name] = rng.choices(alive, [WEIGHTS[each] for each in alive])
            say(f"{number + 1}: {_strike(name, world.targets[name], rng)}")
        world.writer.end()
        world.drain()
        verdict = asyncio.run(judged(world.bootstrap, world.url, [world.acknowledged], PREFIX))
    return Survived(kafka, kills, verdict)


WEIGHTS: Mapping[str, float] = {
    "writer": 3,
    "projector": 3,
    "broker": 2,
    "postgres": 2,
    "publisher a": 0.5,
    "supervisor a": 1,
    "publishing a": 3,
    "supervisor b": 1,
    "publishing b": 3,
}


def _strike(name: str, target: Target, rng: Random) -> str:
    if rng.random() < 0.6:
        target.kill()
        return f"{name} killed"
    long = name.startswith("publishing") and rng.random() < 0.1
    seconds = LONG_FROZEN_SECONDS if long else rng.choice(FROZEN_SECONDS)
    pids = target.pids()
    _signal(pids, signal.SIGSTOP)
    time.sleep(seconds)  # how long the process stays frozen
    _signal(pids, signal.SIGCONT)
    return f"{name} frozen for {seconds} s"


def _signal(pids: Sequence[int], how: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, how)


@dataclass(frozen=True)
class _World:
    bootstrap: str
    url: str
    log: Log
    writer: Process
    acknowledged: Path
    targets: Mapping[str, Target]

    def wake(self) -> None:
        """Until the first events are on their topic."""
        self._await(lambda: asyncio.run(_published(self.bootstrap)) > 0, "nothing was published")

    def drain(self) -> None:
        """Until all is folded and published."""
        self._await(self._drained, "not everything was published after the last kill")

    def _await(self, holds: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _answered(holds):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{otherwise} within {PATIENCE_SECONDS} s")
            time.sleep(0.5)  # other processes are at work

    def _drained(self) -> bool:
        tail = self.log.tail()
        if self.log.position(PROJECTION) < tail or self.log.outbox(0, 1):
            return False
        return asyncio.run(_published(self.bootstrap)) >= tail


def _answered(holds: Callable[[], bool]) -> bool:
    """False also while broker or database come back."""
    try:
        return holds()
    except (KafkaError, TimeoutError, LogUnreachable):
        return False


async def _published(bootstrap: str) -> int:
    async with opened_consumer(bootstrap, "chaos", committed=True) as consumer:
        position = await published_position(consumer, PREFIX)
        return position.position if position else 0


@contextmanager
def _world(directory: Path, version: str) -> Iterator[_World]:
    server = start_postgres(find_binaries(), durable=True)
    url = server.create_database()
    log = open_log(url, now=0, new_id="chaos")
    kafka = broker.start(directory / "kafka", kafka=version)
    asyncio.run(topics.ensure(kafka.bootstrap, prefix=PREFIX))
    environment = {"ORDERTRAIL_LOG": url, "ORDERTRAIL_KAFKA": kafka.bootstrap}

    def started(name: str, module: str, *arguments: str) -> Process:
        return Process(module, *arguments, environment=environment, output=directory / name)

    writer = started("writer", "bench.chaos_writer", url)
    projector = started("projector", "ordertrail", "run", "project")
    publishers = [started(f"publisher-{each}", "ordertrail", "run", "publish") for each in "ab"]
    targets: dict[str, Target] = {
        "writer": writer,
        "projector": projector,
        "broker": KafkaBroker(kafka),
        "postgres": Postgres(server),
        "publisher a": publishers[0],
        "supervisor a": Supervising(publishers[0]),
        "publishing a": Supervised(publishers[0]),
        "supervisor b": Supervising(publishers[1]),
        "publishing b": Supervised(publishers[1]),
    }
    try:
        yield _World(kafka.bootstrap, url, log, writer, directory / "writer", targets)
    finally:
        for process in (writer, projector, *publishers):
            process.end()
        log.close()
        kafka.stop()
        server.stop()
