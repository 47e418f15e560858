"""Xverse rune orders: placed, funded, executed on chain; some fail and are refunded, some go stale.

https://docs.xverse.app/api/runes. Undocumented and guessed: error bodies (in Fastify's shape), the 429 body,
the words inside `transactions[]`. Execute echoes the funding id, as its text says, or answers nothing, as its
schema has it.
"""

import json
import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from simulators.core import Call
from simulators.draws import hexadecimal, segwit_address, taproot_address, uuid4
from simulators.fates import LIKELY, Fate, place
from simulators.limits import Window, Windows
from simulators.message import Answer, Body, Request, Unreadable, json_answer, rfc3339
from simulators.order import Book, Change, Order, Trait, Walk

# What it is called and how it is asked

NAME = "xverse"
STATE_FIELDS = ("state",)
WATCHED = ("reason", "transactions[txid].txid", "transactions[txid].state")
LAWLESS = {"complete": (("failed",), ("failed", "refunded")), "stale": (("failed",),)}
WINDOWS: Windows = {"any": (Window(2, 1), Window(100, 60))}
ORDERS = "/v1/runes-managed/orders"
PLACING = re.compile(r"/v1/runes-managed/(mint|etch)/(estimate|orders)")
EXECUTING = re.compile(r"/v1/runes-managed/(mint|etch)/orders/([^/]+)/execute")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_REPEATS = 4000
MOST_FEE_RATE = 100_000
REASONS = ("mint is closed", "rune was already etched", "insufficient funding amount", "transaction rejected")
HOUR = 3600.0
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Transaction:
    """Seconds UTC; `replacement` takes the id's place when its fee is bumped."""

    txid: str
    kind: str
    sequence: int
    batch: int
    broadcast_at: float
    confirmed_at: float | None
    replaced_at: float | None = None
    replacement: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    kind: str
    id_field: str
    order_type: str
    reason: str
    no_reason: str
    echoes: bool
    placed: Body
    funding_address: str
    transactions: tuple[Transaction, ...]


# How its orders live


def live(walk: Walk, kind: str) -> None:
    if walk.chance(0.01, Fate.LATE_REFUNDS, 0.2):
        walk.enter("failed", walk.lognormal(600, 1))
        return refund(walk)
    wait = walk.lognormal(480, 1.2)
    if walk.chance(0.1, Fate.LATE_PAYMENTS) or wait > DAY:
        walk.enter("stale", DAY)
        late = walk.chance(0.05, Fate.LATE_PAYMENTS, 0.7)
        return execute(walk, kind, walk.lognormal(6 * HOUR, 1)) if late else None
    return execute(walk, kind, wait)


def execute(walk: Walk, kind: str, after: float) -> None:
    """Mints often chain on the unconfirmed funding transaction; etches wait six blocks for the commit."""
    if kind == "mint" and walk.chance(0.3):
        walk.enter("executing", after)
    else:
        walk.enter("pending", after)
        confirmation = 60 + walk.gamma(6, 600) if kind == "etch" else 5 + walk.gamma(1, 600)
        if walk.chance(0.01):
            walk.enter("failed", confirmation)
            return refund(walk)
        walk.enter("executing", confirmation)
    working = 5 + walk.gamma(1, 600) if kind == "etch" else walk.lognormal(1800, 1.2)
    if walk.chance(0.03, Fate.LATE_REFUNDS, 0.2):
        walk.enter("failed", working)
        return refund(walk)
    walk.enter("complete", working)
    return None


def refund(walk: Walk) -> None:
    if walk.chance(0.9):
        weeks = Fate.LATE_REFUNDS in walk.fates
        walk.enter("refunded", walk.rng.uniform(2, 5) * DAY if weeks else walk.lognormal(DAY, 1))


def transactions_of(walk: Walk, kind: str, repeats: int) -> tuple[Transaction, ...]:
    """What goes on chain while the order executes, one batch per 25 mints; one in five is replaced."""
    begun = next((at for at, step in enumerate(walk.steps) if step.state == "executing"), None)
    if begun is None:
        return ()
    start, end = walk.steps[begun].entered_at, walk.steps[begun + 1].entered_at
    done = walk.steps[begun + 1].state == "complete"
    count = repeats if kind == "mint" else 1
    replaced = LIKELY if Fate.REPLACED_TXIDS in walk.fates else 0.2
    return tuple(
        _transaction(walk.rng, kind, number, count, start, end, done, replaced) for number in range(count)
    )


def _transaction(
    rng: Random, kind: str, number: int, count: int, start: float, end: float, done: bool, replaced: float
) -> Transaction:
    broadcast_at = start + (end - start) * 0.5 * number / count
    confirmed_at = end - (end - broadcast_at) * 0.3 * rng.random()
    return Transaction(
        hexadecimal(rng),
        "mint" if kind == "mint" else "reveal",
        number % 25,
        number // 25,
        broadcast_at,
        confirmed_at if done else None,
        broadcast_at + (confirmed_at - broadcast_at) * rng.random() if rng.random() < replaced else None,
        hexadecimal(rng),
    )


