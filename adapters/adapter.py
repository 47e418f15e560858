"""What the application needs of a provider beside its domain entry."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from adapters.endpoint import Endpoint
from domain.readings import Read


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
