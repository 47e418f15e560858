"""Xverse runes orders: created, funded, minted or etched on Bitcoin, and refunded when that fails.

Mint and etch orders are watched by the same GET. https://docs.xverse.app/api/runes
"""

from statemachine import State, StateMachine

from domain.fields import Field, Fields, Use
from domain.phases import Phase
from domain.provider import provider


class XverseOrder(StateMachine):
    new = State(value="new", initial=True)
    pending = State(value="pending")
    executing = State(value="executing")
    complete = State(value="complete", final=True)
    failed = State(value="failed")
    refunded = State(value="refunded", final=True)
    stale = State(value="stale")

    fund = new.to(pending) | stale.to(pending)
    execute = new.to(executing) | pending.to(executing) | stale.to(executing)
    finish = executing.to(complete)
    fail = new.to(failed) | pending.to(failed) | executing.to(failed)
    refund = failed.to(refunded)
    go_stale = new.to(stale)


PHASES = {
    "new": Phase.AWAITING_PAYMENT,
    "pending": Phase.CONFIRMING,
    "executing": Phase.PROCESSING,
    "complete": Phase.FULFILLED,
    "failed": Phase.FAILED,
    "refunded": Phase.REFUNDED,
    "stale": Phase.EXPIRED,
}

FIELDS = Fields(
    (
        Field("id", Use.STATE),
        Field("orderId", Use.STATE),
        Field("state", Use.STATE),
        Field("orderType", words=frozenset({"runes_mint", "runes_etch", "rune_mint", "rune_etch"})),
        Field("reason"),
        Field("createdAt"),
        Field("fundingAddress"),
        Field("orderDetails", Use.UNUSED),
        Field("transactions[].txid"),
        Field("transactions[].state"),
        Field("transactions[].transactionType"),
        Field("transactions[].broadcastSequence"),
        Field("transactions[].batchNumber"),
        # Errors are undocumented: these are what its framework usually says.
        Field("statusCode", Use.UNUSED),
        Field("error", Use.UNUSED),
        Field("message", Use.UNUSED),
    ),
    members={"transactions": "txid"},
)

XVERSE = provider(
    slug="xverse",
    title="Xverse",
    documents="https://docs.xverse.app/api/runes/mint-rune/monitor-rune-mint-order",
    machine=XverseOrder,
    phases=PHASES,
    fields=FIELDS,
    rules=1,
    normalise=str.lower,
    executes=True,
)
