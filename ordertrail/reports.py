"""What running workers say of their providers, put together: health, budget, freshness, dwell times, drift.

A report, not a projection: nothing here comes from the log's order, and nothing is folded. Each worker stores
what it says itself; whoever asks puts the workers' words together with what is learned beside the log.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from domain.instants import MINUTE, SECOND, Instant, instant, text
from domain.lasting import Dwells
from domain.log import Log
from domain.provider import Provider
from domain.rows import Drift, Report
from domain.watch import Span

STALE = 2 * MINUTE
"""A worker that has said nothing for so long is not running."""
MOST_DRIFT = 50


class Health(StrEnum):
    ANSWERING = "answering"
    FAILING = "failing"  # the last answer was none, and nobody gives up yet
    AWAY = "away"  # so many failures in a row that one request at a time finds out
    IDLE = "idle"  # nothing was asked yet
    UNWATCHED = "unwatched"  # no worker runs


_WORST = (Health.AWAY, Health.FAILING, Health.ANSWERING, Health.IDLE, Health.UNWATCHED)


class WindowUse(msgspec.Struct, frozen=True):
    """`limit` requests in `seconds`, of which this worker may send `allowed`; `left` of them now."""

    limit: int
    seconds: float
    allowed: int
    left: int


class Freshness(msgspec.Struct, frozen=True):
    """Seconds. `lateness` is expected of the next changes by the policy's own model, `open_lateness` of those
    of orders that are not final; `promised` and `effective` bound the time between two looks at one of
    these, `watching_promised` and `watching_effective` at one that is watched after its end."""

    lateness: float | None = None
    open_lateness: float | None = None
    oldest_look: float | None = None
    promised: float | None = None
    effective: float | None = None
    price: float | None = None
    watching_promised: float | None = None
    watching_effective: float | None = None


class Queue(msgspec.Struct, frozen=True):
    """Orders: all watched; never looked at; asked about; due by now."""

    orders: int = 0
    new: int = 0
    asked: int = 0
    due: int = 0


class WorkerReport(msgspec.Struct, frozen=True):
    """One worker on one provider. Counts are since it started; `rate`: requests a second of its budget.
    `answered`: when it had answers, spans no further apart than `gap` microseconds."""

    worker: str
    at: str
    health: Health
    failures_in_a_row: int
    queue: Queue
    freshness: Freshness
    looks: int
    unchanged: int
    events: int
    refused: int
    failures: dict[str, int]
    windows: list[WindowUse]
    rate: float | None
    used: float | None
    answered: list[Span]
    gap: int


class DwellRow(msgspec.Struct, frozen=True):
    """Seconds, of a `state` or `kind/state`; `seen` orders left it; past `bound` one is overdue."""

    state: str
    seen: int
    p50: int | None
    p90: int | None
    p99: int | None
    bound: int | None
    basis: str | None


class DriftRow(msgspec.Struct, frozen=True):
    """`what`: field, type, value, word. `look` first showed it."""

    what: str
    path: str
    seen: str
    times: int
    first_at: str
    last_at: str
    look: str


class Blind(msgspec.Struct, frozen=True):
    """From the end of the last answer before to the start of the first one after; null: not yet."""

    since: str
    until: str | None


class ProviderRow(msgspec.Struct, frozen=True):
    """A published row. Counts and queues are summed over the running workers, times are the worst of them.

    `used`: the share of the budget that was spent lately. `blind`: when nobody had an answer for longer than
    `blind_gap` seconds, exact to that.
    """

    provider: str
    at: str
    workers: list[str]
    health: Health
    failures_in_a_row: int
    queue: Queue
    freshness: Freshness
    looks: int
    unchanged: int
    events: int
    refused: int
    failures: dict[str, int]
    rate: float | None
    used: float | None
    windows: list[WindowUse]
    dwell: list[DwellRow]
    drift: list[DriftRow]
    blind: list[Blind]
    blind_gap: int


def stored(report: WorkerReport, provider: str, at: Instant) -> Report:
    return Report(provider, report.worker, at, msgspec.json.encode(report))


def heard(said: Iterable[Report], provider: str, now: Instant) -> frozenset[str]:
    """The workers that have said something of a provider of late."""
    return frozenset(row.worker for row in said if row.provider == provider and now - row.at <= STALE)


def provider_row(log: Log, provider: Provider, now: Instant) -> ProviderRow:
    """Raises LogError."""
    said = [row for row in log.reports() if row.provider == provider.slug]
    told = [msgspec.json.decode(row.state, type=WorkerReport) for row in said]
    running = [report for report in told if now - instant(report.at) <= STALE]
    dwells = Dwells(provider.slug, log.dwells(provider.slug))
    return _row(provider, told, running, dwells, log.drift(provider.slug), now)


def _row(
    provider: Provider,
    told: Sequence[WorkerReport],
    running: Sequence[WorkerReport],
    dwells: Dwells,
    drift: Sequence[Drift],
    now: Instant,
) -> ProviderRow:
    gap = max((report.gap for report in told), default=0)
    return ProviderRow(
        provider=provider.slug,
        at=text(now),
        workers=[report.worker for report in running],
        health=min((report.health for report in running), key=_WORST.index, default=Health.UNWATCHED),
        failures_in_a_row=max((report.failures_in_a_row for report in running), default=0),
        queue=_queues(running),
        freshness=_freshness(running),
        looks=sum(report.looks for report in running),
        unchanged=sum(report.unchanged for report in running),
        events=sum(report.events for report in running),
        refused=sum(report.refused for report in running),
        failures=_summed([report.failures for report in running]),
        rate=_sum_of([report.rate for report in running]),
        used=_mean_used(running),
        windows=_windows([report.windows for report in running]),
        dwell=dwell_rows(provider, dwells),
        drift=_newest([row for row in drift if row.news]),
        blind=blind([report.answered for report in told], gap, now),
        blind_gap=-(-gap // SECOND),
    )


def blind(answered: Sequence[Sequence[Span]], gap: int, now: Instant) -> list[Blind]:
    """The gaps between the spans of all workers together, and up to `now`, each longer than `gap`
    microseconds."""
    found: list[Blind] = []
    last: Instant | None = None
    for span in sorted((span for spans in answered for span in spans), key=lambda span: span.first):
        if last is not None and span.first - last > gap:
            found.append(Blind(text(last), text(span.first)))
        last = span.last if last is None else max(last, span.last)
    if last is not None and now - last > gap:
        found.append(Blind(text(last), text(now)))
    return found


def _queues(running: Sequence[WorkerReport]) -> Queue:
    queues = [report.queue for report in running]
    return Queue(
        orders=sum(each.orders for each in queues),
        new=sum(each.new for each in queues),
        asked=sum(each.asked for each in queues),
        due=sum(each.due for each in queues),
    )


def _freshness(running: Sequence[WorkerReport]) -> Freshness:
    """Lateness is an average over changes: weighed by orders, for want of their rates."""
    each = [report.freshness for report in running]
    weights = [max(1, report.queue.orders) for report in running]
    return Freshness(
        lateness=_weighed([one.lateness for one in each], weights),
        open_lateness=_weighed([one.open_lateness for one in each], weights),
        oldest_look=_worst([one.oldest_look for one in each]),
        promised=_worst([one.promised for one in each]),
        effective=_worst([one.effective for one in each]),
        price=_worst([one.price for one in each]),
        watching_promised=_worst([one.watching_promised for one in each]),
        watching_effective=_worst([one.watching_effective for one in each]),
    )


def _weighed(values: Sequence[float | None], weights: Sequence[int]) -> float | None:
    pairs = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None]
    total = sum(weight for _, weight in pairs)
    return sum(value * weight for value, weight in pairs) / total if total else None


def _worst(values: Sequence[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _sum_of(values: Sequence[float | None]) -> float | None:
    given = [value for value in values if value is not None]
    return sum(given) if given else None


def _mean_used(running: Sequence[WorkerReport]) -> float | None:
    pairs = [(report.used, report.rate) for report in running]
    known = [(used, rate) for used, rate in pairs if used is not None and rate]
    total = sum(rate for _, rate in known)
    return sum(used * rate for used, rate in known) / total if total else None


def _summed(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    kinds = sorted({kind for each in counts for kind in each})
    return {kind: sum(each.get(kind, 0) for each in counts) for kind in kinds}


def _windows(of_workers: Sequence[Sequence[WindowUse]]) -> list[WindowUse]:
    """The key's windows: what workers may send of each adds up."""
    found: dict[tuple[int, float], WindowUse] = {}
    for window in (window for windows in of_workers for window in windows):
        key = window.limit, window.seconds
        before = found.get(key, WindowUse(*key, 0, 0))
        found[key] = WindowUse(*key, before.allowed + window.allowed, before.left + window.left)
    return list(found.values())


def dwell_rows(provider: Provider, dwells: Dwells) -> list[DwellRow]:
    """Of each of a provider's states, and of those of the kinds that orders told."""
    return [_dwell(name, dwells) for name in dwells.classes(provider.graph.states)]


def _dwell(state: str, dwells: Dwells) -> DwellRow:
    bound = dwells.bound(state)
    return DwellRow(
        state=state,
        seen=dwells.seen(state),
        p50=dwells.quantile(state, 0.5),
        p90=dwells.quantile(state, 0.9),
        p99=dwells.quantile(state, 0.99),
        bound=bound.seconds if bound else None,
        basis=bound.basis if bound else None,
    )


def _newest(rows: Sequence[Drift]) -> list[DriftRow]:
    newest = sorted(rows, key=lambda row: row.first_at, reverse=True)[:MOST_DRIFT]
    return [
        DriftRow(row.what, row.path, row.seen, row.times, text(row.first_at), text(row.last_at), row.look)
        for row in newest
    ]
