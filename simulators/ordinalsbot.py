"""OrdinalsBot orders: paid on chain, by lightning or with runes, prepared, queued, inscribed file by file.

https://docs.ordinalsbot.com/api. Two generations answer: 2023 (flags and `files[]`, no `state`, no `id`) and
2024 (`state`). Undocumented and guessed: the 429 body, the refusal of a wrong key, /status and /inventory.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulators.core import Call
from simulators.draws import hexadecimal, segwit_address, taproot_address, text, uuid4, weighted
from simulators.fates import HOUR, place
from simulators.limits import Window, Windows
from simulators.message import Answer, Body, Request, Unreadable, json_answer
from simulators.order import Book, Change, Order, Trait, Walk
from simulators.ordinalsbot_lives import live
from simulators.ordinalsbot_money import common_fields, number_in, price_of

# What it is called and how it is asked

NAME = "ordinalsbot"
STATE_FIELDS = ("state",)
WATCHED = (
    *("paid", "underpaid", "expired", "refund", "executedMints", "mintingTxs[]"),
    *(f"files[].{name}" for name in ("iqueued", "completed", "sent", "error")),
)
LAWLESS = {
    "completed": (("error",), ("error", "waiting-refund", "refunded")),
    "expired": (("waiting-confirmation",), ("waiting-confirmation", "prep", "queued", "completed")),
}
WINDOWS: Windows = {"read": (Window(300, 60),), "create": (Window(2, 10),)}
PLACING = ("/order", "/textorder", "/runes/etch", "/runes/mint")
MOST_FILES = 10_000
MOST_BYTES = 50_000_000
MOST_FEE = 100_000
MOST_MINUTES = 525_600
MINUTE = 60.0
PAYMENTS = {"chain": 0.62, "lightning": 0.24, "parent": 0.07, "rune": 0.07}


@dataclass(frozen=True, slots=True)
class File:
    """One thing to inscribe or mint; `done_at` in seconds UTC, None if it never is."""

    shown: Body
    commit: str
    reveal: str
    fees: int
    done_at: float | None


@dataclass(frozen=True, slots=True)
class Facts:
    kind: str
    old: bool
    charge: Body
    placed: Body
    common: Body
    files: tuple[File, ...]
    underpaid_at: float | None
    overpaid: bool
    refund: str


# How its orders live


def files_of(walk: Walk, wanted: Sequence[Body]) -> tuple[File, ...]:
    """Each is done at a moment of its own while queued, the last one when the order completes."""
    steps = {step.state: step.entered_at for step in walk.steps}
    start, end = steps.get("queued"), steps.get("completed")
    files = []
    for number, shown in enumerate(wanted, 1):
        done_at = None if start is None or end is None else start + (end - start) * number / len(wanted)
        fees = walk.rng.randint(3_000, 160_000)
        files.append(File(shown, hexadecimal(walk.rng), hexadecimal(walk.rng), fees, done_at))
    return tuple(files)


def changes_of(kind: str, files: Iterable[File], underpaid_at: float | None) -> tuple[Change, ...]:
    changes = [] if underpaid_at is None else [Change(underpaid_at, "underpaid", True)]
    for number, each in enumerate(files):
        if each.done_at is None:
            continue
        if kind == "rune-mint":
            changes.append(Change(each.done_at, "executedMints", number + 1))
        else:
            changes.append(Change(each.done_at, f"files[{number}].sent", each.reveal))
    return tuple(changes)


# What it says


def body_at(order: Order[Facts], now: float) -> Body:
    facts, state = order.facts, order.state_at(now)
    body: Body = {"status": "ok", "charge": _charge(order, now), **facts.common}
    done = [each.reveal for each in facts.files if each.done_at is not None and each.done_at <= now]
    if facts.kind == "rune-mint":
        body |= {"executedMints": len(done), "mintingTxs": done}
    else:
        body["inscribedCount"] = len(done)
        body["files"] = [_file(order, each, now) for each in facts.files]
    if not facts.old:
        body |= {"id": order.id, "state": state}
    body |= {"orderType": facts.kind, "createdAt": int(order.created_at * 1000)}
    body |= _flags(order, state, now)
    return body


def _flags(order: Order[Facts], state: str, now: float) -> Body:
    """Absent until true."""
    facts = order.facts
    flags: Body = {}
    underpaid_at = facts.underpaid_at
    if state == "waiting-payment" and underpaid_at is not None and underpaid_at <= now:
        flags["underpaid"] = True
    if state == "expired":
        flags["expired"] = True
    if order.reached("prep", now):
        flags |= {"paid": True, "paidAt": int((order.entered("prep") or now) * 1000)}
        if facts.overpaid:
            flags["overpaid"] = True
    if facts.old and order.reached("queued", now):
        flags["processing"] = True
    return flags | ({"refund": facts.refund} if state == "refunded" else {})


def _charge(order: Order[Facts], now: float) -> Body:
    """The 2023 generation says `unpaid` for ever."""
    paid = not order.facts.old and order.reached("prep", now)
    return order.facts.charge | {"status": "paid" if paid else "unpaid"}


def _file(order: Order[Facts], each: File, now: float) -> Body:
    queued_at = order.entered("queued")
    if order.reached("error", now):
        return each.shown | {"error": "unable to inscribe"}
    if queued_at is None or queued_at > now:
        return each.shown
    shown = each.shown | {"iqueued": True, "iqueuedAt": int(queued_at * 1000)}
    if each.done_at is None or each.done_at > now:
        return shown
    tx = {"commit": each.commit, "reveal": each.reveal, "inscription": f"{each.reveal}i0", "fees": each.fees}
    return shown | {"processing": True, "completed": True, "tx": tx, "sent": each.reveal}


def placed_body(order: Order[Facts]) -> Body:
    """What the create call answers: with nulls a GET leaves out and a placeholder for the time."""
    nothing = {"success_url": None, "order_id": None, "notif_email": None}
    charge = order.facts.charge | nothing | {"status": "unpaid"}
    body = order.facts.placed | order.facts.common | {"charge": charge, "status": "ok", "id": order.id}
    state = order.steps[0].state
    return body | {"orderType": order.facts.kind, "state": state, "createdAt": {".sv": "timestamp"}}


def error(reason: str) -> Answer:
    """Its refusals are HTTP 200."""
    return json_answer(200, {"status": "error", "error": reason})


def wanted_files(path: str, placed: Body) -> list[Body] | None:
    """What an order of this path asks for, or None if it asks for nothing sensible."""
    if path == "/runes/mint":
        count = placed.get("numberOfMints")
        return [{} for _ in range(count)] if isinstance(count, int) and 0 < count <= MOST_FILES else None
    if path == "/runes/etch":
        return (
            [{"name": str(placed["rune"]), "size": 1, "type": "text/plain"}] if placed.get("rune") else None
        )
    if path == "/textorder":
        texts = placed.get("texts")
        if not isinstance(texts, list) or not 0 < len(texts) <= MOST_FILES:
            return None
        return [{"name": f"{each}.txt", "size": len(str(each)), "type": "text/plain"} for each in texts]
    files = placed.get("files")
    if not isinstance(files, list) or not 0 < len(files) <= MOST_FILES:
        return None
    return [_wanted(each) for each in files] if all(isinstance(each, dict) for each in files) else None


def _wanted(file: Body) -> Body:
    kept = {name: file[name] for name in ("name", "size", "type", "url") if name in file}
    return kept | ({"s3Key": f"files/{file.get('name', 'file')}"} if "dataURL" in file else {})


# The provider


class Ordinalsbot:
    name = NAME
    windows = WINDOWS
    watched: Sequence[str] = WATCHED

    def __init__(self, *, seed: int, time_scale: float, fates: Collection[str] = ()) -> None:
        self._book: Book[Facts] = Book(NAME, seed, time_scale, fates)
        self._calls: Mapping[tuple[str, str], Callable[[Call], Answer]] = {
            ("GET", "/order"): self._read,
            ("GET", "/price"): self._price,
            ("GET", "/inventory"): self._inventory,
            ("GET", "/status"): lambda _: json_answer(200, {"status": "ok"}),
            **{("POST", path): self._place for path in PLACING},
        }

    def orders(self) -> Iterable[Order[Any]]:
        return self._book

    def order(self, order_id: str) -> Order[Any] | None:
        return self._book.get(order_id)

    def refusal(self, request: Request, api_keys: Collection[str] | None) -> Answer | None:
        key = request.headers.get("x-api-key", "")
        if key and api_keys is not None and key not in api_keys:
            return json_answer(401, {"status": "error", "error": "invalid api key"})
        return None

    def caller(self, request: Request) -> str:
        return request.headers.get("x-api-key") or request.client

    def rules(self, request: Request) -> Sequence[str]:
        if request.path not in PLACING:
            return ()
        return ("read",) if request.method == "GET" else ("create",)

    def too_many(self, wait: float) -> Answer:
        body = {"status": "error", "error": "Too many requests, please try again later."}
        return json_answer(429, body, {"retry-after": str(int(wait) + 1)})

    def broken(self) -> Answer:
        return json_answer(500, {"status": "error", "reason": "unable to save data"})

    def unknown(self) -> Answer:
        return error("no such order")

    def answer(self, call: Call) -> Answer:
        handler = self._calls.get((call.request.method, call.request.path))
        if handler is None:
            return json_answer(404, {"status": "error", "error": "not found"})
        return handler(call)

    def view(self, order: Order[Any], at: float, _: str) -> Body:
        return body_at(order, at)

    def sample(self, number: int) -> Request:
        rng = self._book.rng("sample", number)
        path = weighted(rng, {"/order": 0.65, "/runes/etch": 0.25, "/runes/mint": 0.1})
        placed: Body = {"receiveAddress": taproot_address(rng), "fee": rng.randint(1, 80), "lowPostage": True}
        if path == "/runes/etch":
            placed |= {"rune": "SAMPLE•RUNE•TOKEN", "supply": 21_000_000, "symbol": "S", "divisibility": 0}
        elif path == "/runes/mint":
            placed |= {"rune": "SAMPLE•RUNE•TOKEN", "numberOfMints": rng.randint(1, 8)}
        else:
            sizes = [rng.randint(10, 4000) for _ in range(rng.randint(1, 5))]
            placed["files"] = [
                {"name": f"{number}.txt", "size": size, "type": "text/plain", "dataURL": "data:,x"}
                for number, size in enumerate(sizes)
            ]
        return Request("POST", path, body=json.dumps(placed).encode())

    def created_id(self, answer: Answer) -> str:
        return str(json.loads(answer.body)["id"])

    def _read(self, call: Call) -> Answer:
        order_id = call.request.query.get("id", "")
        if not order_id:
            return error("id is required")
        order = self._book.get(order_id)
        if order is None or order.gone(call.now):
            return self.unknown()
        return json_answer(200, call.show(order, body_at, STATE_FIELDS))

    def _price(self, call: Call) -> Answer:
        query = call.request.query
        try:
            price = price_of(int(query["size"]), float(query.get("fee", 10)), int(query.get("count", 1)))
        except (KeyError, ValueError, OverflowError):
            return error("size, fee and count must be numbers")
        return json_answer(200, {"status": "ok", **price})

    def _inventory(self, _: Call) -> Answer:
        item = {"amount": 100_000, "baseFee": 10_000, "count": 42, "maxSize": 400_000, "minSize": 1}
        return json_answer(200, {"vintage": item, "pizza": item})

    def _place(self, call: Call) -> Answer:
        try:
            placed = call.request.json()
            wanted = wanted_files(call.request.path, placed)
        except Unreadable:
            return json_answer(500, {"status": "error", "reason": "unable to parse request"})
        if wanted is None:
            return error("nothing to inscribe")
        if not isinstance(placed.get("receiveAddress", ""), str | list):
            return error("invalid receive address")
        if number_in(placed, "fee", 10, MOST_FEE) is None:
            return error("invalid fee")
        order = self._new(call.request.path, placed, wanted, call.now)
        order = place(self._book, order, LAWLESS, straight=order.facts.old)
        return json_answer(200, placed_body(order))

    def _new(self, path: str, placed: Body, wanted: Sequence[Body], now: float) -> Order[Facts]:
        order_id = self._book.new_id(uuid4)
        rng = self._book.rng("facts", order_id)
        kind = {"/runes/etch": "rune-etch", "/runes/mint": "rune-mint"}.get(path, "bulk")
        payment = "parent" if placed.get("parent") else weighted(rng, PAYMENTS)
        old = kind == "bulk" and payment in ("chain", "lightning") and rng.random() < 0.35
        timeout = (number_in(placed, "timeout", 4320, MOST_MINUTES) or 4320) * MINUTE
        walk = self._first_step(order_id, payment, now)
        live(walk, kind, payment, timeout)
        size = sum(int(number_in(each, "size", 100, MOST_BYTES) or 0) for each in wanted)
        price = price_of(size, number_in(placed, "fee", 10, MOST_FEE) or 10, len(wanted))
        paid_after = (walk.steps[1].entered_at - now) if len(walk.steps) > 1 else 0.0
        facts = Facts(
            kind=kind,
            old=old,
            charge=self._charge(order_id, now, int(price["amount"])),
            placed=placed,
            common=common_fields(placed, price),
            files=files_of(walk, wanted),
            underpaid_at=now + paid_after * rng.random()
            if payment == "chain" and rng.random() < 0.08
            else None,
            overpaid=rng.random() < 0.03,
            refund=hexadecimal(rng),
        )
        traits: dict[str, Trait] = {"kind": kind, "payment": payment, "generation": 2023 if old else 2024}
        return Order(
            order_id, now, tuple(walk.steps), facts, traits, changes_of(kind, facts.files, facts.underpaid_at)
        )

    def _first_step(self, order_id: str, payment: str, now: float) -> Walk:
        """Orders paid with runes wait for the balance; some of their owners change to bitcoin instead."""
        first = "waiting-rune-balance" if payment == "rune" else "waiting-payment"
        walk = self._book.walk(order_id, first, now)
        if payment == "rune" and walk.chance(0.3):
            walk.enter("waiting-payment", walk.lognormal(300, 1))
        return walk

    def _charge(self, order_id: str, now: float, amount: int) -> Body:
        """`created_at` and `expires_at` in seconds; all other times of an order are in milliseconds."""
        rng = self._book.rng("charge", order_id)
        address = segwit_address(rng)
        payreq = "lnbc" + text(rng, "023456789acdefghjklmnpqrstuvwxyz", 60)
        return {
            "id": order_id,
            "description": "inscription order",
            "amount": amount,
            "missing_amt": 0,
            "status": "unpaid",
            "currency": "BTC",
            "created_at": int(now),
            "address": address,
            "chain_invoice": {"address": address},
            "lightning_invoice": {"expires_at": int(now + HOUR * self._book.time_scale), "payreq": payreq},
            "uri": f"bitcoin:{address}?amount={amount / 1e8:.8f}",
        }
