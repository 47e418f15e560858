"""XMR.TO orders: Monero comes in, Bitcoin goes out; unpaid ones time out, and all are purged in the end.

Its versions 0 to 3 name the same things differently. https://xmrto-api.readthedocs.io
"""

from statemachine import State, StateMachine

from domain.fields import Field, Fields, Kind, Use
from domain.phases import Phase
from domain.provider import provider


class XmrToOrder(StateMachine):
    to_be_created = State(value="TO_BE_CREATED", initial=True)
    unpaid = State(value="UNPAID")
    underpaid = State(value="UNDERPAID")
    paid_unconfirmed = State(value="PAID_UNCONFIRMED")
    paid = State(value="PAID")
    btc_sent = State(value="BTC_SENT", final=True)
    timed_out = State(value="TIMED_OUT", final=True)
    rejected = State(value="REJECTED", final=True)
    payment_failed = State(value="PAYMENT_FAILED", final=True)
    flagged = State(value="FLAGGED_DESTINATION_ADDRESS", final=True)

    create = to_be_created.to(unpaid)
    fall_short = unpaid.to(underpaid)
    restart = underpaid.to(unpaid)
    receive = unpaid.to(paid_unconfirmed) | underpaid.to(paid_unconfirmed)
    confirm = unpaid.to(paid) | underpaid.to(paid) | paid_unconfirmed.to(paid)
    pay_out = paid_unconfirmed.to(btc_sent) | paid.to(btc_sent)
    time_out = to_be_created.to(timed_out) | unpaid.to(timed_out) | underpaid.to(timed_out)
    reject = unpaid.to(rejected) | underpaid.to(rejected) | paid_unconfirmed.to(rejected) | paid.to(rejected)
    fail = (
        unpaid.to(payment_failed)
        | underpaid.to(payment_failed)
        | paid_unconfirmed.to(payment_failed)
        | paid.to(payment_failed)
    )
    flag = unpaid.to(flagged) | underpaid.to(flagged) | paid_unconfirmed.to(flagged) | paid.to(flagged)


PHASES = {
    "TO_BE_CREATED": Phase.AWAITING_PAYMENT,
    "UNPAID": Phase.AWAITING_PAYMENT,
    "UNDERPAID": Phase.AWAITING_PAYMENT,
    "PAID_UNCONFIRMED": Phase.CONFIRMING,
    "PAID": Phase.PROCESSING,
    "BTC_SENT": Phase.FULFILLED,
    "TIMED_OUT": Phase.EXPIRED,
    "REJECTED": Phase.FAILED,
    "PAYMENT_FAILED": Phase.FAILED,
    "FLAGGED_DESTINATION_ADDRESS": Phase.FAILED,
}

_PURGED_AT = "btc_num_confirmations_before_purge"

FIELDS = Fields(
    (
        Field("uuid", Use.STATE),
        Field("state", Use.STATE),
        Field("state_str", Use.STATE),
        Field("created_at"),
        Field("expires_at"),
        Field("seconds_till_timeout", Use.VOLATILE),
        # Bitcoin out
        Field("btc_amount", kind=Kind.DECIMAL),
        Field("btc_amount_partial", kind=Kind.DECIMAL),
        Field("btc_dest_address"),
        Field("btc_transaction_id"),
        Field("btc_num_confirmations", kind=Kind.COUNTER, threshold=_PURGED_AT),
        Field(_PURGED_AT),
        Field("btc_num_confirmations_threshold"),
        Field("payments[].tx_id"),
        Field("payments[].num_confirmations", kind=Kind.COUNTER, threshold="btc_num_confirmations_threshold"),
        Field("uses_lightning"),
        Field("msat_amount", kind=Kind.DECIMAL),
        # Monero in, versions 0 to 2; the price is in BTC per XMR
        Field("xmr_price_btc", kind=Kind.DECIMAL),
        Field("xmr_required_amount", kind=Kind.DECIMAL),
        Field("xmr_amount_total", kind=Kind.DECIMAL),
        Field("xmr_amount_remaining", kind=Kind.DECIMAL),
        Field("xmr_num_confirmations_remaining", kind=Kind.REMAINING),
        Field("xmr_receiving_address"),
        Field("xmr_receiving_integrated_address"),
        Field("xmr_receiving_subaddress"),
        Field("xmr_required_payment_id"),
        Field("xmr_required_payment_id_long"),
        Field("xmr_required_payment_id_short"),
        Field("xmr_recommended_mixin", Use.UNUSED),
        # The same in version 3
        Field("incoming_price_btc", kind=Kind.DECIMAL),
        Field("incoming_amount_total", kind=Kind.DECIMAL),
        Field("remaining_amount_incoming", kind=Kind.DECIMAL),
        Field("incoming_num_confirmations_remaining", kind=Kind.REMAINING),
        Field("receiving_address"),
        Field("receiving_integrated_address"),
        Field("receiving_subaddress"),
        Field("required_payment_id_long"),
        Field("required_payment_id_short"),
        Field("recommended_mixin", Use.UNUSED),
        # What other calls answer
        Field("pp_url", Use.UNUSED),
        Field("ln_invoice", Use.UNUSED),
        *(Field(name, Use.UNUSED) for name in ("price", "upper_limit", "lower_limit")),
        *(Field(name, Use.UNUSED) for name in ("zero_conf_enabled", "zero_conf_max_amount")),
        # Refusals
        Field("error", Use.STATE),
        Field("error_msg", Use.UNUSED),
        Field("detail", Use.UNUSED),
    ),
    members={"payments": "tx_id"},
)

XMRTO = provider(
    slug="xmrto",
    title="XMR.TO",
    documents="https://xmrto-api.readthedocs.io",
    machine=XmrToOrder,
    phases=PHASES,
    fields=FIELDS,
    rules=1,
)
