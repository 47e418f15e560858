"""Runa orders: gift payouts that are processed, completed or failed; their payouts go on changing for days.

https://developer.runa.io. Guessed: how long anything takes, what the items of the order list hold, the answer
to a missing idempotency key.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from simulators.core import Call
from simulators.draws import CROCKFORD, text, ulid, uuid4, weighted
from simulators.fates import Fate, place
from simulators.limits import Window, Windows
from simulators.message import Answer, Body, Request, Unreadable, json_answer
from simulators.order import Book, Change, Order, Trait, Walk
from simulators.runa_money import priced, problem

# What it is called and how it is asked

NAME = "runa"
STATE_FIELDS = ("status",)
WATCHED = ("message", "items[id].payout.status")
LAWLESS = {"COMPLETED": (("FAILED",),)}
WINDOWS: Windows = {"create": (Window(300, 60),), "any": (Window(1200, 60),)}
ORDERS = "/v2/order"
VERSION = "2024-02-05"
REMOVED_VERSIONS = ("2023-01-16", "2023-07-27")
MODES = ("async", "sync")
DAY = 86_400.0
KEY_LIFE = 30 * DAY


@dataclass(frozen=True, slots=True)
class Payout:
    """`ended` is what the payout becomes at `ended_at` (seconds UTC), or None if it stays active."""

    id: str
    item: Body
    url: str
    redemption_url: str
    ended: str | None
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class Facts:
    placed: Body
    money: Body
    payouts: tuple[Payout, ...]
    completed_at: float | None
    full_failure: bool
    message: str | None


# How its orders live


def live(walk: Walk) -> None:
    if walk.chance(0.02):
        walk.enter("FAILED", walk.lognormal(60, 1))
    elif walk.chance(0.1):
        walk.enter("COMPLETED", walk.lognormal(1800, 1.5))
    else:
        walk.enter("COMPLETED", walk.lognormal(3, 1))


def payout_end(walk: Walk) -> tuple[str, float] | tuple[None, None]:
    """Most are claimed within days, some cancelled or expired, the rest stay active."""
    ended = weighted(walk.rng, {"CLAIMED": 0.8, "CANCELLED": 0.06, "EXPIRED": 0.04, "": 0.1})
    if not ended:
        return None, None
    after = walk.lognormal(20 * DAY, 0.5) if ended == "EXPIRED" else walk.lognormal(2 * DAY, 1.5)
    if Fate.LATE_PAYOUTS in walk.fates:
        after = walk.rng.uniform(0.5, 5) * DAY
    return ended, walk.at + after * walk.time_scale


def payouts_of(walk: Walk, items: Sequence[Body]) -> tuple[Payout, ...]:
    payouts = []
    for item in items:
        ended, ended_at = payout_end(walk)
        secret = text(walk.rng, "0123456789abcdefghijklmnopqrstuvwxyz", 20)
        url = f"https://spend.runa.io/{uuid4(walk.rng)}"
        item_id = "E-" + text(walk.rng, CROCKFORD, 17)
        redemption_url = f"https://payout.runa.io/{secret}"
        payouts.append(Payout(item_id, item, url, redemption_url, ended, ended_at))
    return tuple(payouts)


def changes_of(payouts: Iterable[Payout], completed_at: float | None) -> tuple[Change, ...]:
    if completed_at is None:
        return ()
    changes = []
    for payout in payouts:
        path = f"items[{payout.id}].payout.status"
        changes.append(Change(completed_at, path, "ACTIVE"))
        if payout.ended is not None and payout.ended_at is not None:
            changes.append(Change(payout.ended_at, path, payout.ended))
    return tuple(sorted(changes, key=lambda change: change.at))


# What it says


def when(at: float) -> str:
    """Microseconds and `+00:00`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")


def body_at(order: Order[Facts], now: float) -> Body:
    facts, status = order.facts, order.state_at(now)
    head = {"id": order.id, "status": status}
    if status == "FAILED" and not facts.full_failure:
        return head
    if status == "PROCESSING":
        said = {} if facts.message is None else {"message": facts.message}
        return head | {"created_at": when(order.created_at)} | said
    ended_at = order.steps[-1].entered_at if facts.completed_at is None else facts.completed_at
    body: Body = head | {"created_at": when(order.created_at), "completed_at": when(ended_at)}
    body |= {"description": facts.placed.get("description"), **facts.money}
    shown = [_item(payout, order.steps[-1].entered_at, now, status) for payout in facts.payouts]
    return body | {"items": shown, "metadata": facts.placed.get("metadata")}


