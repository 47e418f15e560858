"""What goes in and out of a simulator: one HTTP request, one HTTP answer, both plain values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from simulators.details import Shown

JSON_TYPE = "application/json"

Body = dict[str, Any]


class Unreadable(Exception):
    """A request body that is neither a JSON object nor, where allowed, a form."""


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` have lower-case names; `client` is the caller's address."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: str = "127.0.0.1"

    def json(self) -> Body:
        """Raises Unreadable unless the body is a JSON object (duplicated keys: the last one wins)."""
        try:
            value = json.loads(self.body, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise Unreadable("the body is not JSON") from error
        if not isinstance(value, dict):
            raise Unreadable("the body is not a JSON object")
        return value

    def json_or_form(self) -> Body:
        """As `json`, but form fields are read too, by content type."""
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return dict(parse_qsl(self.body.decode("utf-8", "replace")))
        return self.json()


@dataclass(frozen=True, slots=True)
class Told:
    """Whose truth a body tells, and of which moment (seconds UTC): what no client can know.

    `details`: what it shows beside the state, by path; see `simulators.details`.
    """

    order: str
    at: float
    state: str
    details: Mapping[str, Shown] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """`cut_after`: the connection breaks after so many body bytes. `fault`: what was done to it, or None.

    `pauses`: seconds of silence after each of as many equal parts of the body. `told` is None where no order
    was shown; `over_limit`: refused by a rate window.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay_seconds: float = 0.0
    cut_after: int | None = None
    fault: str | None = None
    pauses: tuple[float, ...] = ()
    told: Told | None = None
    over_limit: bool = False


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def json_answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> Answer:
    encoded = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Answer(status, {"content-type": JSON_TYPE, **(headers or {})}, encoded)


def rfc3339(at: float) -> str:
    """UTC, `Z`, microseconds; `at` in seconds since the epoch."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
