"""A whole rehearsal, from the first order placed to the last look recorded."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from adapters.endpoint import Endpoint
from adapters.providers import ADAPTERS
from adapters.vault import Vault
from domain.identity import OrderKey
from domain.instants import MINUTE, SECOND
from domain.log import Log, LogRefused
from domain.order import Tracking
from domain.providers import PROVIDERS
from ordertrail.budget import Budget
from ordertrail.circuit import Circuit
from ordertrail.policy import Freshest
from ordertrail.poll import Rhythm, Worker
from ordertrail.record import Recorder
from ordertrail.rehearsal.process import Process, Tide, connection
from ordertrail.rehearsal.scenario import Scenario, World, rule_of
from ordertrail.rehearsal.usage import Usage
from ordertrail.rehearsal.virtual import VirtualClock, VirtualTime
from ordertrail.rehearsal.wire import Tape, Wire
from ordertrail.target import Target
from ordertrail.thread import InLoop
from simulators import Simulator, build
from simulators.limits import Window as Limit

HOST = "provider.example"
MASTER = bytes(32)
APART = 300_000
"""How far two workers' clocks are apart, in microseconds."""

STEPS = (-3_600, -61, -2, 1, 45, 7_200)
"""By which a clock is put forward or back, in seconds."""

Say = Callable[[float], None]
"""Gets the share of the time that is over."""


