"""What Runa reckons with: the prices of an order's items, exchange between currencies, and its refusals.

Money is decimal strings with two digits.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from simulators.message import Answer, Body, json_answer

PRODUCT = re.compile(r"[A-Z0-9]+-[A-Z]{2}")
RATES = {"USD": Decimal("1"), "GBP": Decimal("1.27"), "EUR": Decimal("1.08")}


def problem(status: int, kind: str, message: str, details: list[Body] | None = None) -> Answer:
    body: Body = {"type": kind, "message": message, "help": None}
    return json_answer(status, body if details is None else body | {"details": details})


def validation(location: Sequence[str], message: str) -> Answer:
    detail = {"type": "value_error", "message": message, "location": list(location)}
    return problem(422, "validation_error", "The request did not validate, see details.", [detail])


def priced(placed: Body) -> tuple[Body, list[Body]] | Answer:
    """The money fields and the items as they will be shown, or the refusal."""
    items = placed.get("items")
    if not isinstance(items, list) or not items:
        return validation(["items"], "at least one item is needed")
    method = placed.get("payment_method") or {"type": "ACCOUNT_BALANCE", "currency": "USD"}
    currency = method.get("currency", "USD") if isinstance(method, dict) else None
    if not isinstance(currency, str) or currency not in RATES:
        return problem(400, "payment_method_unavailable", "This payment method is not available.")
    shown: list[Body] = []
    totals: dict[str, Decimal] = {}
    for number, item in enumerate(items):
        priced_item = _priced_item(item, str(number))
        if isinstance(priced_item, Answer):
            return priced_item
        shown.append(priced_item)
        item_currency = priced_item["currency"]
        totals[item_currency] = totals.get(item_currency, Decimal(0)) + Decimal(priced_item["price"])
    return _money(method, currency, totals), shown


def _priced_item(item: object, number: str) -> Body | Answer:
    if not isinstance(item, dict):
        return validation(["items", number], "an item is an object")
    try:
        value = Decimal(str(item.get("face_value")))
    except InvalidOperation:
        return validation(["items", number, "face_value"], "face_value must be a number")
    if not value.is_finite() or not 1 <= value <= 2000:
        return validation(["items", number, "face_value"], "face_value must be from 1 to 2000")
    products = item.get("products")
    if not isinstance(products, dict) or not _products_known(products):
        return problem(400, "product_validation_error", "One or more products do not exist.")
    kept = {name: item[name] for name in ("distribution_method", "products") if name in item}
    amount = f"{value:.2f}"
    return kept | {"currency": _currency(products), "face_value": amount, "price": amount}


def _products_known(products: Body) -> bool:
    if products.get("type") == "TEMPLATE":
        return bool(products.get("value"))
    values = products.get("values", [products.get("value")])
    return isinstance(values, list) and all(PRODUCT.fullmatch(str(value)) for value in values)


def _currency(products: Body) -> str:
    code = str((products.get("values") or [products.get("value")])[0])
    return {"GB": "GBP", "DE": "EUR", "FR": "EUR"}.get(code[-2:], "USD")


def _money(method: Body, currency: str, totals: Mapping[str, Decimal]) -> Body:
    """Totals in the paying currency; `fx` is null where nothing is exchanged."""
    total = Decimal(0)
    detail: Body = {}
    for code, value in totals.items():
        exchanged = value * RATES[code] / RATES[currency]
        fee = exchanged * Decimal("0.02") if code != currency else Decimal(0)
        total += exchanged + fee
        fx = None if code == currency else _exchange(code, currency, fee)
        detail[code] = {"value": f"{value:.2f}", "fx": fx}
    prices = {"total_price": f"{total:.2f}", "total_discount": "0.00"}
    return {"payment_method": method, "currency": currency, **prices, "transaction_detail": detail}


def _exchange(code: str, currency: str, fee: Decimal) -> Body:
    rate = f"{RATES[currency] / RATES[code]:.4f}"
    return {
        "rate": rate,
        "rate_symbol": currency + code,
        "fee": {"value": f"{fee:.2f}", "currency": currency},
    }
