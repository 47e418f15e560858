"""What can go wrong with an answer, by name. A new kind is a word in `Fault` and one entry in one table:

- BEFORE: the provider never sees the request; something in front of it answers.
- VIEWS: the provider shows the order as it was at another time.
- DISTORTIONS: the provider's own body says something odd.
- AFTER: the answer was fine and the way back spoiled it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from random import Random
from typing import Any, Protocol

from simulators import spoiling
from simulators.message import Answer, Body, Request
from simulators.order import Order


class Fault(StrEnum):
    SERVER_ERROR = "server_error"
    SERVER_ERROR_HTML = "server_error_html"
    SLOW = "slow"
    CUT_OFF = "cut_off"
    MALFORMED = "malformed"
    UNKNOWN_WORD = "unknown_word"
    REGRESSION = "regression"
    TOO_MANY_REQUESTS = "too_many_requests"
    TOO_MANY_REQUESTS_BARE = "too_many_requests_bare"
    TOO_MANY_REQUESTS_DATE = "too_many_requests_date"
    SERVER_ERROR_EMPTY = "server_error_empty"
    ERROR_IN_200 = "error_in_200"
    NOT_FOUND = "not_found"
    TIMEOUT = "timeout"
    SLOW_BODY = "slow_body"
    DOUBLED = "doubled"
    WRONG_CONTENT_TYPE = "wrong_content_type"
    GZIPPED = "gzipped"
    NEW_FIELD = "new_field"
    VANISHED_FIELD = "vanished_field"
    VANISHED_STATE = "vanished_state"
    WRONG_TYPE = "wrong_type"
    SKEWED_TIMES = "skewed_times"
    STALE_WITH_AGE = "stale_with_age"
    STALE = "stale"
    OTHER_ORDER = "other_order"
    OTHER_ORDER_NAMELESS = "other_order_nameless"


FaultPlan = Mapping[Fault, float]
"""The probability of each fault per request; they exclude each other, so the sum is at most 1."""

GATEWAY_REASONS = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}
STRANGE_WORDS = ("on_hold", "manual-review", "RESUMING", "archived", "??")


def draw_fault(plan: FaultPlan, rng: Random) -> Fault | None:
    point = rng.random()
    for fault, probability in plan.items():
        point -= probability
        if point < 0:
            return fault
    return None


def fault_rng(seed: int, provider: str, request: Request, now: float) -> Random:
    """The same request at the same moment suffers the same fault, whatever came before it."""
    query = sorted(request.query.items())
    return Random(f"{seed}/{provider}/fault/{request.method}{request.path}{query}{request.body!r}@{now!r}")


class Refuser(Protocol):
    """A provider's own words for being asked too often, for breaking down, and for knowing no such order."""

    def too_many(self, wait: float) -> Answer: ...
    def broken(self) -> Answer: ...
    def unknown(self) -> Answer: ...


def _server_error(refuser: Refuser, _: Random, __: float) -> Answer:
    return refuser.broken()


def _server_error_html(_: Refuser, rng: Random, __: float) -> Answer:
    status, reason = rng.choice(list(GATEWAY_REASONS.items()))
    page = (
        f"<html><head><title>{status} {reason}</title></head><body><h1>{status} {reason}</h1></body></html>"
    )
    return Answer(status, {"content-type": "text/html"}, page.encode())


def _too_many_requests(refuser: Refuser, rng: Random, _: float) -> Answer:
    refusal = refuser.too_many(0)
    return replace(refusal, status=429, headers={**refusal.headers, "retry-after": str(rng.randint(1, 30))})


def _too_many_requests_bare(refuser: Refuser, _: Random, __: float) -> Answer:
    refusal = refuser.too_many(0)
    headers = {name: value for name, value in refusal.headers.items() if name != "retry-after"}
    return replace(refusal, status=429, headers=headers)


def _too_many_requests_date(refuser: Refuser, rng: Random, now: float) -> Answer:
    refusal = refuser.too_many(0)
    until = format_datetime(datetime.fromtimestamp(now + rng.randint(1, 30), UTC), usegmt=True)
    return replace(refusal, status=429, headers={**refusal.headers, "retry-after": until})


