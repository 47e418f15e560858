"""A worker's reports of its providers: into the log's database, to Kafka, and to whoever scrapes metrics."""

import math
from collections.abc import Mapping
from functools import partial

import msgspec

from adapters.clock import Timepiece
from domain.instants import text
from domain.providers import PROVIDERS
from domain.stretching import Gap
from ordertrail.lane import Lane
from ordertrail.record import Recorder
from ordertrail.reports import (
    Freshness,
    Health,
    Queue,
    WindowUse,
    WorkerReport,
    heard,
    provider_row,
    stored,
)
from ordertrail.scheduling.outlook import Outlook
from ordertrail.writer import Writer


class Reporter:
    """Reports `every` so many seconds of a clock that never steps; infinite: never. `publish`: rows for the
    topic go through the outbox."""

    def __init__(
        self,
        *,
        lanes: Mapping[str, Lane],
        writer: Writer,
        clock: Timepiece,
        worker: str,
        every: float,
        publish: bool,
    ) -> None:
        self.last: Mapping[str, WorkerReport] = {}
        self._every = every
        self._lanes = lanes
        self._writer = writer
        self._clock = clock
        self._worker = worker
        self._publish = publish
        self._before: dict[str, tuple[float, int]] = {}
        self._due = 0.0

    async def resume(self) -> None:
        """Go on from what this worker said before it was started anew."""
        if self._every == math.inf:
            return
        said = await self._writer.call(lambda recorder: recorder.log.reports())
        for row in said:
            if row.worker == self._worker and row.provider in self._lanes:
                report = msgspec.json.decode(row.state, type=WorkerReport)
                self._lanes[row.provider].answered.resume(report.answered)

    async def keep_up(self, now: float) -> None:
        """Report, if it is time to."""
        if now >= self._due and self._every < math.inf:
            self._due = now + self._every
            await self.report(now)

    async def report(self, now: float) -> None:
        self.last = {slug: self._report(lane, now) for slug, lane in self._lanes.items()}
        await self._writer.call(partial(_write, self.last, self._publish))

    def _report(self, lane: Lane, now: float) -> WorkerReport:
        counts, budget = lane.counts, lane.target.budget
        rate = budget.rate
        before_at, before_looks = self._before.get(lane.provider, (now, counts.looks))
        self._before[lane.provider] = (now, counts.looks)
        outlook = lane.fleet.schedule.outlook(now)
        wanted = (now - before_at) * rate if rate is not None else 0.0
        return WorkerReport(
            worker=self._worker,
            at=text(self._clock.moment().wall),
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
            used=min(1.0, (counts.looks - before_looks) / wanted) if wanted else None,
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
    bounded = len(lane.fleet) > 0 and lane.target.budget.rate is not None
    return Freshness(
        lateness=outlook.lateness,
        open_lateness=outlook.open_lateness,
        oldest_look=outlook.oldest,
        promised=schedule.bounds.promised if bounded else None,
        effective=schedule.bounds.effective if bounded else None,
        price=schedule.price if bounded else None,
    )


def _write(reports: Mapping[str, WorkerReport], publish: bool, recorder: Recorder) -> None:
    """Also what the promises of looking at every order in time have come to."""
    now, said = recorder.now(), recorder.log.reports()
    for slug, report in reports.items():
        recorder.tell_bound(slug, _gap(report.freshness), heard(said, slug, now))
    recorder.log.report([stored(report, slug, now) for slug, report in reports.items()], ())
    if publish:
        rows = [provider_row(recorder.log, PROVIDERS[slug], now) for slug in reports]
        recorder.log.report((), [(row.provider, msgspec.json.encode(row)) for row in rows])


def _gap(fresh: Freshness) -> Gap | None:
    """In whole seconds, one at least. Where the budget keeps no promise it stretches all alike, so that those
    of open orders stand for all."""
    if fresh.promised is None or fresh.effective is None:
        return None
    return Gap(max(1, round(fresh.promised)), max(1, round(fresh.effective)))
