"""Where a provider is asked, and how a request to it is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx

HEADERS: Mapping[str, str] = {
    "accept": "application/json",
    "accept-encoding": "gzip, deflate",
    "user-agent": "ordertrail",
}
"""A request that is built by hand gets none of a client's own headers."""


@dataclass(frozen=True)
class Endpoint:
    """`url` is the host's, with any path that stands before the provider's own; None leaves a header out."""

    url: str
    api_key: str | None = field(default=None, repr=False)
    api_version: str | None = None

    def at(self, path: str) -> httpx.URL:
        return httpx.URL(self.url.rstrip("/") + path)


def segment(order_id: str) -> str:
    """An order id as one segment of a path, whatever is in it."""
    return quote(order_id, safe="").replace(".", "%2E")


def get(url: httpx.URL, headers: Mapping[str, str | None]) -> httpx.Request:
    """Headers without a value are left out."""
    return httpx.Request("GET", url, headers={**HEADERS, **_present(headers)})


def post(url: httpx.URL, headers: Mapping[str, str | None], body: Mapping[str, object]) -> httpx.Request:
    """A body of JSON; headers without a value are left out."""
    return httpx.Request("POST", url, headers={**HEADERS, **_present(headers)}, json=body)


def _present(headers: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if value}
