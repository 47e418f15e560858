"""What OrdinalsBot charges, in sats, and the fields of an order that repeat what was asked for."""

from simulators.message import Body


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
