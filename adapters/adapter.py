"""What the application needs of a provider beside its domain entry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from adapters.endpoint import Endpoint
from domain.execution import Busy, Outcome
from domain.fields import Detail
from domain.readings import Answer, Failed, Read


@dataclass(frozen=True)
class Execution:
    """How a provider is told that an order is funded.

    `kind`: of order, by its details, which the request needs; None: they don't tell. `request` is made of
    endpoint, order id, kind and funding transaction; `read` of what came back, the same id and the API key,
    which no reason may hold.
    """

    kind: Callable[[Mapping[str, Detail]], str | None]
    request: Callable[[Endpoint, str, str, str], httpx.Request]
    read: Callable[[Answer | Failed, str, str | None], Outcome | Busy]


@dataclass(frozen=True)
class Adapter:
    """`windows` are the rate limits assumed when settings name none, such as `300/min` or `2/s`.

    `request` makes the question about one order; it raises ValueError for an API version that is not known.
    """

    slug: str
    read: Read
    request: Callable[[Endpoint, str], httpx.Request]
    default_url: str
    windows: tuple[str, ...]
    execution: Execution | None = None