class Stage:
    """`providers`: those of the scenario's that are played here."""

    def __init__(
        self,
        scenario: Scenario,
        providers: Sequence[str],
        log: Log,
        time: VirtualTime,
        logger: logging.Logger,
    ) -> None:
        self.scenario = scenario
        self.tape = Tape()
        self.time = time
        self.usage = Usage(time)
        self.exercised: Counter[str] = Counter()
        self.keys: list[OrderKey] = []
        self.simulators = {slug: self._simulator(slug) for slug in providers}
        self._providers = tuple(providers)
        self._log = log
        self._logger = logger
        self._tide = Tide()
        self._kept: dict[str, bytes] = {}
        self._clocks = {
            worker: VirtualClock(time, f"{worker}-0", error=number * APART)
            for number, worker in enumerate(scenario.workers)
        }
        self._outages = {slug: scenario.outage(slug) for slug in providers}
        self._streams: dict[OrderKey, str] = {}

    async def play(self, say: Say) -> None:
        stop = asyncio.Event()
        company = [asyncio.create_task(self._staff(name, stop)) for name in self.scenario.workers]
        beside = [asyncio.create_task(self._tell(say)), asyncio.create_task(self._step_clocks())]
        await self._place()
        await asyncio.sleep(self.scenario.seconds - self.time.seconds)
        stop.set()
        await asyncio.gather(*company)
        for task in beside:
            task.cancel()

    async def _tell(self, say: Say) -> None:
        while True:
            say(self.time.seconds / self.scenario.seconds)
            await asyncio.sleep(self.scenario.seconds / 200)

    async def _step_clocks(self) -> None:
        """The first machine's clock is put forward and back, and right before another one joins it."""
        rng = self.scenario.rng("clocks")
        while World.CLOCK_STEPS in self.scenario.faults:
            await asyncio.sleep(min(rng.expovariate(12 / self.scenario.seconds), self.scenario.seconds / 25))
            self.exercised["clock_steps"] += 1
            if self.time.seconds < 0.9 * self.scenario.joined:
                clock = self._clocks["main"]
                clock.error = 0 if rng.random() < 0.3 else clock.error + rng.choice(STEPS) * SECOND
            else:
                self._clocks["main"].error = 0

    async def _place(self) -> None:
        """Orders are placed, and tracked at once by whoever placed them."""
        clock = VirtualClock(self.time, "tracker")
        process = Process("tracker", clock, self._tide, kept=self._kept)
        tracker = self._recorder(process, "tracker")
        placements = [(at, slug) for slug in self._providers for at in self.scenario.placements(slug)]
        for at, slug in sorted(placements):
            await asyncio.sleep(max(0.0, at - self.time.seconds))
            for order_id in self.simulators[slug].seed_orders(1, self.time.utc):
                key = OrderKey(slug, order_id)
                self.keys.append(key)
                [tracked] = tracker.track([(key, Tracking(environment=HOST))])
                self._streams[key] = tracked.stream

    async def _staff(self, name: str, stop: asyncio.Event) -> None:
        """One process after the other under one name: each until it is killed, the last until the stop."""
        rng = self.scenario.rng("fate", name)
        life = 0
        if name != self.scenario.workers[0]:
            await asyncio.sleep(self.scenario.joined)
        while not stop.is_set():
            home = "/".join([*self._providers, name])
            process = Process(name, self._clocks[name], self._tide, kept=self._kept, home=home)
            targets = {slug: self._target(slug, process, life) for slug in self._providers}
            worker = self._worker(process, life, targets)
            work = asyncio.create_task(worker.run(stop))
            watching = asyncio.create_task(self.usage.watch(worker, targets))
            if World.KILLED in self.scenario.faults:
                await asyncio.wait([work], timeout=rng.expovariate(8 / self.scenario.seconds))
                await self._kill(process, work, gently=rng.random() < 0.5)
            await self._over(process, work)
            self._tide.leave(process)
            watching.cancel()
            self._count_losses(process)
            if process.dead and not stop.is_set():
                await asyncio.sleep(rng.choice((1.0, 60.0, 7200.0)))
            life += 1
            early = self.time.seconds < 0.8 * self.scenario.joined
            if World.CLOCK_STEPS in self.scenario.faults and early and rng.random() < 0.3:
                self._reboot(name, life, rng.choice(STEPS))

    def _reboot(self, name: str, life: int, step: int) -> None:
        """The machine comes back with another steady clock, and its wall clock was put forward or back."""
        error = self._clocks[name].error + step * SECOND
        self.exercised["clock_steps_while_down"] += 1
        self._clocks[name] = VirtualClock(self.time, f"{name}-{life}", error)

    async def _kill(self, process: Process, work: asyncio.Task[None], *, gently: bool) -> None:
        """In the middle of whatever it does, or between a commit and hearing of it."""
        if work.done():
            return
        if gently:
            self.exercised["killed_after_commit"] += 1
            process.doomed = True
            await asyncio.wait([work])
        else:
            self.exercised["killed_at_work"] += 1
            process.die()
            work.cancel()

    async def _over(self, process: Process, work: asyncio.Task[None]) -> None:
        try:
            await work
        except (LogRefused, asyncio.CancelledError):
            if not process.dead:
                raise

    def _count_losses(self, process: Process) -> None:
        for taken in self.tape.looks:
            if taken.process is process:
                saved = process.saved.get(self._streams[taken.key], -1)
                taken.lost = not taken.ended or taken.ended > saved

    def _worker(self, process: Process, life: int, targets: Mapping[str, Target]) -> Worker:
        rng = self.scenario.rng("worker", *self._providers, process.worker, life)
        return Worker(
            targets=targets,
            open_log=lambda: connection(self._log, process),
            make_recorder=lambda: self._recorder(process, f"{process.worker}/{life}"),
            clock=process.clock,
            rng=rng,
            worker=process.worker,
            rhythm=Rhythm(follow=self.scenario.follow, save=10 * self.scenario.follow),
            thread=InLoop,
            pause=process.pause,
            logger=self._logger,
        )

    def _target(self, slug: str, process: Process, life: int) -> Target:
        purpose = (process.worker, life, slug)
        return Target(
            adapter=ADAPTERS[slug],
            endpoint=Endpoint(f"https://{HOST}", "a-key", self.scenario.api_version(slug)),
            policy=Freshest(pace=self.scenario.time_scale),
            budget=Budget([self.scenario.share(process.worker)]),
            allowance=self.scenario.allowance,
            circuit=Circuit(self.scenario.rng("circuit", *purpose), longest=10 * MINUTE / 1e6),
            transport=Wire(
                self.simulators[slug],
                process=process,
                time=self.time,
                tape=self.tape,
                rng=self.scenario.rng("wire", *purpose),
                down=self._down,
            ),
        )

    def _recorder(self, process: Process, name: str) -> Recorder:
        log = connection(self._log, process)
        return Recorder(
            log=log,
            vault=Vault(log, MASTER),
            providers=PROVIDERS,
            readers={slug: adapter.read for slug, adapter in ADAPTERS.items()},
            environments=dict.fromkeys(PROVIDERS, HOST),
            now=process.clock.wall,
            rng=self.scenario.rng("recorder", *self._providers, name),
            worker=process.worker,
        )

    def _simulator(self, slug: str) -> Simulator:
        window = self.scenario.window()
        return build(
            slug,
            seed=self.scenario.seed,
            time_scale=self.scenario.time_scale,
            windows={rule_of(slug): (Limit(window.limit, window.seconds),)},
            faults=self.scenario.plan,
            fates=self.scenario.fates,
        )

    def _down(self, slug: str, seconds: float) -> bool:
        begin, end = self._outages[slug]
        return begin <= seconds < end
