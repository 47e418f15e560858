"""What a lane is made of: the provider it polls, what all lanes of a worker share, and what they count."""

import logging
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import httpx

from adapters.adapter import Adapter
from adapters.clock import Timepiece
from adapters.endpoint import Endpoint
from adapters.http import BODY_LIMIT
from domain.watch import PATIENCE, Patience
from ordertrail.budget import Budget
from ordertrail.circuit import Circuit
from ordertrail.policy import Policy
from ordertrail.throughput import IN_FLIGHT
from ordertrail.writer import Writer

REQUESTS_KEPT = 2_000


@dataclass(frozen=True, kw_only=True)
class Target:
    """A provider as one worker polls it. `allowance`: seconds its answers may be old without saying so;
    `transport` replaces the network; `in_flight`: requests at a time."""

    adapter: Adapter
    endpoint: Endpoint
    policy: Policy
    budget: Budget
    circuit: Circuit
    transport: httpx.AsyncBaseTransport | None = None
    in_flight: int = IN_FLIGHT
    allowance: int = 0


@dataclass
class Counts:
    """What one worker has seen of one provider. `failures` by kind, of single looks."""

    looks: int = 0
    unchanged: int = 0
    events: int = 0
    refused: int = 0
    failures: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What all parts of a worker have in common."""

    writer: Writer
    clock: Timepiece
    rng: Random
    logger: logging.Logger
    worker: str = "main"
    body_limit: int = BODY_LIMIT
    patience: Patience = PATIENCE


class Requests:
    """Parsing a URL is a sixth of a look: the requests of a small fleet are made once."""

    def __init__(self, target: Target) -> None:
        """Raises ValueError for an endpoint that no request can be made for."""
        self._target = target
        self._made: dict[str, httpx.Request] = {}
        target.adapter.request(target.endpoint, "any")

    def of(self, order_id: str) -> httpx.Request:
        request = self._made.get(order_id)
        if request is None:
            if len(self._made) >= REQUESTS_KEPT:
                self._made.clear()
            request = self._target.adapter.request(self._target.endpoint, order_id)
            self._made[order_id] = request
        return request