def _item(payout: Payout, completed_at: float, now: float, status: str) -> Body:
    shown: Body = {"id": payout.id, **payout.item}
    if status == "FAILED":
        return shown
    ended = payout.ended_at is not None and payout.ended_at <= now
    changed_at = payout.ended_at if ended and payout.ended_at is not None else completed_at
    shown["redemption_url"] = payout.redemption_url
    shown["payout"] = {
        "status": payout.ended if ended else "ACTIVE",
        "status_updated_at": when(changed_at),
        "url": payout.url,
        "expiry_date": None,
    }
    return shown


# The provider


class Runa:
    name = NAME
    windows = WINDOWS
    watched: Sequence[str] = WATCHED

    def __init__(self, *, seed: int, time_scale: float, fates: Collection[str] = ()) -> None:
        self._book: Book[Facts] = Book(NAME, seed, time_scale, fates)
        self._answered: dict[tuple[str, str], tuple[float, bytes, Answer]] = {}
        self._calls: Mapping[tuple[str, str], Callable[[Call], Answer]] = {
            ("POST", ORDERS): self._place,
            ("POST", f"{ORDERS}/estimate"): self._estimate,
            ("GET", ORDERS): self._list,
            ("GET", "/v2/ping"): lambda _: json_answer(200, {"message": "pong"}),
            ("GET", "/v2/balance"): lambda _: json_answer(200, {"currency": "USD", "balance": "100000.00"}),
        }

    def orders(self) -> Iterable[Order[Any]]:
        return self._book

    def order(self, order_id: str) -> Order[Any] | None:
        return self._book.get(order_id)

    def refusal(self, request: Request, api_keys: Collection[str] | None) -> Answer | None:
        key = request.headers.get("x-api-key", "")
        if not key:
            return problem(401, "unauthorized", "No API key was sent.")
        if api_keys is not None and key not in api_keys:
            return problem(401, "invalid_api_key", "The API key is not valid.")
        version = request.headers.get("x-api-version", VERSION)
        if version in REMOVED_VERSIONS:
            return problem(410, "version_removed", "This API version has been removed.")
        return (
            None if version == VERSION else problem(400, "invalid_version", "There is no such API version.")
        )

    def caller(self, request: Request) -> str:
        return request.headers.get("x-api-key", "")

    def rules(self, request: Request) -> Sequence[str]:
        return ("create", "any") if (request.method, request.path) == ("POST", ORDERS) else ("any",)

    def too_many(self, _: float) -> Answer:
        return json_answer(429, {"error": "rate exceeded"})

    def broken(self) -> Answer:
        return problem(500, "internal_server_error", "Something went wrong.")

    def unknown(self) -> Answer:
        return problem(404, "not_found", "There is no such order.")

    def answer(self, call: Call) -> Answer:
        request = call.request
        handler = self._calls.get((request.method, request.path))
        if handler is not None:
            return handler(call)
        if request.method == "GET" and request.path.startswith(f"{ORDERS}/"):
            return self._read(call, request.path.removeprefix(f"{ORDERS}/"))
        return problem(404, "not_found", "There is nothing here.")

    def view(self, order: Order[Any], at: float, _: str) -> Body:
        return body_at(order, at)

    def sample(self, number: int) -> Request:
        rng = self._book.rng("sample", number)
        items = [_sample_item(rng) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
        method = {"type": "ACCOUNT_BALANCE", "currency": rng.choice(("USD", "GBP"))}
        note = {"internal_id": str(number), "campaign": "demo"}
        placed = {
            "payment_method": method,
            "items": items,
            "description": f"Reward {number}",
            "metadata": note,
        }
        headers = {"x-api-key": "seed", "x-idempotency-key": uuid4(rng)}
        return Request("POST", ORDERS, headers=headers, body=json.dumps(placed).encode())

    def created_id(self, answer: Answer) -> str:
        return str(json.loads(answer.body)["id"])

    def _read(self, call: Call, order_id: str) -> Answer:
        order = self._book.get(order_id)
        if order is None or order.gone(call.now):
            return self.unknown()
        return json_answer(200, call.show(order, body_at, STATE_FIELDS))

    def _list(self, call: Call) -> Answer:
        """Newest first; `after` and `before` are order ids."""
        query = call.request.query
        try:
            limit = int(query.get("limit", 100))
        except ValueError:
            return problem(400, "pagination_error", "limit must be a number.")
        ids = [order.id for order in self._book][::-1]
        cursor = query.get("after") or query.get("before")
        if not 1 <= limit <= 500 or (cursor and cursor not in ids):
            return problem(400, "pagination_error", "The limit or the cursor is not valid.")
        if query.get("before"):
            end = ids.index(query["before"])
            page = ids[max(end - limit, 0) : end]
        else:
            start = ids.index(query["after"]) + 1 if query.get("after") else 0
            page = ids[start : start + limit]
        shown = [self._basic(order_id, call.now) for order_id in page]
        more = bool(page) and page[-1] != ids[-1]
        cursors = {
            "after": page[-1] if more else None,
            "before": page[0] if page and page[0] != ids[0] else None,
        }
        return json_answer(200, {"orders": shown, "pagination": {"cursors": cursors, "limit": limit}})

    def _basic(self, order_id: str, now: float) -> Body:
        order = self._book.get(order_id)
        full = {} if order is None else body_at(order, now)
        names = ("id", "status", "created_at", "completed_at", "currency", "total_price", "description")
        return {name: full[name] for name in names if name in full}

    def _estimate(self, call: Call) -> Answer:
        try:
            sums = priced(call.request.json())
        except Unreadable as error:
            return problem(400, "bad_request", str(error))
        return sums if isinstance(sums, Answer) else json_answer(200, {**sums[0], "items": sums[1]})

    def _place(self, call: Call) -> Answer:
        """The same idempotency key gets the same answer for 30 days, refusals too."""
        headers = call.request.headers
        key = headers.get("x-idempotency-key", "")
        if not key:
            return problem(400, "bad_request", "X-Idempotency-Key is required.")
        slot = (headers.get("x-api-key", ""), key)
        known = self._answered.get(slot)
        if known is not None and call.now - known[0] < KEY_LIFE * self._book.time_scale:
            if known[1] == call.request.body:
                return known[2]
            return problem(400, "idempotency_validation_error", "This key was used with another payload.")
        answer = self._placed(call)
        self._answered[slot] = (call.now, call.request.body, answer)
        return answer

    def _placed(self, call: Call) -> Answer:
        mode = call.request.headers.get("x-execution-mode", "async")
        if mode not in MODES:
            return problem(400, "invalid_execution_mode", "X-Execution-Mode is async or sync.")
        try:
            placed = call.request.json()
        except Unreadable as error:
            return problem(400, "bad_request", str(error))
        sums = priced(placed)
        if isinstance(sums, Answer):
            return sums
        if mode == "sync" and len(sums[1]) > 1:
            return problem(400, "invalid_execution_mode", "Synchronous orders have one item.")
        order = place(self._book, self._new(placed, sums, mode, call.now), LAWLESS)
        if mode == "sync":
            return json_answer(200, body_at(order, call.now))
        return json_answer(202, {"id": order.id, "status": order.state_at(call.now)})

    def _new(self, placed: Body, sums: tuple[Body, list[Body]], mode: str, now: float) -> Order[Facts]:
        order_id = self._book.new_id(lambda rng: "O-" + ulid(rng, now))
        walk = self._book.walk(order_id, "COMPLETED" if mode == "sync" else "PROCESSING", now)
        if mode == "async":
            live(walk)
        rng = self._book.rng("facts", order_id)
        done = walk.steps[-1].state == "COMPLETED"
        second = self._book.time_scale
        claimed_second = walk.at - now < 10 * second and rng.random() < 0.3
        claimed_at = now + second if claimed_second else walk.at
        payouts = payouts_of(walk, sums[1])
        facts = Facts(
            placed=placed,
            money=sums[0],
            payouts=payouts,
            completed_at=claimed_at if done else None,
            full_failure=rng.random() < 0.5,
            message=rng.choice((None, "Your order is being processed")),
        )
        traits: dict[str, Trait] = {
            "mode": mode,
            "failed_body": "full" if facts.full_failure else "basic",
            "completed_at": "created_at + 1 s" if claimed_second else "true",
        }
        changes = changes_of(payouts, walk.at if done else None)
        return Order(order_id, now, tuple(walk.steps), facts, traits, changes)


def _sample_item(rng: Random) -> Body:
    to = {"type": "EMAIL", "email_address": f"{text(rng, 'abcdefghijklmnop', 8)}@example.com"}
    link = {"type": "PAYOUT_LINK"}
    products = rng.choice(
        (
            {"type": "SINGLE", "value": "AMZ-US"},
            {"type": "MULTIPLE", "values": ["AMZ-US", "AIRBNB-US"]},
            {"type": "SINGLE", "value": "AMZ-GB"},
        )
    )
    return {
        "face_value": rng.choice((5, 10, 25, 50)),
        "distribution_method": to if rng.random() < 0.7 else link,
        "products": products,
    }