def changes_of(transactions: Iterable[Transaction]) -> tuple[Change, ...]:
    changes = []
    for position, transaction in enumerate(transactions):
        path = f"transactions[{position}]"
        changes.append(Change(transaction.broadcast_at, f"{path}.txid", transaction.txid))
        if transaction.replaced_at is not None:
            changes.append(Change(transaction.replaced_at, f"{path}.txid", transaction.replacement))
        if transaction.confirmed_at is not None:
            changes.append(Change(transaction.confirmed_at, f"{path}.state", "confirmed"))
    return tuple(sorted(changes, key=lambda change: change.at))


# What it says


def body_at(order: Order[Facts], now: float) -> Body:
    facts = order.facts
    state = order.state_at(now)
    body: Body = {facts.id_field: order.id, "orderType": facts.order_type, "state": state}
    if state in ("failed", "refunded"):
        body["reason"] = facts.reason
    elif facts.no_reason != "absent":
        body["reason"] = None if facts.no_reason == "null" else ""
    body["createdAt"] = rfc3339(order.created_at)[:-4] + "Z"
    body["fundingAddress"] = facts.funding_address
    body["orderDetails"] = facts.placed
    body["transactions"] = [_shown(each, now) for each in facts.transactions if each.broadcast_at <= now]
    return body


def _shown(transaction: Transaction, now: float) -> Body:
    replaced = transaction.replaced_at is not None and transaction.replaced_at <= now
    confirmed = transaction.confirmed_at is not None and transaction.confirmed_at <= now
    return {
        "txid": transaction.replacement if replaced else transaction.txid,
        "state": "confirmed" if confirmed else "broadcast",
        "transactionType": transaction.kind,
        "broadcastSequence": transaction.sequence,
        "batchNumber": transaction.batch,
    }


def cost_of(placed: Body, kind: str) -> Body:
    size = 300 + (int(placed.get("repeats", 1)) * 120 if kind == "mint" else 450)
    breakdown: Body = {"postage": 546, "networkFee": int(size * placed["feeRate"]), "serviceFee": 2000}
    if "appServiceFee" in placed:
        breakdown["appServiceFee"] = placed["appServiceFee"]
    return {"totalSize": size, "totalCost": sum(breakdown.values()), "costBreakdown": breakdown}


def problem(status: int, error: str, message: str, headers: dict[str, str] | None = None) -> Answer:
    return json_answer(status, {"statusCode": status, "error": error, "message": message}, headers)


def flaw(placed: Body, kind: str) -> str | None:
    """What its validation would refuse in an estimate or order, or None."""
    for name in ("runeName", "destinationAddress"):
        if not isinstance(placed.get(name), str) or not placed[name]:
            return f"body must have required property '{name}'"
    if not _number(placed.get("feeRate")) or not 1 <= placed["feeRate"] <= MOST_FEE_RATE:
        return f"body/feeRate must be >= 1 and <= {MOST_FEE_RATE}"
    if not _number(placed.get("appServiceFee", 0)):
        return "body/appServiceFee must be number"
    if kind == "etch":
        return None if isinstance(placed.get("isMintable"), bool) else "body/isMintable must be boolean"
    if not _number(placed.get("repeats")) or not 1 <= placed["repeats"] <= MOST_REPEATS:
        return f"body/repeats must be >= 1 and <= {MOST_REPEATS}"
    return None


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


# The provider


