"""Runa orders: gift payouts that are processed, then completed or failed.

A completed order's payouts go on changing for weeks: that second life is told in its details.
https://developer.runa.io
"""

from statemachine import State, StateMachine

from domain.fields import Field, Fields, Kind, Use
from domain.phases import Phase
from domain.provider import provider


class RunaOrder(StateMachine):
    processing = State(value="PROCESSING", initial=True)
    completed = State(value="COMPLETED", final=True)
    failed = State(value="FAILED", final=True)

    finish = processing.to(completed)
    fail = processing.to(failed)


PHASES = {
    "PROCESSING": Phase.PROCESSING,
    "COMPLETED": Phase.FULFILLED,
    "FAILED": Phase.FAILED,
}

FIELDS = Fields(
    (
        Field("id", Use.STATE),
        Field("status", Use.STATE),
        Field("created_at"),
        Field("completed_at"),
        Field("message"),
        Field("currency"),
        Field("payment_method.type"),
        Field("payment_method.currency"),
        Field("total_price", kind=Kind.DECIMAL),
        Field("total_discount", kind=Kind.DECIMAL),
        # A payout's address is the money itself; where it goes is personal.
        Field("items[].id"),
        Field("items[].currency"),
        Field("items[].face_value", kind=Kind.DECIMAL),
        Field("items[].price", kind=Kind.DECIMAL),
        Field("items[].discount_multiplier", kind=Kind.DECIMAL),
        Field("items[].redemption_url", Use.SECRET),
        Field("items[].payout.status", words=frozenset({"ACTIVE", "CLAIMED", "CANCELLED", "EXPIRED"})),
        Field("items[].payout.status_updated_at"),
        Field("items[].payout.expiry_date"),
        Field("items[].payout.url", Use.SECRET),
        Field("items[].distribution_method.type"),
        Field("items[].distribution_method.template_id"),
        Field("items[].distribution_method.email_address", Use.SECRET),
        Field("items[].distribution_method.phone_number", Use.SECRET),
        Field("items[].products.type", words=frozenset({"SINGLE", "MULTIPLE", "TEMPLATE"})),
        Field("items[].products.value"),
        Field("items[].products.values[]"),
        # Ours, or by currency: kept as evidence only
        Field("description", Use.SECRET),
        Field("metadata", Use.SECRET),
        Field("transaction_detail", Use.UNUSED),
        # Refusals
        Field("type", Use.STATE),
        Field("error", Use.STATE),
        Field("help", Use.UNUSED),
        Field("details", Use.UNUSED),
    ),
    members={"items": "id"},
)

RUNA = provider(
    slug="runa",
    title="Runa",
    documents="https://developer.runa.io",
    machine=RunaOrder,
    phases=PHASES,
    fields=FIELDS,
    rules=1,
)
