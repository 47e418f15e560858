"""A worker: asks the providers about the orders in the log, and records what they answer, until told to stop.

lanes      one per provider: what is due → request → answer → coverage, or the writer
writer     group commits of what is news, and of coverage every few seconds
follower   what others append to the log, and what people ask of a running worker
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from random import Random

from adapters.clock import Timepiece
from adapters.http import BODY_LIMIT, client, ssl_context
from adapters.membership import Membership
from domain.encoding import UnknownEvent
from domain.events import ContactLost, OrderTracked, TrackingStopped
from domain.identity import OrderKey, contact_stream, reserved
from domain.log import Log
from domain.rows import Row
from domain.watch import PATIENCE, Patience, Watch
from ordertrail.desk import Desk
from ordertrail.executing import Executor
from ordertrail.following import ASKED, Follower, begun, changed, key_of
from ordertrail.gate import Gate
from ordertrail.holding import AHEAD, Holding
from ordertrail.insistence import Insistence
from ordertrail.lane import Lane
from ordertrail.ownership import Alone, Division
from ordertrail.record import Recorder
from ordertrail.remembering import SELDOM, Remembering
from ordertrail.reporting import Reporter
from ordertrail.reports import DwellRow, WorkerReport
from ordertrail.target import Counts, Shared, Target
from ordertrail.thread import OneThread, Thread
from ordertrail.writer import Writer

_RECALL = 0.02
_DEFERRAL = 0.25
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """Seconds: between two looks at the log, two savings of coverage, and two reports of the providers;
    `grace` is how long a stop waits for answers and for the log."""

    follow: float = 0.25
    save: float = 3.0
    report: float = math.inf
    grace: float = 10.0


USUAL = Rhythm()


class Worker:
    """`open_log` and `make_recorder` may raise LogUnreachable, and are called again; each is used in a
    `thread` of its own. `pause` waits so many seconds, or until there is something to follow. `membership`
    None: this worker is alone. `publish`: reports of the providers go to Kafka as well.
    """

    def __init__(
        self,
        *,
        targets: Mapping[str, Target],
        open_log: Callable[[], Log],
        make_recorder: Callable[[], Recorder],
        clock: Timepiece,
        rng: Random,
        worker: str = "main",
        body_limit: int = BODY_LIMIT,
        patience: Patience = PATIENCE,
        rhythm: Rhythm = USUAL,
        thread: Callable[[str], Thread] = OneThread,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        membership: Membership | None = None,
        publish: bool = False,
        logger: logging.Logger = _LOGGER,
    ) -> None:
        self._targets = targets
        self._rhythm = rhythm
        self._pause = pause
        self._deferred: list[Row] = []
        self._lanes: dict[str, Lane] = {}
        self._savings: set[asyncio.Task[None]] = set()
        self._counts = {slug: Counts() for slug in targets}
        insist = Insistence(rng, logger)
        self._membership = membership or Alone()
        self._division = Division({slug: target.budget.windows for slug, target in targets.items()})
        self._writer = Writer(make=make_recorder, thread=thread("writer"), insist=insist, logger=logger)
        self._planner = thread("planner")
        self._follower = Follower(open_log=open_log, thread=thread("follower"), insist=insist)
        self._shared = Shared(
            writer=self._writer,
            clock=clock,
            rng=rng,
            logger=logger,
            worker=worker,
            body_limit=body_limit,
            patience=patience,
        )
        self._remembering = Remembering(lanes=self._lanes, shared=self._shared, every=SELDOM * rhythm.save)
        self._reporter = Reporter(
            lanes=self._lanes, shared=self._shared, every=rhythm.report, publish=publish
        )

    @property
    def counts(self) -> Mapping[str, Counts]:
        """By provider, since the start."""
        return self._counts

    @property
    def reports(self) -> Mapping[str, WorkerReport]:
        """What this worker last said of its providers."""
        return self._reporter.last

    @property
    def dwell(self) -> Mapping[str, Sequence[DwellRow]]:
        """How long orders stay in their providers' states, as the log had it at the last report."""
        return self._reporter.dwell

    @property
    def orders(self) -> Mapping[str, int]:
        """Orders watched now, by provider."""
        return {slug: len(self._lanes[slug].fleet) if slug in self._lanes else 0 for slug in self._targets}

    @property
    def due(self) -> Mapping[str, bool]:
        """Whether an order's next look is due by now, by provider."""
        return {slug: lane.fleet.next_due() <= self._time() for slug, lane in self._lanes.items()}

    async def run(self, stop: asyncio.Event) -> None:
        """Returns after `stop` is set and what had come back is recorded; LogRefused if the log is unfit."""
        self._loop = asyncio.get_running_loop()
        context = ssl_context()
        for slug, target in self._targets.items():
            gate = Gate(slug, target.budget, self._division, self._membership.holds)
            http = client(
                transport=target.transport,
                context=context,
                connections=target.in_flight,
                before_write=gate.check,
            )
            fresh = client(
                transport=target.transport,
                context=context,
                keep_alive=0,
                before_write=gate.check,
            )
            self._lanes[slug] = Lane(target, self._shared, http, self._counts[slug], gate, fresh)
        self._holding = self._hold()
        self._desk = self._open_desk()
        writing = asyncio.create_task(self._writer.run())
        belonging = asyncio.create_task(self._membership.run(self._holding))
        askers: list[asyncio.Task[None]] = []
        try:
            if await self._until(stop, [writing, belonging], self._load()):
                askers = [
                    asyncio.create_task(lane.work())
                    for slug, lane in self._lanes.items()
                    for _ in range(self._targets[slug].in_flight)
                ]
                await self._until(stop, [writing, belonging, *askers], self._attend())
        finally:
            try:
                await self._wind_up(writing, askers)
            finally:
                belonging.cancel()
                await asyncio.gather(belonging, return_exceptions=True)

    async def _until(
        self, stop: asyncio.Event, others: Sequence[asyncio.Task[None]], work: Coroutine[object, object, None]
    ) -> bool:
        """Whether the work was done before the stop; whatever fails meanwhile is raised."""
        working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([working, stopping, *others], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            return working in done and not stop.is_set()
        finally:
            working.cancel()
            stopping.cancel()
            await asyncio.gather(working, stopping, return_exceptions=True)

    def _hold(self) -> Holding:
        return Holding(
            lanes=self._lanes,
            budgets={slug: target.budget for slug, target in self._targets.items()},
            division=self._division,
            membership=self._membership,
            follower=self._follower,
            writer=self._writer,
            clock=self._shared.clock,
            save=self._save_coverage,
            ahead=max(AHEAD, 20 * self._rhythm.save),
            clock_error=self._shared.patience.clock_error,
            logger=self._shared.logger,
        )

    def _open_desk(self) -> Desk:
        executor = Executor(
            writer=self._writer,
            clock=self._shared.clock,
            rng=self._shared.rng,
            worker=self._shared.worker,
            logger=self._shared.logger,
        )
        return Desk(
            lanes=self._lanes,
            follower=self._follower,
            writer=self._writer,
            executor=executor,
            clock=self._shared.clock,
            logger=self._shared.logger,
        )

    async def _load(self) -> None:
        await self._remembering.recall()
        await self._holding.begin()
        await self._reporter.resume()
        held = ", ".join(f"{count} of {slug}" for slug, count in self.orders.items())
        self._shared.logger.info("watching orders: %s", held)

    async def _attend(self) -> None:
        """Coverage, what others append, what people ask for, one after the other for ever."""
        saved, recalling = self._time(), True
        streams = self._streams()
        while True:
            news = await self._follower.news()
            put_off, self._deferred = self._deferred, []
            for row in [*put_off, *news.rows]:
                await self._learn(row)
            await self._desk.serve(news.requests)
            if recalling:
                recalling = await self._recall(streams)
                for lane in self._lanes.values():
                    lane.recalling = recalling
            if self._time() - saved >= self._rhythm.save:
                await self._save_coverage()
                saved = self._time()
            await self._holding.write_ahead()
            if await self._holding.keep_up():
                streams, recalling = self._streams(), True
                for lane in self._lanes.values():
                    lane.recalling = True
            for lane in self._lanes.values():
                lane.tend(self._planner)
            await self._reporter.keep_up(self._time())
            await self._remembering.keep_up()
            if not news.full:
                soon = _RECALL if recalling else _DEFERRAL if self._deferred else self._rhythm.follow
                await self._pause(min(self._rhythm.follow, soon))

    async def _learn(self, row: Row) -> None:
        """What an event says that is not this worker's own; an order being looked at has to wait for it."""
        if reserved(row.stream):
            await self._told_of_a_provider(row)
            return
        key = key_of(row)
        lane = self._lanes.get(key.provider)
        if lane is None:
            return
        watched = lane.fleet.get(key.order_id)
        if watched is None:
            if row.topic == OrderTracked.TOPIC:
                lane.welcome(key.order_id, begun(row))
        elif row.version <= watched.version:
            return
        elif lane.fleet.is_out(key.order_id) or any(one.stream == row.stream for one in self._deferred):
            self._deferred.append(row)
        elif row.topic == TrackingStopped.TOPIC:
            lane.fleet.remove(key.order_id)
        elif row.topic in ASKED:
            lane.reschedule(key.order_id, changed(watched, row))
        else:
            await self._judged_elsewhere(key, lane, row)

    async def _told_of_a_provider(self, row: Row) -> None:
        await self._writer.call(lambda recorder: recorder.told_elsewhere(row.stream, row.version))
        for lane in self._lanes.values():
            if row.topic == ContactLost.TOPIC and row.stream == contact_stream(lane.provider):
                lane.lost()

    async def _judged_elsewhere(self, key: OrderKey, lane: Lane, row: Row) -> None:
        try:
            known = await self._writer.call(lambda recorder: recorder.known(key))
        except UnknownEvent as error:
            lane.set_aside(key.order_id, error)
            return
        if known is None:
            return
        if lane.fleet.is_out(key.order_id):
            self._deferred.append(row)
        else:
            lane.adopt(key.order_id, known)

    async def _recall(self, streams: Iterator[str]) -> bool:
        """Note a few more orders' priorities, deadlines and kinds; False when all have been."""
        unusual = await self._follower.terms(streams)
        for one in unusual or ():
            lane, order_id = self._lanes[one.key.provider], one.key.order_id
            watched = lane.fleet.get(order_id)
            if watched is None:
                continue
            watched.priority, watched.deadline = one.terms
            watched.began = one.began
            if one.version != watched.version:
                lane.reschedule(order_id, watched)
            elif one.watched:
                lane.recall(order_id, watched, one.placed)
            else:
                lane.fleet.remove(order_id)
        return unusual is not None

    def _streams(self) -> Iterator[str]:
        for lane in self._lanes.values():
            for order_id in list(lane.fleet):
                watched = lane.fleet.get(order_id)
                if watched is not None:
                    yield watched.stream(lane.provider)

    async def _save_coverage(self) -> None:
        for lane in self._lanes.values():
            unsaved, lane.unsaved = lane.unsaved, set()
            watches, out = lane.fleet.watches(unsaved)
            lane.unsaved.update(out)
            if watches:
                saving = asyncio.create_task(self._writer.call(partial(_save_watches, watches)))
                self._savings.add(saving)
                saving.add_done_callback(self._savings.discard)
                await asyncio.shield(saving)  # what was taken from the fleet is nowhere else
        await self._writer.call(Recorder.write_learned)

    async def _wind_up(self, writing: asyncio.Task[None], askers: Sequence[asyncio.Task[None]]) -> None:
        """Let answers on their way be recorded, within bounds, and let go of everything."""
        for lane in self._lanes.values():
            lane.stop()
        if askers:
            _, late = await asyncio.wait(askers, timeout=0 if writing.done() else self._rhythm.grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*askers, return_exceptions=True)
        try:
            await self._desk.close(0 if writing.done() else self._rhythm.grace)
            if not writing.done():
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._rhythm.grace):
                        await self._save_coverage()
                        await self._remembering.save()
                        await self._holding.leave()
                await self._writer.close(self._rhythm.grace)
        finally:
            for task in (writing, *self._savings):
                task.cancel()
            await asyncio.gather(writing, *self._savings, return_exceptions=True)
            await self._writer.release()
            await self._follower.close()
            self._planner.close()
            for lane in self._lanes.values():
                await lane.close()

    def _time(self) -> float:
        """Seconds of the clock that due times are in."""
        return self._loop.time()


def _save_watches(watches: Mapping[str, Watch], recorder: Recorder) -> None:
    recorder.save_watches(watches)
