"""XMR.TO orders: monero in within minutes, bitcoin out; forgotten once the bitcoin has 144 confirmations.

https://xmrto-api.readthedocs.io (closed in 2021), versions 0 to 3. Guessed: the market price, what
order_partial_payment answers, and which orders a v3 answers PURGED for instead of 404.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from simulators.core import Call
from simulators.draws import BASE58, hexadecimal, legacy_address, monero_address, text, weighted
from simulators.fates import HOUR, Fate, place
from simulators.limits import Window, Windows
from simulators.message import Answer, Body, Request, Unreadable, json_answer
from simulators.order import Book, Change, Order, Trait, Walk
from simulators.xmrto_bodies import PAY_WITHIN, PURGE_CONFIRMATIONS, Facts, body_for, short_body
from simulators.xmrto_money import ZERO_CONF_MOST, Quote, amount_in, parameters, price_answer, quote

# What it is called and how it is asked

NAME = "xmrto"
STATE_FIELDS = ("state", "state_str")
WATCHED = ("btc_transaction_id", "payments[tx_id].tx_id")
LAWLESS = {"BTC_SENT": (("PAYMENT_FAILED",), ("REJECTED",))}
WINDOWS: Windows = {
    "status": (Window(3, 1),),
    "parameters": (Window(3, 1),),
    "create": (Window(4, 60),),
    "price": (Window(1, 3),),
}
PATH = re.compile(r"/api/(?:v([123])/xmr2btc/)?([a-z0-9_]+)/")
ENDPOINTS: Mapping[tuple[str, str], tuple[int, ...]] = {
    ("POST", "create_order"): (0,),
    ("POST", "order_status"): (0,),
    ("POST", "order_create"): (1, 2, 3),
    ("POST", "order_status_query"): (1, 2, 3),
    ("GET", "order_parameter_query"): (1, 2, 3),
    ("POST", "order_create_pp"): (2, 3),
    ("POST", "order_check_price"): (2, 3),
    ("POST", "order_partial_payment"): (2, 3),
    ("POST", "order_create_ln"): (3,),
    ("GET", "order_ln_check_route"): (3,),
}
RULES = {
    "create_order": "create",
    "order_create": "create",
    "order_create_pp": "create",
    "order_create_ln": "create",
    "order_status": "status",
    "order_status_query": "status",
    "order_parameter_query": "parameters",
    "order_check_price": "price",
}
ADDRESS = re.compile(r"(bc1[02-9ac-hj-np-z]{8,87}|[123mn][1-9A-HJ-NP-Za-km-z]{25,34})")
ERRORS = {
    "001": (503, "internal services not available"),
    "002": (400, "malformed bitcoin address"),
    "003": (400, "invalid bitcoin amount"),
    "004": (400, "bitcoin amount out of bounds"),
    "006": (404, "requested order not found"),
    "009": (400, "invalid request"),
    "011": (400, "malformed payment protocol url"),
    "012": (403, "too many requests"),
    "015": (400, "invalid monero amount"),
    "016": (400, "invalid currency"),
    "018": (400, "no lightning route"),
}


# How its orders live


def live(walk: Walk, version: int, zero_conf: bool) -> None:
    """All that is paid, in part or in full, is paid before the window closes."""
    window = float(PAY_WITHIN[version])
    spent = 0.0
    if walk.steps[0].state == "TO_BE_CREATED":
        if walk.chance(0.01):
            return walk.enter("TIMED_OUT", window)
        spent = min(walk.lognormal(2, 0.5), window / 10)
        walk.enter("UNPAID", spent)
    wait = walk.lognormal(window / 3, 0.8)
    if walk.chance(0.25) or spent + wait >= window:
        return time_out(walk, window - spent)
    if walk.chance(0.12):
        walk.enter("UNDERPAID", wait * 0.5)
        wait *= 0.5
        if walk.chance(0.15):
            walk.enter("UNPAID", wait * 0.5)
            wait *= 0.5
    return pay(walk, version, zero_conf, wait)


def time_out(walk: Walk, left: float) -> None:
    if walk.chance(0.15):
        paid_after = left * walk.rng.random()
        walk.enter("UNDERPAID", paid_after)
        left -= paid_after
    walk.enter("TIMED_OUT", left)
    if walk.chance(0, Fate.LATE_PAYMENTS):
        walk.enter("PAID", walk.lognormal(HOUR, 0.5))
        walk.enter("BTC_SENT", walk.lognormal(60, 0.7))


def pay(walk: Walk, version: int, zero_conf: bool, after: float) -> None:
    """Up to a small amount the bitcoin is sent before the monero confirms."""
    if version == 3 and walk.chance(0.04):
        refused = weighted(walk.rng, {"REJECTED": 1, "PAYMENT_FAILED": 1, "FLAGGED_DESTINATION_ADDRESS": 1})
        if walk.chance(0.5):
            walk.enter("PAID_UNCONFIRMED", after)
            after = walk.lognormal(60, 0.7)
        return walk.enter(refused, after)
    if zero_conf:
        walk.enter("PAID_UNCONFIRMED", after)
        return walk.enter("BTC_SENT", walk.lognormal(60, 0.7))
    if walk.chance(0.95):
        walk.enter("PAID_UNCONFIRMED", after)
        after = 60 + walk.gamma(10, 120)
    walk.enter("PAID", after)
    return walk.enter("BTC_SENT", walk.lognormal(60, 0.7))


def purge_of(walk: Walk) -> float | None:
    if walk.steps[-1].state != "BTC_SENT":
        return None
    return walk.at + (600 + walk.gamma(PURGE_CONFIRMATIONS, 600)) * walk.time_scale


def changes_of(walk: Walk, transaction: str) -> tuple[Change, ...]:
    if walk.steps[-1].state != "BTC_SENT":
        return ()
    return (Change(walk.at, "btc_transaction_id", transaction),)


# What it says


def error(version: int, number: str) -> Answer:
    """Version 0 has no error bodies."""
    status, message = ERRORS[number]
    if version == 0:
        return Answer(status)
    return json_answer(status, {"error": f"XMRTO-ERROR-{number}", "error_msg": message})


# The provider


class Xmrto:
    name = NAME
    windows = WINDOWS
    watched: Sequence[str] = WATCHED

    def __init__(self, *, seed: int, time_scale: float, fates: Collection[str] = ()) -> None:
        self._book: Book[Facts] = Book(NAME, seed, time_scale, fates)
        self._calls: Mapping[str, Callable[[Call, int], Answer]] = {
            "create_order": self._create,
            "order_create": self._create,
            "order_create_pp": self._create_by_url,
            "order_create_ln": self._create_by_invoice,
            "order_status": self._read,
            "order_status_query": self._read,
            "order_parameter_query": self._parameters,
            "order_check_price": self._price,
            "order_partial_payment": self._accept_partial,
            "order_ln_check_route": self._route,
        }

    def orders(self) -> Iterable[Order[Any]]:
        return self._book

    def order(self, order_id: str) -> Order[Any] | None:
        return self._book.get(order_id)

    def refusal(self, _: Request, __: Collection[str] | None) -> Answer | None:
        return None

    def caller(self, request: Request) -> str:
        return request.client

    def rules(self, request: Request) -> Sequence[str]:
        found = PATH.fullmatch(request.path)
        rule = RULES.get(found[2]) if found else None
        return () if rule is None else (rule,)

    def too_many(self, _: float) -> Answer:
        return error(3, "012")

    def broken(self) -> Answer:
        return error(3, "001")

    def unknown(self) -> Answer:
        return error(3, "006")

    def answer(self, call: Call) -> Answer:
        request = call.request
        found = PATH.fullmatch(request.path)
        if found is None:
            return self._astray(request.path)
        version, name = int(found[1] or 0), found[2]
        if version in ENDPOINTS.get((request.method, name), ()):
            return self._calls[name](call, version)
        if any(each == name and version in versions for (_, each), versions in ENDPOINTS.items()):
            return json_answer(405, {"detail": f'Method "{request.method}" not allowed.'})
        return Answer(404, {"content-type": "text/html"}, b"<h1>Not Found</h1>")

    def view(self, order: Order[Any], at: float, version: str) -> Body:
        return body_for(int(version.removeprefix("v") or 0), self._book.time_scale)(order, at)

    def sample(self, number: int) -> Request:
        rng = self._book.rng("sample", number)
        version = int(weighted(rng, {"0": 0.1, "1": 0.15, "2": 0.35, "3": 0.4}))
        amount = rng.choice(("0.005", "0.02", "0.1", "0.25", "0.8"))
        placed: Body = {"btc_dest_address": legacy_address(rng)}
        if version == 3:
            placed |= {"amount": amount, "amount_currency": "BTC"}
        else:
            placed["btc_amount"] = float(amount)
        path = f"/api/v{version}/xmr2btc/order_create/" if version else "/api/create_order/"
        return Request(
            "POST", path, headers={"content-type": "application/json"}, body=json.dumps(placed).encode()
        )

    def created_id(self, answer: Answer) -> str:
        return str(json.loads(answer.body)["uuid"])

    def _astray(self, path: str) -> Answer:
        """Paths end in a slash; without it they redirect, which turns a POST into a GET."""
        found = PATH.fullmatch(f"{path}/")
        if found is not None and found[2] in self._calls:
            return Answer(301, {"location": f"{path}/", "content-type": "text/html"})
        return Answer(404, {"content-type": "text/html"}, b"<h1>Not Found</h1>")

    def _read(self, call: Call, version: int) -> Answer:
        order = self._asked(call, version)
        if isinstance(order, Answer):
            return order
        if order is None or order.gone(call.now):
            return self._forgotten(order, version)
        body_at = body_for(version, self._book.time_scale)
        return json_answer(200, call.show(order, body_at, STATE_FIELDS))

    def _asked(self, call: Call, version: int) -> Order[Facts] | Answer | None:
        """The order whose uuid was sent, None if there is none, or the refusal of the request."""
        try:
            asked = call.request.json_or_form().get("uuid")
        except Unreadable:
            return error(version, "009")
        if not isinstance(asked, str) or not asked:
            return error(version, "009")
        return self._book.get(asked)

    def _forgotten(self, order: Order[Facts] | None, version: int) -> Answer:
        if version == 0:
            name = "state" if order is None else order.facts.state_field
            return json_answer(200, {name: "NOT_FOUND"})
        if version == 3 and order is not None and order.facts.purged_word:
            return json_answer(200, short_body(order, "PURGED", version))
        return error(version, "006")

    def _create(self, call: Call, version: int) -> Answer:
        try:
            placed = call.request.json_or_form()
        except Unreadable:
            return error(version, "009")
        destination = placed.get("btc_dest_address")
        if not isinstance(destination, str) or not ADDRESS.fullmatch(destination):
            return error(version, "002")
        price = self._price_at(call.now)
        amount = amount_in(placed, version, price)
        if isinstance(amount, str):
            return error(version, amount)
        return self._created(call.now, version, quote(amount, price), destination, {})

    def _create_by_url(self, call: Call, version: int) -> Answer:
        try:
            url = call.request.json_or_form().get("pp_url")
        except Unreadable:
            return error(version, "009")
        if not isinstance(url, str) or "://" not in url:
            return error(version, "011")
        rng = self._book.rng("payment request", url)
        wanted = quote(Decimal(rng.randint(2, 200)) / 1000, self._price_at(call.now))
        return self._created(call.now, version, wanted, legacy_address(rng), {"pp_url": url})

    def _create_by_invoice(self, call: Call, version: int) -> Answer:
        try:
            invoice = call.request.json_or_form().get("ln_invoice")
        except Unreadable:
            return error(version, "009")
        if not isinstance(invoice, str) or not invoice.startswith("ln"):
            return error(version, "018")
        btc = Decimal(self._book.rng("invoice", invoice).randint(1, 40)) / 10_000
        extra = {"uses_lightning": True, "msat_amount": int(btc * 10**11)}
        return self._created(call.now, version, quote(btc, self._price_at(call.now)), invoice, extra)

    def _created(self, now: float, version: int, wanted: Quote, destination: str, extra: Body) -> Answer:
        order = place(self._book, self._new(now, version, wanted, destination, extra), LAWLESS)
        return json_answer(201 if version else 200, short_body(order, order.state_at(now), version))

    def _new(self, now: float, version: int, wanted: Quote, destination: str, extra: Body) -> Order[Facts]:
        order_id = self._book.new_id(lambda rng: "xmrto-" + text(rng, BASE58, 6))
        rng = self._book.rng("facts", order_id)
        facts = Facts(
            version=version,
            quote=wanted,
            destination=destination,
            extra=extra,
            zero_conf=version >= 2 and wanted.btc <= ZERO_CONF_MOST and rng.random() < 0.7,
            state_field="state_str" if rng.random() < 0.5 else "state",
            purged_word=rng.random() < 0.2,
            address=monero_address(rng),
            integrated_address=monero_address(rng, "8" if version == 3 else "4", 106),
            payment_id=hexadecimal(rng),
            short_payment_id=hexadecimal(rng, 16),
            transaction=hexadecimal(rng),
            share_paid=Decimal(rng.randint(10, 95)) / 100,
        )
        walk = self._book.walk(order_id, "UNPAID" if rng.random() < 0.1 else "TO_BE_CREATED", now)
        live(walk, version, facts.zero_conf)
        traits: dict[str, Trait] = {
            "version": version,
            "zero_conf": facts.zero_conf,
            "state_field_in_v0": facts.state_field,
            "purged_in_v3": "word" if facts.purged_word else "404",
        }
        changes = changes_of(walk, facts.transaction)
        return Order(order_id, now, tuple(walk.steps), facts, traits, changes, purge_of(walk))

    def _price_at(self, now: float) -> Decimal:
        """BTC per XMR; another one each minute."""
        rng = self._book.rng("price", int(now // 60))
        return Decimal(rng.randint(700_000, 780_000)).scaleb(-8)

    def _parameters(self, call: Call, version: int) -> Answer:
        return json_answer(200, parameters(self._price_at(call.now), version))

    def _price(self, call: Call, version: int) -> Answer:
        try:
            placed = call.request.json_or_form()
        except Unreadable:
            return error(version, "009")
        price = self._price_at(call.now)
        amount = amount_in(placed, version, price)
        if isinstance(amount, str):
            return error(version, amount)
        return json_answer(200, price_answer(quote(amount, price), version))

    def _route(self, call: Call, version: int) -> Answer:
        if not call.request.query.get("ln_invoice", "").startswith("ln"):
            return error(version, "018")
        return json_answer(200, {"num_routes": 3, "success_probability": 0.9})

    def _accept_partial(self, call: Call, version: int) -> Answer:
        """Takes what has been paid for the whole; the order's life goes on from there."""
        order = self._asked(call, version)
        if isinstance(order, Answer):
            return order
        if order is None or order.gone(call.now):
            return self._forgotten(order, version)
        if order.state_at(call.now) != "UNDERPAID":
            return error(version, "009")
        walk = self._book.walk(order.id, "UNPAID", order.created_at, "partial", call.now)
        walk.steps = list(order.steps[: order.step_at(call.now) + 1])
        pay(
            walk, order.facts.version, order.facts.zero_conf, 1 + (call.now - walk.at) / self._book.time_scale
        )
        facts = replace(order.facts, partial_accepted=True)
        changes = changes_of(walk, facts.transaction)
        steps, gone_at = tuple(walk.steps), purge_of(walk)
        self._book.put(replace(order, steps=steps, facts=facts, changes=changes, gone_at=gone_at))
        return Answer(200)
