"""A worker's reports of its providers: into the log's database, to Kafka, and to whoever scrapes metrics."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec
from msgspec.structs import replace

from domain.instants import text
from domain.providers import PROVIDERS
from domain.stretching import Gap
from ordertrail.lane import Lane
from ordertrail.record import Recorder
from ordertrail.reports import (
    DwellRow,
    Freshness,
    Health,
    Queue,
    WindowUse,
    WorkerReport,
    dwell_rows,
    heard,
    provider_row,
    stored,
)
from ordertrail.scheduling.outlook import Outlook
from ordertrail.target import Shared

ENOUGH = 20
"""Requests that a budget must have had room for before it is said which share of them was used."""


class Usage:
    """Which share of a budget was used of late."""

    def __init__(self) -> None:
        self._since: tuple[float, int] | None = None
        self._share: float | None = None

    def share(self, looks: int, rate: float, now: float) -> float | None:
        """`looks` since the start; requests a second. None: it is too early to tell."""
        began, before = self._since or (now, looks)
        room = (now - began) * rate
        if room >= ENOUGH:
            self._share = min(1.0, (looks - before) / room)
        if room >= ENOUGH or self._since is None:
            self._since = now, looks
        return self._share


class Reporter:
    """Reports `every` so many seconds of a clock that never steps; infinite: never. `publish`: rows for the
    topic go through the outbox."""

    def __init__(
        self,
        *,
        lanes: Mapping[str, Lane],
        shared: Shared,
        every: float,
        publish: bool,
    ) -> None:
        self.last: Mapping[str, WorkerReport] = {}
        self.dwell: Mapping[str, Sequence[DwellRow]] = {}
        self._every = every
        self._lanes = lanes
        self._shared = shared
        self._publish = publish
        self._usage: defaultdict[str, Usage] = defaultdict(Usage)
        self._due = 0.0

    async def resume(self) -> None:
        """Go on from what this worker said before it was started anew."""
        if self._every == math.inf:
            return
        said = await self._shared.writer.call(lambda recorder: recorder.log.reports())
        for row in said:
            if row.worker == self._shared.worker and row.provider in self._lanes:
                report = msgspec.json.decode(row.state, type=WorkerReport)
                self._lanes[row.provider].answered.resume(report.answered)

    async def keep_up(self, now: float) -> None:
        """Report, if it is time to."""
        if now >= self._due and self._every < math.inf:
            self._due = now + self._every
            await self.report(now)

    async def report(self, now: float) -> None:
        self.last = {slug: self._report(lane, now) for slug, lane in self._lanes.items()}
        self.dwell = await self._shared.writer.call(partial(_write, self.last, self._publish))

    def _report(self, lane: Lane, now: float) -> WorkerReport:
        counts, budget = lane.counts, lane.target.budget
        rate, outlook = budget.rate, lane.fleet.schedule.outlook(now)
        return WorkerReport(
            worker=self._shared.worker,
            at=text(self._shared.clock.moment().wall),
            health=_health(lane),
            failures_in_a_row=lane.target.circuit.failures,
            queue=_queue(lane, outlook),
            freshness=_freshness(lane, outlook),
            looks=counts.looks,
            unchanged=counts.unchanged,
            events=counts.events,
            refused=counts.refused,
            failures=dict(counts.failures),
            windows=[
                WindowUse(window.limit, window.seconds, int(allowed), left)
                for window, allowed, left in zip(
                    budget.windows, budget.allowed, budget.left(now), strict=True
                )
            ],
            rate=rate,
            used=None if rate is None else self._usage[lane.provider].share(counts.looks, rate, now),
            answered=lane.answered.spans,
            gap=lane.answered.gap,
        )


def _health(lane: Lane) -> Health:
    if lane.target.circuit.open:
        return Health.AWAY
    if lane.counts.looks == 0:
        return Health.IDLE
    return Health.FAILING if lane.target.circuit.failures else Health.ANSWERING


def _queue(lane: Lane, outlook: Outlook) -> Queue:
    return Queue(orders=len(lane.fleet), new=outlook.new, asked=outlook.asked, due=outlook.due)


def _freshness(lane: Lane, outlook: Outlook) -> Freshness:
    schedule = lane.fleet.schedule
    told = Freshness(outlook.lateness, outlook.open_lateness, outlook.oldest)
    if len(lane.fleet) == 0 or lane.target.budget.rate is None:
        return told
    bounds = schedule.bounds
    return replace(
        told,
        promised=bounds.promised,
        effective=bounds.effective,
        price=schedule.price,
        watching_promised=bounds.watching_promised,
        watching_effective=bounds.watching_effective,
    )


def _write(
    reports: Mapping[str, WorkerReport], publish: bool, recorder: Recorder
) -> Mapping[str, Sequence[DwellRow]]:
    """Also what the promises of looking at every order in time have come to; gives back dwell times."""
    now, said = recorder.now(), recorder.log.reports()
    for slug, report in reports.items():
        recorder.tell_bound(slug, _gap(report.freshness), heard(said, slug, now))
    recorder.log.report([stored(report, slug, now) for slug, report in reports.items()], ())
    if publish:
        rows = [provider_row(recorder.log, PROVIDERS[slug], now) for slug in reports]
        recorder.log.report((), [(row.provider, msgspec.json.encode(row)) for row in rows])
    return {slug: dwell_rows(PROVIDERS[slug], recorder.lasting.dwells(slug, now)) for slug in reports}


def _gap(fresh: Freshness) -> Gap | None:
    """In whole seconds, one at least. Where the budget keeps no promise it stretches all alike, so that those
    of open orders stand for all."""
    if fresh.promised is None or fresh.effective is None:
        return None
    return Gap(max(1, round(fresh.promised)), max(1, round(fresh.effective)))
