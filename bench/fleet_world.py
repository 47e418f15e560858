"""The world of a fleet: one simulator that counts, one log, and workers as processes of their own."""

import asyncio
import math
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from adapters.log import open_log
from adapters.providers import ADAPTERS
from adapters.vault import Vault, load_key
from bench.chaos_servers import Process
from domain.identity import OrderKey
from domain.instants import SECOND, instant
from domain.log import Log
from domain.order import Tracking
from domain.phases import FINAL
from domain.providers import PROVIDERS
from ordertrail.record import Recorder
from simulators import Simulator, build
from simulators.message import Answer, Body, Request
from simulators.server import serve

PROVIDER = "xverse"
PHASES = PROVIDERS[PROVIDER].phases
OFFSET = time.time() - time.monotonic()
HOST = "127.0.0.1"
TRACKED_AT_ONCE = 1000
EXCUSED_SECONDS = 2.0
"""How late what a frozen worker had in hand may still arrive."""


@dataclass
class Arrivals:
    """What reached the provider: when (seconds of a clock that never steps), and about which order."""

    at: list[float] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)

    def most_within(self, seconds: float, excused: Sequence[float] = (), each: int = 0) -> int:
        """In any window of so many seconds; less `each` for each moment `excused` that lies in it, or up to
        two seconds before."""
        first = most = 0
        for last, at in enumerate(self.at):
            while self.at[first] <= at - seconds:
                first += 1
            excuses = sum(at - seconds - EXCUSED_SECONDS <= moment <= at for moment in excused)
            most = max(most, last - first + 1 - each * excuses)
        return most

    def gaps(self, over: Mapping[str, float], begin: float, end: float) -> Iterator[tuple[float, float]]:
        """From one look to the next, and to and from either end, of every order until it was over."""
        last = dict.fromkeys(over, begin)
        for at, order in zip(list(self.at), self.orders, strict=False):
            if begin <= at <= end:
                yield last[order], min(at, over[order])
                last[order] = at
        for order, at in last.items():
            yield at, min(end, over[order])

    def last(self) -> Mapping[str, float]:
        """When each order was asked about last."""
        return dict(zip(list(self.orders), self.at, strict=False))


class Counting:
    """A simulator that notes every request, and whose orders can be made to stand still."""

    provider = PROVIDER

    def __init__(self, simulator: Simulator) -> None:
        self.arrivals = Arrivals()
        self.stands_at: float | None = None
        self._simulator = simulator

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() if self.stands_at is None else self.stands_at

    def handle(self, request: Request, now: float) -> Answer:
        self.arrivals.at.append(time.monotonic())
        self.arrivals.orders.append(request.path.rstrip("/").rpartition("/")[2])
        return self._simulator.handle(request, now)

    def place(self, orders: int) -> list[str]:
        return self._simulator.seed_orders(orders, self.now())

    def over(self) -> Mapping[str, float]:
        """When each order came to its end, by the clock of the arrivals; infinite if it has not yet."""
        ends = {}
        for order in self.truth():
            final = [step for step in order["states"] if PHASES[step["state"]] in FINAL]
            ends[order["id"]] = steady(final[0]["entered_at"]) if final else math.inf
        return ends

    def changed(self) -> Mapping[str, float]:
        """When each order changed last, by the clock of the arrivals."""
        return {order["id"]: steady(order["states"][-1]["entered_at"]) for order in self.truth()}

    def truth(self) -> list[Body]:
        return self._simulator.truth(self.now())


@dataclass(frozen=True)
class Wish:
    """`limit` requests in `window` seconds; `scale`: how long the orders live; `pace`: how long the pauses
    between looks are if the budget allows."""

    orders: int
    limit: int
    window: float
    seed: int
    scale: float
    pace: float

    @property
    def words(self) -> str:
        return f"{self.limit}/{self.window:g}s"


@dataclass
class World:
    wish: Wish
    counting: Counting
    log: Log
    orders: list[str]
    workers: dict[str, Process]
    directory: Path
    environment: Mapping[str, str]

    def start(self, name: str) -> None:
        environment = {**self.environment, "ORDERTRAIL_WORKER": name}
        output = self.directory / f"{name}.log"
        self.workers[name] = Process("ordertrail", "run", "poll", environment=environment, output=output)


@contextmanager
def world(wish: Wish, directory: Path, log_url: str, bootstrap: str, prefix: str) -> Iterator[World]:
    """Everything but workers; those are ended with it."""
    directory.mkdir()
    counting = Counting(build(PROVIDER, seed=wish.seed, time_scale=wish.scale, windows=None))
    with _serving(counting) as url:
        log = open_log(log_url, now=_micros(), new_id=f"fleet-{directory.name}")
        key = directory / "evidence.key"
        orders = counting.place(wish.orders)
        _track(log, key, orders)
        environment = {
            "ORDERTRAIL_LOG": log_url,
            "ORDERTRAIL_KAFKA": bootstrap,
            "ORDERTRAIL_TOPICS__PREFIX": prefix,
            "ORDERTRAIL_EVIDENCE_KEY_FILE": str(key),
            "ORDERTRAIL_PACE": str(wish.pace),
            "ORDERTRAIL_PROVIDERS__XVERSE__URL": url,
            "ORDERTRAIL_PROVIDERS__XVERSE__API_KEY": "a-key",
            "ORDERTRAIL_PROVIDERS__XVERSE__WINDOWS": f'["{wish.words}"]',
        }
        made = World(wish, counting, log, orders, {}, directory, environment)
        try:
            yield made
        finally:
            for process in made.workers.values():
                process.end()
            log.close()


@contextmanager
def _serving(counting: Counting) -> Iterator[str]:
    """In a thread with a loop of its own."""
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    found: list[str] = []

    async def work() -> None:
        async with serve([counting], clock=counting.now) as urls:  # type: ignore[list-item] # it handles alike
            found.append(urls[PROVIDER])
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(work(),))
    thread.start()
    ready.wait()
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def _track(log: Log, key: Path, orders: Sequence[str]) -> None:
    recorder = Recorder(
        log=log,
        vault=Vault(log, load_key(key, create=True)),
        providers=PROVIDERS,
        readers={slug: adapter.read for slug, adapter in ADAPTERS.items()},
        environments=dict.fromkeys(PROVIDERS, HOST),
        now=_micros,
        rng=Random(1),
    )
    keys = [OrderKey(PROVIDER, order) for order in orders]
    for first in range(0, len(keys), TRACKED_AT_ONCE):
        recorder.track([(each, Tracking(HOST)) for each in keys[first : first + TRACKED_AT_ONCE]])


def steady(at: str) -> float:
    """A time of the truth, by the clock of the arrivals."""
    return instant(at) / SECOND - OFFSET


def _micros() -> int:
    return time.time_ns() // 1000