def _server_error_empty(_: Refuser, rng: Random, __: float) -> Answer:
    return Answer(rng.choice(list(GATEWAY_REASONS)))


def _error_in_200(refuser: Refuser, _: Random, __: float) -> Answer:
    return replace(refuser.broken(), status=200)


def _not_found(refuser: Refuser, _: Random, __: float) -> Answer:
    return refuser.unknown()


def _stale(order: Order[Any], now: float, rng: Random) -> float:
    """A moment of the last hour of this order's life, or of its last quarter if it is younger."""
    return now - min(3600.0, (now - order.created_at) / 4) * rng.random()


def _regression(order: Order[Any], now: float, rng: Random) -> float:
    """A moment in an earlier step that this order really had; `now` if it had none."""
    current = order.step_at(now)
    if current == 0:
        return now
    earlier = rng.randrange(current)
    return math.nextafter(order.steps[earlier + 1].entered_at, -math.inf)


def _unknown_word(body: Body, state_fields: tuple[str, ...], rng: Random) -> Body:
    word = rng.choice(STRANGE_WORDS)
    return {name: word if name in state_fields else value for name, value in body.items()}


def _slow(answer: Answer, rng: Random) -> Answer:
    return replace(answer, delay_seconds=rng.uniform(2.0, 20.0))


def _cut_off(answer: Answer, rng: Random) -> Answer:
    return replace(answer, cut_after=rng.randrange(len(answer.body))) if answer.body else answer


def _malformed(answer: Answer, rng: Random) -> Answer:
    """Complete by its length, but not JSON: its end is missing, or a comma trails before it."""
    if len(answer.body) < 3 or answer.told is None:
        return answer
    cut = rng.randrange(1, len(answer.body) - 1)
    return replace(answer, body=rng.choice((answer.body[:cut], answer.body[:-1] + b"," + answer.body[-1:])))


BEFORE: Mapping[Fault, Callable[[Refuser, Random, float], Answer]] = {
    Fault.SERVER_ERROR: _server_error,
    Fault.SERVER_ERROR_HTML: _server_error_html,
    Fault.TOO_MANY_REQUESTS: _too_many_requests,
    Fault.TOO_MANY_REQUESTS_BARE: _too_many_requests_bare,
    Fault.TOO_MANY_REQUESTS_DATE: _too_many_requests_date,
    Fault.SERVER_ERROR_EMPTY: _server_error_empty,
    Fault.ERROR_IN_200: _error_in_200,
    Fault.NOT_FOUND: _not_found,
}
VIEWS: Mapping[Fault, Callable[[Order[Any], float, Random], float]] = {
    Fault.REGRESSION: _regression,
    Fault.STALE_WITH_AGE: _stale,
    Fault.STALE: _stale,
}
OTHERS = frozenset({Fault.OTHER_ORDER, Fault.OTHER_ORDER_NAMELESS})
"""The body is about another order."""

DISTORTIONS: Mapping[Fault, Callable[[Body, tuple[str, ...], Random], Body]] = {
    Fault.UNKNOWN_WORD: _unknown_word,
    Fault.NEW_FIELD: spoiling.new_field,
    Fault.VANISHED_FIELD: spoiling.vanished_field,
    Fault.VANISHED_STATE: spoiling.vanished_state,
    Fault.WRONG_TYPE: spoiling.wrong_type,
    Fault.SKEWED_TIMES: spoiling.skewed_times,
    Fault.OTHER_ORDER_NAMELESS: lambda body, _, __: spoiling.nameless(body),
}
AFTER: Mapping[Fault, Callable[[Answer, Random], Answer]] = {
    Fault.SLOW: _slow,
    Fault.CUT_OFF: _cut_off,
    Fault.MALFORMED: _malformed,
    Fault.TIMEOUT: spoiling.timeout,
    Fault.SLOW_BODY: spoiling.slow_body,
    Fault.DOUBLED: spoiling.doubled,
    Fault.WRONG_CONTENT_TYPE: spoiling.wrong_content_type,
    Fault.GZIPPED: spoiling.gzipped,
}
