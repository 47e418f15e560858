"""What XMR.TO reckons with: amounts, prices and bounds. Prices are BTC per XMR.

Versions 0 to 2 write numbers, version 3 writes them as strings.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from simulators.message import Body

BOUNDS = {
    0: (Decimal("0.001"), Decimal(1)),
    1: (Decimal("0.001"), Decimal(1)),
    2: (Decimal("0.002"), Decimal(20)),
    3: (Decimal("0.001"), Decimal(20)),
}
ZERO_CONF_MOST = Decimal("0.1")
LIGHTNING_BOUNDS = (Decimal("0.0001"), Decimal("0.04"))
CURRENCIES = ("BTC", "XMR")


@dataclass(frozen=True, slots=True)
class Quote:
    btc: Decimal
    xmr: Decimal
    price: Decimal


def quote(btc: Decimal, price: Decimal) -> Quote:
    return Quote(btc, (btc / price).quantize(Decimal("0.000001")), price)


def amount_in(placed: Body, version: int, price: Decimal) -> Decimal | str:
    """The BTC amount a request asks for, or the number of the error that refuses it."""
    currency = str(placed.get("amount_currency", "BTC")) if version == 3 else "BTC"
    if currency not in CURRENCIES:
        return "016"
    asked = placed.get("amount", placed.get("btc_amount")) if version == 3 else placed.get("btc_amount")
    try:
        amount = Decimal(str(asked))
    except InvalidOperation:
        return "003" if currency == "BTC" else "015"
    if not amount.is_finite():
        return "003" if currency == "BTC" else "015"
    btc = amount if currency == "BTC" else (amount * price).quantize(Decimal("0.00000001"))
    lower, upper = BOUNDS[version]
    return btc if lower <= btc <= upper else "004"


def written(amount: Decimal, version: int) -> str | float | int:
    """As a version writes it: no trailing zeros, never an exponent."""
    plain = format(amount.quantize(Decimal("0.00000001")).normalize(), "f")
    if version == 3:
        return plain
    return float(plain) if "." in plain else int(plain)


def parameters(price: Decimal, version: int) -> Body:
    lower, upper = (written(bound, version) for bound in BOUNDS[version])
    body: Body = {"price": written(price, version), "upper_limit": upper, "lower_limit": lower}
    if version >= 2:
        body |= {"zero_conf_enabled": True, "zero_conf_max_amount": written(ZERO_CONF_MOST, version)}
    if version == 3:
        least, most = (written(bound, version) for bound in LIGHTNING_BOUNDS)
        body |= {"ln_upper_limit": most, "ln_lower_limit": least}
    return body


def price_answer(asked: Quote, version: int) -> Body:
    total, price = written(asked.xmr, version), written(asked.price, version)
    body: Body = {"btc_amount": written(asked.btc, version)}
    prefix, price_name = ("incoming", "incoming_price_btc") if version == 3 else ("xmr", "xmr_price_btc")
    needed = 1 if asked.btc <= ZERO_CONF_MOST else 10
    return body | {
        f"{prefix}_amount_total": total,
        f"{prefix}_num_confirmations_remaining": needed,
        price_name: price,
    }
