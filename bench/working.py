"""A worker for benchmarks: one provider, as large a budget as can be, every order due again at once."""

import logging
import random
from collections.abc import Callable, Sequence

import httpx

from adapters.clock import SystemClock
from adapters.endpoint import Endpoint
from adapters.log import open_log
from adapters.providers import ADAPTERS
from bench.orders import recorder
from ordertrail.budget import Budget, Window
from ordertrail.circuit import Circuit
from ordertrail.policy import Freshest
from ordertrail.poll import Worker
from ordertrail.record import Recorder
from ordertrail.target import Target

BOUNDLESS = ("1000000/s",)


def worker(
    url: str,
    provider: str,
    endpoint: Endpoint,
    *,
    windows: Sequence[str] = BOUNDLESS,
    in_flight: int = 16,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Worker:
    target = Target(
        adapter=ADAPTERS[provider],
        endpoint=endpoint,
        policy=Freshest(least=0.0, least_watching=0.0),
        budget=Budget([Window.parse(window) for window in windows]),
        circuit=Circuit(random.Random(1)),
        transport=transport,
        in_flight=in_flight,
    )
    return Worker(
        targets={provider: target},
        open_log=lambda: open_log(url, now=0, new_id="bench"),
        make_recorder=recording_on(url),
        clock=SystemClock(),
        rng=random.Random(1),
        logger=logging.getLogger("bench"),
    )


def recording_on(url: str) -> Callable[[], Recorder]:
    return lambda: recorder(open_log(url, now=0, new_id="bench"), random.Random(1))
