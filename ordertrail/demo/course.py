"""The course of a demo: make the world, record it, show it, compare log and topics, sum up."""

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from adapters.kafka.findings import AuditReport
from domain.identity import OrderKey
from domain.log import Log
from domain.order import Tracking
from ordertrail.demo.streaming import Streaming, lack
from ordertrail.demo.view import Picture, Said, View
from ordertrail.demo.world import (
    Batch,
    Place,
    World,
    WorldError,
    keys,
    new_world,
    simulators_of,
    spread,
    will_move,
)
from ordertrail.poll import Worker
from ordertrail.running import Projecting
from ordertrail.settings import ProviderSettings, Settings
from ordertrail.wiring import environments, made_log, opened, worker_of
from simulators import Simulator
from simulators.server import serve

PACE = 0.02
KEY = "demo-key"
TICK_SECONDS = 0.2
SETTLE_SECONDS = 1.0
ROWS = 1000


@dataclass(frozen=True)
class Wish:
    """What a demo was asked for. `seed` and `orders` None: what is there, or the default."""

    place: Place
    seed: int | None
    orders: int | None
    seconds: float
    fresh: bool
    kafka: bool
    bootstrap: str | None


@dataclass(frozen=True)
class Summary:
    """`report` None: nothing was published, or the topics could not be read."""

    orders: int
    final: int
    looks: int
    events: int
    published: bool
    report: AuditReport | None


ORDERS, SEED = 48, 1


def world_of(wish: Wish, now: float) -> tuple[World, str]:
    """The world to run, stored, and a sentence about it. Raises WorldError."""
    place = wish.place
    if wish.fresh:
        place.clear()
    world = place.read()
    if world is None:
        world = new_world(SEED if wish.seed is None else wish.seed, wish.orders or ORDERS, now)
        said = f"{world.orders} new orders, seed {world.seed}, in {place.directory}"
    elif wish.seed not in (None, world.seed):
        raise WorldError(f"the demo in {place.directory} has seed {world.seed}: --fresh starts over")
    elif wish.orders is None and will_move(simulators_of(world), now, wish.seconds):
        said = f"going on with the {world.orders} orders in {place.directory}"
    else:
        batch = Batch(now, spread(wish.orders or ORDERS))
        world = World(world.seed, world.seeds, world.scales, [*world.batches, batch])
        said = f"{sum(batch.counts.values())} more orders for the demo in {place.directory}"
    place.write(world)
    return world, said


def settings_of(place: Place, urls: Mapping[str, str]) -> Settings:
    providers = {
        slug: ProviderSettings.model_validate({"url": url, "api_key": KEY}) for slug, url in urls.items()
    }
    return Settings(log=f"sqlite:///{place.log.absolute()}", pace=PACE, providers=providers)


class Demo:
    def __init__(self, wish: Wish, view: View, logger: logging.Logger) -> None:
        self.picture = Picture()
        self._wish = wish
        self._view = view
        self._logger = logger
        self._after = 0

    async def run(self, stop: asyncio.Event) -> Summary:
        """Until every order is final, the time is up, or `stop`. Raises WorldError, LogError, OSError."""
        world, said = world_of(self._wish, time.time())
        self._view.say(said)
        simulators = simulators_of(world)
        async with AsyncExitStack() as stack:
            urls = await stack.enter_async_context(serve(simulators))
            settings = settings_of(self._wish.place, urls)
            log = await asyncio.to_thread(made_log, settings)
            stack.callback(log.close)
            await self._read(log)  # what earlier runs recorded is counted, not shown again
            await asyncio.to_thread(_track, settings, simulators)
            streaming = self._streaming(settings, log)
            if streaming is not None:
                stack.push_async_callback(streaming.close)
            await self._record(settings, log, streaming, stop)
            return await self._sum_up(log, streaming, stop)

    def _streaming(self, settings: Settings, log: Log) -> Streaming | None:
        if not self._wish.kafka:
            return None
        given = self._wish.bootstrap
        if given is None and (missing := lack()):
            self._view.say(missing)
            return None
        return Streaming(
            log_url=settings.log,
            data=self._wish.place.kafka,
            bootstrap=given,
            prefix=settings.topics.prefix if given is None else f"ordertrail-demo-{log.id}.",
            say=self._view.say,
            logger=self._logger,
        )

    async def _record(
        self, settings: Settings, log: Log, streaming: Streaming | None, stop: asyncio.Event
    ) -> None:
        """Poll and project until there is nothing more to see."""
        done = asyncio.Event()
        worker = worker_of(settings, self._logger)
        works = [
            asyncio.create_task(worker.run(done)),
            asyncio.create_task(Projecting(settings, self._logger).run(done)),
        ]
        try:
            await self._watch(log, worker, streaming, stop, works)
        finally:
            done.set()
            await asyncio.gather(*works)
        await self._look(log, worker, streaming)

    async def _watch(
        self,
        log: Log,
        worker: Worker,
        streaming: Streaming | None,
        stop: asyncio.Event,
        works: list[asyncio.Task[None]],
    ) -> None:
        until = time.monotonic() + self._wish.seconds
        while not stop.is_set() and time.monotonic() < until and not any(work.done() for work in works):
            await self._look(log, worker, streaming)
            orders = self.picture.orders
            if orders and self.picture.final == len(orders):
                until = min(until, time.monotonic() + SETTLE_SECONDS)
            await asyncio.sleep(TICK_SECONDS)

    async def _look(self, log: Log, worker: Worker, streaming: Streaming | None) -> None:
        """Bring the picture up to date and show it."""
        news = await self._read(log)
        self.picture.looks = {slug: counts.looks for slug, counts in worker.counts.items()}
        if streaming is not None:
            self.picture.published, self.picture.kafka = streaming.told.position, streaming.where
        self._view.show(self.picture, news)

    async def _read(self, log: Log) -> list[Said]:
        """What is new in the log."""
        news: list[Said] = []
        while rows := await asyncio.to_thread(log.read, self._after, ROWS):
            self._after = rows[-1].position
            news += self.picture.take(rows)
        return news

    async def _sum_up(self, log: Log, streaming: Streaming | None, stop: asyncio.Event) -> Summary:
        report = None
        if streaming is not None and not stop.is_set():
            if not await streaming.drained(log):
                self._view.say("not everything was published in time; it is, the next time")
            self.picture.published = streaming.told.position
            self._view.show(self.picture, [])
            await streaming.stop_publishing()
            if streaming.told.position:
                report = await streaming.compare(log)
        picture = self.picture
        return Summary(
            orders=len(picture.orders),
            final=picture.final,
            looks=sum(picture.looks.values()),
            events=picture.events,
            published=report is not None,
            report=report,
        )


def _track(settings: Settings, simulators: list[Simulator]) -> None:
    """Every order of the world; those that are tracked already stay as they are."""
    hosts = environments(settings)
    with opened(settings, create=True) as parts:
        unknown: list[OrderKey] = [
            key for key in keys(simulators, time.time()) if parts.log.registered(*key) is None
        ]
        parts.recorder.track([(key, Tracking(hosts[key.provider])) for key in unknown])
