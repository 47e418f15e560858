"""What can go wrong with an answer, by name. A new kind is a word in `Fault` and one entry in one table:

- BEFORE: the provider never sees the request; something in front of it answers.
- VIEWS: the provider shows the order as it was at another time.
- DISTORTIONS: the provider's own body says something odd.
- AFTER: the answer was fine and the way back spoiled it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from random import Random
from typing import Any, Protocol

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
    """A provider's own words for being asked too often and for breaking down."""

    def too_many(self, wait: float) -> Answer: ...
    def broken(self) -> Answer: ...


def _server_error(refuser: Refuser, _: Random) -> Answer:
    return refuser.broken()


def _server_error_html(_: Refuser, rng: Random) -> Answer:
    status, reason = rng.choice(list(GATEWAY_REASONS.items()))
    page = (
        f"<html><head><title>{status} {reason}</title></head><body><h1>{status} {reason}</h1></body></html>"
    )
    return Answer(status, {"content-type": "text/html"}, page.encode())


def _too_many_requests(refuser: Refuser, rng: Random) -> Answer:
    refusal = refuser.too_many(0)
    return replace(refusal, status=429, headers={**refusal.headers, "retry-after": str(rng.randint(1, 30))})


def _too_many_requests_bare(refuser: Refuser, _: Random) -> Answer:
    refusal = refuser.too_many(0)
    headers = {name: value for name, value in refusal.headers.items() if name != "retry-after"}
    return replace(refusal, status=429, headers=headers)


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
    if len(answer.body) < 3:
        return answer
    cut = rng.randrange(1, len(answer.body) - 1)
    return replace(answer, body=rng.choice((answer.body[:cut], answer.body[:-1] + b"," + answer.body[-1:])))


BEFORE: Mapping[Fault, Callable[[Refuser, Random], Answer]] = {
    Fault.SERVER_ERROR: _server_error,
    Fault.SERVER_ERROR_HTML: _server_error_html,
    Fault.TOO_MANY_REQUESTS: _too_many_requests,
    Fault.TOO_MANY_REQUESTS_BARE: _too_many_requests_bare,
}
VIEWS: Mapping[Fault, Callable[[Order[Any], float, Random], float]] = {Fault.REGRESSION: _regression}
DISTORTIONS: Mapping[Fault, Callable[[Body, tuple[str, ...], Random], Body]] = {
    Fault.UNKNOWN_WORD: _unknown_word
}
AFTER: Mapping[Fault, Callable[[Answer, Random], Answer]] = {
    Fault.SLOW: _slow,
    Fault.CUT_OFF: _cut_off,
    Fault.MALFORMED: _malformed,
}