class Xverse:
    name = NAME
    windows = WINDOWS
    watched: Sequence[str] = WATCHED

    def __init__(self, *, seed: int, time_scale: float, fates: Collection[str] = ()) -> None:
        self._book: Book[Facts] = Book(NAME, seed, time_scale, fates)

    def orders(self) -> Iterable[Order[Any]]:
        return self._book

    def order(self, order_id: str) -> Order[Any] | None:
        return self._book.get(order_id)

    def refusal(self, request: Request, api_keys: Collection[str] | None) -> Answer | None:
        key = request.headers.get("x-api-key", "")
        if not key:
            return problem(401, "Unauthorized", "Missing API key")
        if api_keys is not None and key not in api_keys:
            return problem(403, "Forbidden", "Invalid API key")
        return None

    def caller(self, request: Request) -> str:
        return request.headers.get("x-api-key", "")

    def rules(self, _: Request) -> Sequence[str]:
        return ("any",)

    def too_many(self, wait: float) -> Answer:
        return problem(429, "Too Many Requests", "Rate limit exceeded", {"retry-after": str(int(wait) + 1)})

    def broken(self) -> Answer:
        return problem(500, "Internal Server Error", "Something went wrong")

    def unknown(self) -> Answer:
        return problem(404, "Not Found", "Order not found")

    def answer(self, call: Call) -> Answer:
        path, method = call.request.path, call.request.method
        if method == "GET" and path == ORDERS:
            return self._list(call)
        if method == "GET" and path.startswith(f"{ORDERS}/"):
            return self._read(call, path.removeprefix(f"{ORDERS}/"))
        if method == "POST" and (placing := PLACING.fullmatch(path)):
            return self._place(call, placing[1], placing[2])
        if method == "POST" and (executing := EXECUTING.fullmatch(path)):
            return self._execute(call, executing[1], executing[2])
        return problem(404, "Not Found", f"Route {method}:{path} not found")

    def view(self, order: Order[Any], at: float, _: str) -> Body:
        return body_at(order, at)

    def sample(self, number: int) -> Request:
        rng = self._book.rng("sample", number)
        kind = "mint" if rng.random() < 0.7 else "etch"
        placed: Body = {
            "runeName": rng.choice(("DOG•GO•TO•THE•MOON", "UNCOMMON•GOODS", "BILLION•DOLLAR•CAT")),
            "destinationAddress": taproot_address(rng),
            "refundAddress": segwit_address(rng),
            "feeRate": rng.randint(1, 80),
        }
        extra: Body = (
            {"repeats": rng.randint(1, 12)} if kind == "mint" else {"isMintable": True, "symbol": "¤"}
        )
        body = json.dumps(placed | extra).encode()
        return Request("POST", f"/v1/runes-managed/{kind}/orders", headers={"x-api-key": "seed"}, body=body)

    def created_id(self, answer: Answer) -> str:
        return str(json.loads(answer.body)["orderId"])

    def _read(self, call: Call, asked: str) -> Answer:
        if not UUID.fullmatch(asked.lower()):
            return problem(400, "Bad Request", 'params/orderId must match format "uuid"')
        order = self._book.get(asked.lower())
        if order is None or order.gone(call.now):
            return self.unknown()
        return json_answer(200, call.show(order, body_at, STATE_FIELDS))

    def _list(self, call: Call) -> Answer:
        address = call.request.query.get("destinationAddress")
        if not address:
            return problem(400, "Bad Request", "querystring must have required property 'destinationAddress'")
        found = [each for each in self._book if each.facts.placed.get("destinationAddress") == address]
        items = []
        for order in found:
            body = body_at(order, call.now)
            body.pop(order.facts.id_field)
            items.append({"orderId": order.id, **body})
        return json_answer(200, {"items": items})

    def _place(self, call: Call, kind: str, what: str) -> Answer:
        try:
            placed = call.request.json()
        except Unreadable as error:
            return problem(400, "Bad Request", str(error))
        wrong = flaw(placed, kind)
        if wrong is not None:
            return problem(400, "Bad Request", wrong)
        cost = cost_of(placed, kind)
        if what == "estimate":
            return json_answer(200, cost)
        order = place(self._book, self._new(kind, placed, call.now), LAWLESS)
        made = {
            "orderId": order.id,
            "fundAddress": order.facts.funding_address,
            "fundAmount": cost["totalCost"],
        }
        return json_answer(200, made)

    def _new(self, kind: str, placed: Body, now: float) -> Order[Facts]:
        order_id = self._book.new_id(uuid4)
        walk = self._book.walk(order_id, "new", now)
        live(walk, kind)
        rng = self._book.rng("facts", order_id)
        word = rng.choice(("runes", "rune"))
        facts = Facts(
            kind=kind,
            id_field="orderId" if rng.random() < 0.2 else "id",
            order_type=f"{word}_{kind}",
            reason=rng.choice(REASONS),
            no_reason=rng.choice(("absent", "null", "empty")),
            echoes=rng.random() < 0.5,
            placed=placed,
            funding_address=taproot_address(rng),
            transactions=transactions_of(walk, kind, int(placed.get("repeats", 1))),
        )
        traits: dict[str, Trait] = {
            "kind": kind,
            "id_field": facts.id_field,
            "order_type": facts.order_type,
            "no_reason": facts.no_reason,
            "execute_echoes": facts.echoes,
        }
        return Order(order_id, now, tuple(walk.steps), facts, traits, changes_of(facts.transactions))

    def _execute(self, call: Call, kind: str, asked: str) -> Answer:
        order = self._book.get(asked.lower())
        if order is None or order.facts.kind != kind:
            return self.unknown()
        try:
            funding = call.request.json().get("fundTransactionId")
        except Unreadable as error:
            return problem(400, "Bad Request", str(error))
        if not isinstance(funding, str) or len(funding) != 64:
            return problem(400, "Bad Request", "body/fundTransactionId must have 64 characters")
        state = order.state_at(call.now)
        if state in ("failed", "refunded"):
            return problem(400, "Bad Request", f"Order is {state}")
        if state in ("new", "stale"):
            self._book.put(self._executed(order, call.now))
        return json_answer(200, {"fundTransactionId": funding}) if order.facts.echoes else Answer(200)

    def _executed(self, order: Order[Facts], now: float) -> Order[Facts]:
        """The order with its life from now on drawn anew; what has happened stays."""
        current = order.step_at(now)
        walk = self._book.walk(order.id, "new", order.created_at, "executed", now)
        walk.steps = list(order.steps[: current + 1])
        wait = 1 + walk.rng.random() * 4 + (now - walk.at) / self._book.time_scale
        execute(walk, order.facts.kind, wait)
        transactions = transactions_of(walk, order.facts.kind, int(order.facts.placed.get("repeats", 1)))
        facts = replace(order.facts, transactions=transactions)
        return replace(order, steps=tuple(walk.steps), facts=facts, changes=changes_of(transactions))
