"""A worker on a SQLite log in a file, asking simulators in the same process."""

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import httpx

import simulators
from adapters.clock import SystemClock
from adapters.endpoint import Endpoint
from adapters.log import open_log
from adapters.providers import ADAPTERS
from adapters.vault import Vault
from domain.identity import OrderKey
from domain.log import Log
from domain.order import Order, Tracking
from domain.providers import PROVIDERS
from ordertrail.budget import Budget, Window
from ordertrail.circuit import Circuit
from ordertrail.orders import fold
from ordertrail.policy import Freshest, Policy
from ordertrail.poll import Rhythm, Worker
from ordertrail.record import Recorder
from ordertrail.target import Target
from simulators.core import Simulator
from simulators.faults import FaultPlan
from simulators.transport import SimulatorTransport

ENVIRONMENT = "provider.example"


QUICK = Rhythm(follow=0.02, save=0.05, grace=2.0)


class Silent(httpx.AsyncBaseTransport):
    """A provider that can be cut off, and counts what reaches it."""

    def __init__(self, simulator: Simulator) -> None:
        self.down = False
        self.refusing: dict[str, str] | None = None
        self.asked: list[float] = []
        self._transport = SimulatorTransport(simulator, time.time, asyncio.sleep)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(time.monotonic())
        if self.down:
            raise httpx.ConnectError("nobody is there")
        if self.refusing is not None:
            return httpx.Response(429, headers=self.refusing, json={"error": "too many"})
        return await self._transport.handle_async_request(request)


def now() -> int:
    return time.time_ns() // 1000


@dataclass
class Place:
    """A log in a file, and the providers' twins."""

    file: Path
    seed: int = 7
    policy: Policy = field(default_factory=lambda: Freshest(pace=0.001))
    windows: tuple[Window, ...] = ()
    time_scale: float = 0.001
    faults: FaultPlan = field(default_factory=dict)
    logger: logging.Logger = field(default_factory=lambda: logging.getLogger("tests.poll"))

    def __post_init__(self) -> None:
        self.simulators = {
            slug: simulators.build(
                slug, seed=self.seed, time_scale=self.time_scale, windows=None, faults=self.faults
            )
            for slug in ADAPTERS
        }
        self.transports = {slug: Silent(simulator) for slug, simulator in self.simulators.items()}
        self.log = self.open()

    def open(self) -> Log:
        return open_log(f"sqlite:///{self.file}", now=now(), new_id="log-a")

    def recorder(self, log: Log | None = None, worker: str = "main") -> Recorder:
        log = log or self.open()
        return Recorder(
            log=log,
            vault=Vault(log, bytes(range(32))),
            providers=PROVIDERS,
            readers={slug: adapter.read for slug, adapter in ADAPTERS.items()},
            environments=dict.fromkeys(PROVIDERS, ENVIRONMENT),
            now=now,
            rng=Random(self.seed),
            worker=worker,
        )

    def seed_orders(self, slug: str, count: int) -> list[OrderKey]:
        ids = self.simulators[slug].seed_orders(count, time.time())
        return [OrderKey(slug, order_id) for order_id in ids]

    def track(self, keys: list[OrderKey], **wanted: object) -> None:
        asked = Tracking(environment=ENVIRONMENT, **wanted)  # type: ignore[arg-type] # as the test names them
        self.recorder(self.log).track([(key, asked) for key in keys])

    def target(self, slug: str) -> Target:
        return Target(
            adapter=ADAPTERS[slug],
            endpoint=Endpoint(f"https://{ENVIRONMENT}", api_key="a-key"),
            policy=self.policy,
            budget=Budget(self.windows),
            circuit=Circuit(Random(self.seed), first=0.02, longest=0.1),
            transport=self.transports[slug],
            in_flight=4,
        )

    def worker(
        self,
        *slugs: str,
        recorder: Callable[[], Recorder] | None = None,
        log: Callable[[], Log] | None = None,
        report: float = math.inf,
        publish: bool = False,
    ) -> Worker:
        return Worker(
            targets={slug: self.target(slug) for slug in slugs or ADAPTERS},
            open_log=log or self.open,
            make_recorder=recorder or self.recorder,
            clock=SystemClock(),
            rng=Random(self.seed),
            rhythm=replace(QUICK, report=report),
            publish=publish,
            logger=self.logger,
        )

    def order(self, key: OrderKey) -> Order:
        stream = self.log.registered(*key)
        return Order() if stream is None else fold(self.log.stream(stream))

    def orders(self, keys: list[OrderKey]) -> Mapping[OrderKey, Order]:
        return {key: self.order(key) for key in keys}


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[Worker]:
    """Stopped in order at the end."""
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        await task
