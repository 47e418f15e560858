"""What OrdinalsBot charges, in sats, and the fields of an order that repeat what was asked for."""

from simulators.message import Body


def number_in(placed: Body, name: str, default: float, most: float) -> float | None:
    """A positive number up to `most`, sent as a number or a string; None if it is anything else."""
    value = placed.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 < number <= most else None


def price_of(size: int, fee: float, count: int) -> Body:
    """Sats. `size` in bytes."""
    chain_fee = int((size / 4 + 200) * fee)
    service_fee, base_fee, postage = int(chain_fee * 0.1), 27_000 * count, 546 * count
    total = chain_fee + service_fee + base_fee
    parts = {"chainFee": chain_fee, "baseFee": base_fee, "serviceFee": service_fee, "rareSatsFee": 0}
    return parts | {"additionalFee": 0, "postage": postage, "amount": total + postage, "totalFee": total}


def common_fields(placed: Body, price: Body) -> Body:
    names = ("receiveAddress", "fee", "lowPostage", "referral", "rune", "numberOfMints", "webhookUrl")
    kept = {name: placed[name] for name in names if name in placed}
    fees = {
        name: price[name]
        for name in ("chainFee", "serviceFee", "baseFee", "rareSatsFee", "postage", "amount")
    }
    return kept | fees
