"""Requests to execute orders, and what the log says of them: made, begun, ended, given up, settled.

A request is a row until a worker begins it, in one transaction with `ExecutionRequested`; from then on it
says who is about it, and it goes with the outcome. So whatever is killed when, a row without a worker was
never sent, and one with a worker that is no more may have been.
"""

from collections.abc import Callable
from functools import partial

import msgspec

from adapters.adapter import Adapter
from domain import execution
from domain.execution import Outcome, Uncertain
from domain.identity import OrderKey
from domain.instants import Instant
from domain.log import Log
from domain.order import Order
from domain.provider import Provider
from domain.rows import Claim, Committed, Effect, NewRequest, Reply, Request
from ordertrail import replies
from ordertrail.acts import Act, Stamp
from ordertrail.following import EXECUTE
from ordertrail.orders import Orders

UNKNOWN_KIND = "its provider does not say what kind of order it is"
LEFT_BEHIND = "the worker ended before an answer came"


class Wish(msgspec.Struct, frozen=True):
    """What a request to execute carries."""

    funding_transaction: str
    by: str | None = None


def wish_of(request: Request) -> Wish:
    return msgspec.json.decode(request.args, type=Wish)


def new_request(key: OrderKey, wish: Wish, at: Instant, command: str | None = None) -> NewRequest:
    return NewRequest(EXECUTE, str(key), at, msgspec.json.encode(wish).decode(), command)


def obstacle(order: Order, provider: Provider, adapter: Adapter) -> str | None:
    """Why the order can't be executed now; None: it can, or was never seen."""
    if why := execution.obstacle(order, provider):
        return why
    known = adapter.execution is not None and adapter.execution.kind(order.details) is not None
    return None if known or order.state is None else UNKNOWN_KIND


def waiting(log: Log, key: OrderKey) -> Request | None:
    """A request to execute the order that no worker has begun yet."""
    after = 0
    while page := log.requests([EXECUTE], 100, after=after):
        for request in page:
            if request.order == str(key) and request.claimed_by is None:
                return request
        after = page[-1].id
    return None


def begin(
    recorder: Orders, request: Request, attempt: str, key: OrderKey, provider: Provider, adapter: Adapter
) -> str | None:
    """Write down that it is about to be sent. None: it may be; else why not, which is then answered.

    Safe to call again with the same attempt.
    """
    why: str | None = None

    def decide(order: Order, stamp: Stamp) -> Act:
        nonlocal why
        why = None
        if order.execution is not None and order.execution.request == attempt:
            return Act([], lambda _: Effect())
        why = obstacle(order, provider, adapter)
        if why is not None:
            return _turned_down(request, why, order, stamp)
        wish = wish_of(request)
        event = execution.requested(
            order,
            wish.funding_transaction,
            attempt,
            by=wish.by,
            at=stamp.at,
            rules=stamp.rules,
            worker=stamp.worker,
        )
        claim = Claim(request.id, stamp.worker, stamp.at)
        return Act([event], lambda after: Effect(claims=claim, reply=_done(request, after, stamp)))

    acted = recorder.act(key, decide)
    if acted is None:
        return "the log does not know it"
    return why if isinstance(acted.outcome, Committed) else "another worker has begun it"


def end(
    recorder: Orders, request: Request, attempt: str, key: OrderKey, provider: Provider, outcome: Outcome
) -> None:
    """Write down what came of an attempt. Safe to call again."""
    _end(recorder, request, key, provider, lambda _: attempt, outcome)


def give_up(recorder: Orders, request: Request, key: OrderKey, provider: Provider) -> None:
    """Nobody is about it any more: whether it arrived is uncertain."""
    _end(recorder, request, key, provider, _attempt, Uncertain(LEFT_BEHIND))


def turn_down(recorder: Orders, request: Request, key: OrderKey, why: str) -> None:
    """Answer a request that can't be begun."""
    recorder.act(key, lambda order, stamp: _turned_down(request, why, order, stamp))


def settle(recorder: Orders, key: OrderKey, by: str) -> bool:
    """A person decides an uncertain execution; whether there was one."""
    settled = False

    def decide(order: Order, stamp: Stamp) -> Act:
        nonlocal settled
        events = execution.settled(order, by=by, at=stamp.at, rules=stamp.rules, worker=stamp.worker)
        settled = bool(events)
        return Act(events, lambda _: Effect())

    recorder.act(key, decide)
    return settled


def under_way(recorder: Orders, attempt: str, key: OrderKey) -> bool:
    """Whether the attempt is the order's last and nothing is known of it yet."""
    known = recorder.known(key)
    last = known.order.execution if known else None
    return last is not None and (last.request, last.stage) == (attempt, "requested")


def _end(
    recorder: Orders,
    request: Request,
    key: OrderKey,
    provider: Provider,
    attempt: Callable[[Order], str],
    outcome: Outcome,
) -> None:
    decide = partial(_ended, provider=provider, attempt=attempt, outcome=outcome)
    acted = recorder.act(key, partial(decide, effect=Effect(ends=request.id)))
    if acted is not None and not isinstance(acted.outcome, Committed):
        recorder.act(key, partial(decide, effect=Effect()))


def _ended(
    order: Order,
    stamp: Stamp,
    *,
    provider: Provider,
    attempt: Callable[[Order], str],
    outcome: Outcome,
    effect: Effect,
) -> Act:
    events = execution.ended(
        order, attempt(order), outcome, provider, at=stamp.at, rules=stamp.rules, worker=stamp.worker
    )
    return Act(events, lambda _: effect)


def _attempt(order: Order) -> str:
    return order.execution.request if order.execution else ""


def _turned_down(request: Request, why: str, order: Order, stamp: Stamp) -> Act:
    effect = Effect(drops=request.id, reply=_refused(request, why, order, stamp))
    return Act([], lambda _: effect)


def _done(request: Request, order: Order, stamp: Stamp) -> Reply | None:
    if request.command is None:
        return None
    return replies.done(request.command, request.verb, request.order, order.version, stamp.at)


def _refused(request: Request, why: str, order: Order, stamp: Stamp) -> Reply | None:
    if request.command is None:
        return None
    return replies.refused(request.command, request.verb, request.order, why, order.version, stamp.at)
