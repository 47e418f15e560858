"""What XMR.TO says of an order, in the words of each version.

Versions 0 to 2 write numbers; version 3 renames most fields and writes strings. Times are UTC to the second.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from simulators.message import Body
from simulators.order import Order
from simulators.xmrto_money import Quote, written

PAY_WITHIN = {0: 300, 1: 300, 2: 900, 3: 2700}
PURGE_CONFIRMATIONS = 144


@dataclass(frozen=True, slots=True)
class Facts:
    version: int
    quote: Quote
    destination: str
    extra: Body
    zero_conf: bool
    state_field: str
    purged_word: bool
    address: str
    integrated_address: str
    payment_id: str
    short_payment_id: str
    transaction: str
    share_paid: Decimal
    partial_accepted: bool = False


def when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def short_body(order: Order[Facts], state: str, version: int) -> Body:
    facts = order.facts
    body: Body = {"state": state, "btc_amount": written(facts.quote.btc, version)}
    body |= {"btc_dest_address": facts.destination, "uuid": order.id}
    return body | ({"uses_lightning": False, **facts.extra} if version == 3 else facts.extra)


def body_for(version: int, time_scale: float) -> Callable[[Order[Facts], float], Body]:
    """The order in a version's words, whichever version it was placed with."""

    def body_at(order: Order[Facts], now: float) -> Body:
        state = order.state_at(now)
        body = short_body(order, state, version)
        if version == 0 and order.facts.state_field == "state_str":
            body["state_str"] = body.pop("state")
        if state == "TO_BE_CREATED":
            return body
        expires_at = order.created_at + PAY_WITHIN[order.facts.version] * time_scale
        body |= {"created_at": when(order.created_at), "expires_at": when(expires_at)}
        body["seconds_till_timeout"] = max(int(expires_at - now), 0)
        return body | (_third(order, state, now) if version == 3 else _earlier(order, state, now, version))

    return body_at


def _earlier(order: Order[Facts], state: str, now: float, version: int) -> Body:
    facts = order.facts
    total = written(facts.quote.xmr, version)
    body = {
        "xmr_price_btc": written(facts.quote.price, version),
        "xmr_required_amount": total,
        "xmr_amount_remaining": written(_remaining(order, state, now), version),
        "xmr_num_confirmations_remaining": _confirmations_left(order, state, now),
        "xmr_receiving_address": facts.address,
        "btc_num_confirmations_before_purge": PURGE_CONFIRMATIONS,
        "btc_num_confirmations": _bitcoin_confirmations(order, now),
        "btc_transaction_id": facts.transaction if state == "BTC_SENT" else "",
    }
    if version >= 1:
        body["xmr_amount_total"] = total
    if version < 2:
        return body | {"xmr_required_payment_id": facts.payment_id}
    return body | {
        "xmr_receiving_integrated_address": facts.integrated_address,
        "xmr_required_payment_id_long": facts.payment_id,
        "xmr_required_payment_id_short": facts.short_payment_id,
        "xmr_recommended_mixin": 4,
    }


def _third(order: Order[Facts], state: str, now: float) -> Body:
    facts = order.facts
    share = facts.share_paid if state == "UNDERPAID" or facts.partial_accepted else Decimal(0)
    confirmations = _bitcoin_confirmations(order, now)
    sent = [{"tx_id": facts.transaction, "num_confirmations": confirmations}] if state == "BTC_SENT" else []
    return {
        "incoming_price_btc": written(facts.quote.price, 3),
        "incoming_amount_total": written(facts.quote.xmr, 3),
        "remaining_amount_incoming": written(_remaining(order, state, now), 3),
        "incoming_num_confirmations_remaining": _confirmations_left(order, state, now),
        "receiving_subaddress": facts.integrated_address[:95],
        "recommended_mixin": 10,
        "btc_amount_partial": written(facts.quote.btc * share, 3),
        "btc_num_confirmations_threshold": PURGE_CONFIRMATIONS,
        "payments": sent,
    }


def _remaining(order: Order[Facts], state: str, now: float) -> Decimal:
    """An order that timed out keeps what it still lacked."""
    if state == "TIMED_OUT":
        state = order.steps[order.step_at(now) - 1].state
    if state in ("UNPAID", "TO_BE_CREATED"):
        return order.facts.quote.xmr
    return order.facts.quote.xmr * (1 - order.facts.share_paid) if state == "UNDERPAID" else Decimal(0)


def _confirmations_left(order: Order[Facts], state: str, now: float) -> int:
    """−1 before the payment, then counting down."""
    if state != "PAID_UNCONFIRMED":
        return 0 if state in ("PAID", "BTC_SENT") else -1
    step = order.step_at(now)
    start, end = order.steps[step].entered_at, order.steps[step + 1].entered_at
    needed = 1 if order.facts.zero_conf else 10
    return max(needed - int(needed * (now - start) / (end - start)), 1)


def _bitcoin_confirmations(order: Order[Facts], now: float) -> int:
    sent_at = order.entered("BTC_SENT")
    if sent_at is None or order.gone_at is None or now < sent_at:
        return 0
    passed = (now - sent_at) / (order.gone_at - sent_at)
    return min(int(PURGE_CONFIRMATIONS * passed), PURGE_CONFIRMATIONS)
