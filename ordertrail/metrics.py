"""A worker's reports as Prometheus metrics, at `/metrics` of an address of their own.

They hold counts, times and names of providers: no order, no key, no personal data.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ordertrail.door import Address
from ordertrail.reports import DwellRow, Health, WorkerReport

Reports = Mapping[str, WorkerReport]
Dwell = Mapping[str, Sequence[DwellRow]]
PREFIX = "ordertrail_"

COUNTERS: Mapping[str, tuple[str, Callable[[WorkerReport], float]]] = {
    "looks": ("Looks at orders.", lambda report: report.looks),
    "looks_unchanged": ("Looks whose answer was the same bytes as before.", lambda report: report.unchanged),
    "events": ("Events that looks told.", lambda report: report.events),
    "refused": ("Requests refused for being too many (429).", lambda report: report.refused),
}
GAUGES: Mapping[str, tuple[str, Callable[[WorkerReport], float | None]]] = {
    "orders": ("Orders watched.", lambda report: report.queue.orders),
    "lateness_expected_seconds": (
        "How late the next changes will be seen on average, by the policy's model.",
        lambda report: report.freshness.lateness,
    ),
    "lateness_expected_open_seconds": (
        "The same for orders that are not final.",
        lambda report: report.freshness.open_lateness,
    ),
    "oldest_look_seconds": (
        "Since the look that is longest ago, or since an order came that has had none.",
        lambda report: report.freshness.oldest_look,
    ),
    "bound_promised_seconds": (
        "Longest time between two looks at an open order, as promised.",
        lambda report: report.freshness.promised,
    ),
    "bound_effective_seconds": (
        "The same, as the budget can keep it.",
        lambda report: report.freshness.effective,
    ),
    "bound_watching_promised_seconds": (
        "Longest time between two looks at an order that is over, as promised.",
        lambda report: report.freshness.watching_promised,
    ),
    "bound_watching_effective_seconds": (
        "The same, as the budget can keep it.",
        lambda report: report.freshness.watching_effective,
    ),
    "request_price_seconds": (
        "What a request is worth, in seconds of weighted lateness.",
        lambda report: report.freshness.price,
    ),
    "budget_requests_per_second": ("Budget in the long run.", lambda report: report.rate),
    "budget_used_ratio": ("Share of the budget spent lately.", lambda report: report.used),
    "failures_in_a_row": (
        "Failed requests since the last good one.",
        lambda report: report.failures_in_a_row,
    ),
}


class Reported(Collector):
    """`reports` and `dwell`: by provider, as they are now."""

    def __init__(self, reports: Callable[[], Reports], dwell: Callable[[], Dwell]) -> None:
        self._reports = reports
        self._dwell = dwell

    def collect(self) -> Iterator[Metric]:
        reports = self._reports()
        for name, (words, count) in COUNTERS.items():
            counter = CounterMetricFamily(PREFIX + name, words, labels=["provider"])
            for slug, report in reports.items():
                counter.add_metric([slug], count(report))
            yield counter
        for name, (words, value) in GAUGES.items():
            gauge = GaugeMetricFamily(PREFIX + name, words, labels=["provider"])
            for slug, report in reports.items():
                if (known := value(report)) is not None:
                    gauge.add_metric([slug], known)
            yield gauge
        yield from (_failures(reports), _health(reports), _queues(reports), *_windows(reports))
        yield from _dwells(self._dwell())


def _failures(reports: Reports) -> Metric:
    failures = CounterMetricFamily(
        f"{PREFIX}failed_looks", "Looks that failed, by kind.", labels=["provider", "kind"]
    )
    for slug, report in reports.items():
        for kind, count in report.failures.items():
            failures.add_metric([slug, kind], count)
    return failures


def _health(reports: Reports) -> Metric:
    health = GaugeMetricFamily(
        f"{PREFIX}health", "1 for how the provider is now.", labels=["provider", "health"]
    )
    for slug, report in reports.items():
        for each in Health:
            health.add_metric([slug, each.value], float(each is report.health))
    return health


def _queues(reports: Reports) -> Metric:
    queue = GaugeMetricFamily(
        f"{PREFIX}queue", "Orders that wait for a look, and why.", labels=["provider", "reason"]
    )
    for slug, report in reports.items():
        for reason in ("new", "asked", "due"):
            queue.add_metric([slug, reason], getattr(report.queue, reason))
    return queue


def _windows(reports: Reports) -> Iterator[Metric]:
    allowed = GaugeMetricFamily(
        f"{PREFIX}window_allowed_requests",
        "Requests that a window lets this worker send.",
        labels=["provider", "window"],
    )
    left = GaugeMetricFamily(
        f"{PREFIX}window_left_requests", "Of these, not sent yet.", labels=["provider", "window"]
    )
    for slug, report in reports.items():
        for window in report.windows:
            name = f"{window.limit}/{window.seconds:g}s"
            allowed.add_metric([slug, name], window.allowed)
            left.add_metric([slug, name], window.left)
    yield allowed
    yield left


def _dwells(dwell: Dwell) -> Iterator[Metric]:
    """Of a `state`, or `kind/state`, as all workers have seen it."""
    lasting = GaugeMetricFamily(
        f"{PREFIX}dwell_seconds",
        "Time after which so many of the orders that left a state had left it.",
        labels=["provider", "state", "quantile"],
    )
    seen = GaugeMetricFamily(
        f"{PREFIX}dwell_orders", "Orders that were seen to leave a state.", labels=["provider", "state"]
    )
    overdue = GaugeMetricFamily(
        f"{PREFIX}overdue_after_seconds",
        "Time in a state after which an order is overdue.",
        labels=["provider", "state", "basis"],
    )
    for slug, row in ((slug, row) for slug, rows in dwell.items() for row in rows):
        seen.add_metric([slug, row.state], row.seen)
        for quantile, seconds in (("0.5", row.p50), ("0.9", row.p90), ("0.99", row.p99)):
            if seconds is not None:
                lasting.add_metric([slug, row.state, quantile], seconds)
        if row.bound is not None:
            overdue.add_metric([slug, row.state, row.basis or ""], row.bound)
    yield from (lasting, seen, overdue)


@contextmanager
def exposed(address: Address, reports: Callable[[], Reports], dwell: Callable[[], Dwell]) -> Iterator[int]:
    """Serve them meanwhile; the port. OSError: the address can't be had."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Reported(reports, dwell))
    server, thread = start_http_server(address.port, address.host, registry)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
