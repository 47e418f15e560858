"""OrdinalsBot orders: paid in bitcoin or runes, prepared, queued, inscribed file by file, or refunded.

Orders of 2024 and later say their `state`; older ones only raise flags, from which it is derived.
https://docs.ordinalsbot.com/api/get-order-status
"""

from statemachine import State, StateMachine

from domain.fields import Field, Fields, Kind, Use
from domain.phases import Phase
from domain.provider import provider


class OrdinalsBotOrder(StateMachine):
    waiting_payment = State(value="waiting-payment", initial=True)
    waiting_rune_balance = State(value="waiting-rune-balance")
    waiting_confirmation = State(value="waiting-confirmation")
    waiting_parent = State(value="waiting-parent")
    prep = State(value="prep")
    queued = State(value="queued")
    waiting_reveal = State(value="waiting-reveal")
    completed = State(value="completed", final=True)
    error = State(value="error")
    cancelled = State(value="cancelled")
    expired = State(value="expired")
    waiting_refund = State(value="waiting-refund")
    refunded = State(value="refunded", final=True)

    await_payment = waiting_rune_balance.to(waiting_payment)
    await_runes = waiting_payment.to(waiting_rune_balance)
    await_confirmation = waiting_payment.to(waiting_confirmation) | waiting_rune_balance.to(
        waiting_confirmation
    )
    await_parent = waiting_confirmation.to(waiting_parent) | prep.to(waiting_parent)
    begin = (
        waiting_payment.to(prep)
        | waiting_rune_balance.to(prep)
        | waiting_confirmation.to(prep)
        | waiting_parent.to(prep)
    )
    enqueue = prep.to(queued)
    await_reveal = queued.to(waiting_reveal)
    finish = queued.to(completed) | waiting_reveal.to(completed)
    expire = waiting_payment.to(expired) | waiting_rune_balance.to(expired)
    cancel = (
        waiting_payment.to(cancelled)
        | waiting_rune_balance.to(cancelled)
        | waiting_confirmation.to(cancelled)
    )
    fail = (
        waiting_payment.to(error)
        | waiting_rune_balance.to(error)
        | waiting_confirmation.to(error)
        | waiting_parent.to(error)
        | prep.to(error)
        | queued.to(error)
        | waiting_reveal.to(error)
    )
    await_refund = (
        waiting_confirmation.to(waiting_refund)
        | error.to(waiting_refund)
        | cancelled.to(waiting_refund)
        | expired.to(waiting_refund)
    )
    refund = waiting_refund.to(refunded)


PHASES = {
    "waiting-payment": Phase.AWAITING_PAYMENT,
    "waiting-rune-balance": Phase.AWAITING_PAYMENT,
    "waiting-confirmation": Phase.CONFIRMING,
    "waiting-parent": Phase.PROCESSING,
    "prep": Phase.PROCESSING,
    "queued": Phase.PROCESSING,
    "waiting-reveal": Phase.PROCESSING,
    "completed": Phase.FULFILLED,
    "error": Phase.FAILED,
    "cancelled": Phase.FAILED,
    "expired": Phase.EXPIRED,
    "waiting-refund": Phase.FAILED,
    "refunded": Phase.REFUNDED,
}

_TX = ("commit", "reveal", "inscription", "satpoint", "parent")

FIELDS = Fields(
    (
        Field("id", Use.STATE),
        Field("state", Use.STATE),
        Field("status", Use.STATE),
        Field("error", Use.STATE),
        Field("reason", Use.STATE),
        # What became of the payment and of the whole order
        *(Field(path) for path in ("paid", "underpaid", "overpaid", "expired", "paidAt", "sent", "refund")),
        Field("orderType"),
        Field("createdAt"),
        Field("createdAt..sv", Use.VOLATILE),
        Field("receiveAddress"),
        Field("receiveAddress[]"),
        Field("refundAddress"),
        Field("executedMints"),
        Field("finalMintCount"),
        Field("mintingTxs[]"),
        Field("tx"),
        *(Field(f"tx.{name}") for name in _TX),
        Field("tx.fees", kind=Kind.DECIMAL),
        Field("tx.total_fees", kind=Kind.DECIMAL),
        Field("tx.inscriptions[]"),
        Field("tx.reveals[]"),
        Field("tx.updatedAt", Use.UNUSED),
        # What it costs: sats, and sats per byte
        *(Field(name, kind=Kind.DECIMAL) for name in ("fee", "amount", "chainFee", "serviceFee", "baseFee")),
        *(Field(name, kind=Kind.DECIMAL) for name in ("rareSatsFee", "additionalFee", "postage", "totalFee")),
        # Each file's own life
        Field("files[].iqueued"),
        Field("files[].iqueuedAt"),
        Field("files[].completed"),
        Field("files[].error"),
        Field("files[].sent"),
        Field("files[].tx"),
        *(Field(f"files[].tx.{name}") for name in _TX),
        Field("files[].tx.fees", kind=Kind.DECIMAL),
        Field("files[].tx.total_fees", kind=Kind.DECIMAL),
        Field("files[].tx.inscriptions[]"),
        Field("files[].tx.reveals[]"),
        Field("files[].tx.updatedAt", Use.UNUSED),
        *(Field(f"files[].{name}", Use.UNUSED) for name in ("name", "size", "type", "vm", "metadataSize")),
        Field("files[].processing", Use.UNUSED),
        *(Field(f"files[].{name}", Use.SECRET) for name in ("dataURL", "url", "s3Key")),
        # `processing` and the charge's `status` are never right, so they are left alone.
        *(Field(name, Use.UNUSED) for name in ("processing", "inscribedCount", "lowPostage", "referral")),
        *(
            Field(name, Use.UNUSED)
            for name in ("rareSats", "rune", "numberOfMints", "parent", "timeout", "texts")
        ),
        *(Field(name, Use.UNUSED) for name in ("order_id", "description", "metadata")),
        *(Field(name, Use.SECRET) for name in ("webhookUrl", "notif_email", "email", "success_url")),
        Field("charge.id", Use.STATE),
        *(Field(f"charge.{name}", Use.SECRET) for name in ("notif_email", "success_url", "callback_url")),
        Field("charge.address"),
        Field("charge.amount", kind=Kind.DECIMAL),
        Field("charge.missing_amt", kind=Kind.DECIMAL),
        *(
            Field(f"charge.{name}", Use.UNUSED)
            for name in ("status", "currency", "created_at", "description")
        ),
        *(
            Field(f"charge.{name}", Use.UNUSED)
            for name in ("desc_hash", "order_id", "metadata", "auto_settle")
        ),
        *(Field(f"charge.{name}", Use.UNUSED) for name in ("source_fiat_value", "fiat_value", "ttl", "uri")),
        *(Field(f"charge.{name}", Use.UNUSED) for name in ("chain_invoice", "lightning_invoice")),
        Field("charge.hosted_checkout_url", Use.UNUSED),
        # What its webhooks say of one file
        Field("index", Use.UNUSED),
        *(Field(f"file.{name}", Use.UNUSED) for name in ("iqueued", "iqueuedAt", "name", "size", "type")),
        *(Field(f"file.{name}", Use.SECRET) for name in ("dataURL", "url", "s3Key")),
    )
)

ORDINALSBOT = provider(
    slug="ordinalsbot",
    title="OrdinalsBot",
    documents="https://docs.ordinalsbot.com/api/get-order-status",
    machine=OrdinalsBotOrder,
    phases=PHASES,
    fields=FIELDS,
    rules=1,
)
