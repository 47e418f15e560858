"""Polling one provider: as many requests at a time as allowed, each where budget, circuit and policy say.

An answer of the same bytes as the last judged one that proved the order's state is coverage and nothing else:
no model is built and nothing is written. Whatever else comes back goes to the recorder.
"""

import asyncio
import math
from functools import partial

import httpx
from msgspec import structs

from adapters.http import WITHHELD, Came, ask
from adapters.membership import ALL
from domain.encoding import UnknownEvent
from domain.events import StateChanged
from domain.identity import OrderKey, uuid7
from domain.instants import MINUTE, Instant, instant
from domain.log import LogRefused
from domain.order import Order
from domain.phases import WATCHED_AFTER
from domain.readings import Answer, Failed, Look
from domain.watch import Watch, current, unchanged
from ordertrail.answered import Answered
from ordertrail.channel import Channel
from ordertrail.errands import Errands
from ordertrail.fleet import Fleet, Watched, steadily
from ordertrail.gate import Gate
from ordertrail.observation import Observation, Seen, proves, repeats
from ordertrail.orders import Known
from ordertrail.overdue import Overdue
from ordertrail.placing import UNPLACED, Placed, placed, steps_to
from ordertrail.planning import Planning
from ordertrail.scheduling.facts import Facts
from ordertrail.target import Counts, Requests, Shared, Target
from ordertrail.thread import Thread

BATCH = 1_000
INTERNAL = "internal"
RECHECK = 0.05
"""Seconds until a closed gate is tried again."""

ANSWERS_APART = 5 * MINUTE
"""A provider that answers nobody for longer leaves us blind."""
BREATH = 32
"""Looks after which the loop gets its turn, even if answers come without a wait."""


class Lane:
    def __init__(
        self,
        target: Target,
        shared: Shared,
        http: httpx.AsyncClient,
        counts: Counts,
        gate: Gate,
        fresh: httpx.AsyncClient | None = None,
    ) -> None:
        """`fresh` is for requests that must not be sent twice: its connections are new, since one that the
        provider has closed meanwhile would leave nobody knowing whether anything arrived."""
        self.provider = target.adapter.slug
        schedule = target.policy.schedule(self.provider, target.budget.rate, shared.rng.getrandbits(32))
        self.fleet = Fleet(self.provider, schedule)
        self.counts = counts
        self.unsaved: set[str] = set()
        self.recalling = True
        """Of some orders only the last event is known yet."""
        self.answered = Answered(ANSWERS_APART)
        self._overdue = Overdue(self.provider, shared.writer)
        self._target = target
        self._shared = shared
        self._http = http
        self._fresh = fresh or http
        self.gate = gate
        self._channel = Channel(target, counts, shared.logger)
        self._stopping = False
        self._turn = asyncio.Lock()
        self._dozing: set[asyncio.Future[None]] = set()
        self.errands = Errands(
            channel=self._channel,
            ready_at=self._ready_at,
            doze=self._doze,
            stir=self.stir,
            ask=partial(self._ask, self._fresh),
        )
        self._planning = Planning(self.provider, schedule, shared.logger)
        self._in_trouble = True
        self._requests = Requests(target)

    def admit(self, order_id: str, watched: Watched, where: Placed, moment: Instant, steady: float) -> None:
        """An order that others have watched; `moment` and `steady` are one point in time."""
        if order_id not in self.fleet:
            facts = self._facts(watched, where, moment, steady)
            last = None if watched.watch is None else watched.watch.last
            self.fleet.add(order_id, watched, facts, steady, steadily(last, moment, steady))
            self.fleet.schedule.regrouped()

    async def let_go(self) -> None:
        """Of all orders that are not this worker's."""
        if self.gate.owned == ALL:
            return
        for number, order_id in enumerate(list(self.fleet)):
            if not self.gate.owns(order_id):
                self.fleet.remove(order_id)
                self.fleet.schedule.regrouped()
                self.unsaved.discard(order_id)
            if number % BATCH == 0:
                await asyncio.sleep(0)

    def welcome(self, order_id: str, watched: Watched) -> None:
        """An order that is tracked from now on."""
        if self.gate.owns(order_id):
            moment, steady = self._now()
            facts = self._facts(watched, UNPLACED, moment, steady)
            self.fleet.add(order_id, watched, facts, steady)
            self.stir()

    def reschedule(self, order_id: str, watched: Watched) -> None:
        """An order whose terms have changed."""
        moment, steady = self._now()
        self.fleet.update(order_id, watched)
        self.fleet.schedule.prefer(order_id, watched.priority, steadily(watched.deadline, moment, steady))
        self.stir()

    def recall(self, order_id: str, watched: Watched, where: Placed) -> None:
        """What its events say of an order that was admitted by the last of them."""
        self.fleet.update(order_id, watched)
        if not self.fleet.is_out(order_id):
            moment, steady = self._now()
            self.fleet.schedule.update(order_id, self._facts(watched, where, moment, steady), steady)

    def adopt(self, order_id: str, known: Known) -> None:
        """Where an order stands that others have looked at."""
        watched = self.fleet.get(order_id)
        if watched is not None:
            watch = current(watched.watch, known.watch)
            if known.order.forgotten is not None or known.order.contact_lost is not None:
                watch = structs.replace(watch, digest=None)  # the next answer may have to resolve that
            self._stands(order_id, watched, known.order, watch)
            if order_id in self.fleet:
                self.recall(order_id, watched, placed(self.provider, known.order))

    def set_aside(self, order_id: str, why: UnknownEvent) -> None:
        """An order that a newer version has written about: only that one can go on with it."""
        self.fleet.remove(order_id)
        self._shared.logger.error(
            "%s/%s is looked at no more, a newer version has to: %s", self.provider, order_id, why
        )

    def lost(self) -> None:
        """Somebody says that the provider is out of reach: the next answer is recorded, whatever it says."""
        self._in_trouble = True

    async def close(self) -> None:
        await self._http.aclose()
        await self._fresh.aclose()

    def tend(self, planner: Thread) -> None:
        """Keep the schedule right."""
        self._planning.tend(self._channel.rate(), planner)
        self.stir()

    def _now(self) -> tuple[Instant, float]:
        """One moment, on the wall's clock and on the one that due times are in."""
        return self._shared.clock.moment().wall, asyncio.get_running_loop().time()

    def _facts(self, watched: Watched, where: Placed, moment: Instant, steady: float) -> Facts:
        """Times by the clock that due times are in; no state before an order was first seen."""
        since = steadily(watched.since, moment, steady)
        return Facts(
            state=where.words,
            entered_after=None,
            entered_by=steady if since is None else since,
            deadline=steadily(where.deadline, moment, steady),
            priority=watched.priority,
            watching=watched.phase in WATCHED_AFTER,
            wanted_by=steadily(watched.deadline, moment, steady),
        )

    def stir(self) -> None:
        """Something may be due sooner than it was."""
        for dozing in self._dozing:
            if not dozing.done():
                dozing.set_result(None)

    def stop(self) -> None:
        self._stopping = True
        self.errands.stop()
        self.stir()

    async def work(self) -> None:
        """One request at a time until stopped; LogRefused ends it."""
        while (taken := await self._next()) is not None:
            order_id, watched = taken
            back = partial(self.fleet.failed, order_id, alone=True)
            try:
                back = await self._look(order_id, watched)
            except LogRefused:
                raise
            except Exception as error:  # noqa: BLE001 one order's surprise must not end the others' looks
                self._surprised(order_id, error)
            finally:
                back(asyncio.get_running_loop().time())
                self.stir()
            if self.counts.looks % BREATH == 0:
                await asyncio.sleep(0)

    async def _next(self) -> tuple[str, Watched] | None:
        """The next order to look at, once a request may leave; one asker at a time waits for that."""
        async with self._turn:
            loop = asyncio.get_running_loop()
            while not self._stopping:
                now = loop.time()
                ready = math.inf if self.errands.waiting else self._ready_at(now)
                if ready <= now:
                    taken = self.fleet.take(now)
                    if taken is not None and not self.gate.owns(taken[0]):
                        self.fleet.remove(taken[0])
                        self.fleet.kept(taken[0], now)
                        continue
                    if taken is not None:
                        self._channel.sent(now)
                        return taken
                    ready = self.fleet.next_due()
                await self._doze(ready)
            return None

    async def _doze(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        dozing: asyncio.Future[None] = loop.create_future()
        self._dozing.add(dozing)
        alarm = None if until == math.inf else loop.call_at(until, self.stir)
        try:
            await dozing
        finally:
            if alarm is not None:
                alarm.cancel()
            self._dozing.discard(dozing)

    def _ready_at(self, now: float) -> float:
        ready = self._channel.ready_at(now)
        return ready if self.gate.open else max(ready, now + RECHECK)

    @property
    def target(self) -> Target:
        return self._target

    async def _look(self, order_id: str, watched: Watched) -> partial[None]:
        """How the order goes back to the fleet, but for when."""
        loop = asyncio.get_running_loop()
        sent = loop.time()
        came: Came | None = None
        try:
            came = await self._ask(self._http, self._requests.of(order_id))
        finally:
            self._channel.back(came, sent, loop.time())
            self.stir()
        if came.answer == Failed(WITHHELD):
            return partial(self.fleet.kept, order_id)
        self.counts.looks += 1
        back = partial(self.fleet.looked, order_id, None, ())
        watch, answer = watched.watch, came.answer
        same = watch is not None and isinstance(answer, Answer) and repeats(watch, answer)
        if watch is not None and same and watch.good and not self._in_trouble:
            self.counts.unchanged += 1
            watched.watch = unchanged(watch, self._looked(came), self._shared.patience.coverage_gap)
            self.answered.add(came.asked_at, came.answered_at)
            self._channel.answered(sent)
        else:
            back = await self._record(order_id, watched, came, sent)
        self.unsaved.add(order_id)
        if self._overdue.suspects(order_id, watched, came.answered_at):
            await self._overdue.check(order_id, watched, came.answered_at)
        over = self._target.policy.ended(watched.phase, watched.ended, came.answered_at)
        if over and not self.recalling:
            await self._end(order_id)
        return back

    def _surprised(self, order_id: str, error: Exception) -> None:
        self._channel.answered(asyncio.get_running_loop().time())
        if isinstance(error, UnknownEvent):
            self.set_aside(order_id, error)
            return
        self.counts.failures[INTERNAL] += 1
        self._shared.logger.error("%s/%s could not be looked at", self.provider, order_id, exc_info=error)

    async def _ask(self, http: httpx.AsyncClient, request: httpx.Request) -> Came:
        shared = self._shared
        return await ask(http, request, clock=shared.clock, body_limit=shared.body_limit)

    async def _record(self, order_id: str, watched: Watched, came: Came, sent: float) -> partial[None]:
        key = OrderKey(self.provider, order_id)
        observation = Observation(
            key=key,
            look=self._looked(came, named=True),
            came_back=came.answer,
            stream=watched.stream(self.provider),
            watch=watched.watch,
            api=self._target.endpoint.api_version or "",
        )
        seen = await self._shared.writer.observe(observation)
        self.counts.events += len(seen.events)
        self._stands(order_id, watched, seen.order, seen.watch)
        failed = seen.reading if isinstance(seen.reading, Failed) else None
        self._in_trouble = failed is not None
        if failed is None:
            self.answered.add(came.asked_at, came.answered_at)
            self._channel.answered(sent)
        else:
            self._channel.failed(failed, came, sent, asyncio.get_running_loop().time())
        return self._back(order_id, watched, seen)

    def _back(self, order_id: str, watched: Watched, seen: Seen) -> partial[None]:
        """What the schedule is told of a look that was recorded. What shows no state proves none."""
        if isinstance(seen.reading, Failed):
            return partial(self.fleet.failed, order_id, alone=self._channel.is_about_order(seen.reading))
        if not proves(seen):
            return partial(self.fleet.failed, order_id, alone=True)
        where = placed(self.provider, seen.order)
        targets = [event.data.target for event in seen.events if isinstance(event.data, StateChanged)]
        steps = steps_to(where, targets, self.fleet.schedule.state(order_id))
        moment, steady = self._now()
        facts = self._facts(watched, where, moment, steady)
        begun = None if seen.order.not_before is None else instant(seen.order.not_before)
        facts = facts._replace(entered_after=steadily(begun, moment, steady))
        return partial(self.fleet.looked, order_id, facts, steps)

    def _stands(self, order_id: str, watched: Watched, order: Order, watch: Watch) -> None:
        watched.version = max(watched.version, order.version)
        watched.watch = watch
        watched.phase = order.phase
        if order.not_after is not None:
            watched.since = instant(order.not_after)
        if not order.watched:
            self.fleet.remove(order_id)

    async def _end(self, order_id: str) -> None:
        key = OrderKey(self.provider, order_id)
        await self._shared.writer.call(lambda recorder: recorder.stop(key, "watch_ended", by=None))
        self.fleet.remove(order_id)

    def _looked(self, came: Came, *, named: bool = False) -> Look:
        """Only a look that may be kept needs a name."""
        return Look(
            id=uuid7(came.asked_at, self._shared.rng) if named else "",
            asked_at=came.asked_at,
            answered_at=came.answered_at,
            clock=came.clock,
            age=came.age,
            allowance=self._target.allowance,
            worker=self._shared.worker,
        )
