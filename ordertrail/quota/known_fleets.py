"""Four fleets to measure with: the providers' lifecycles with dwell laws in the size of real ones."""

from ordertrail.quota.fleets import Exit, Fleet, Kind, Stay
from ordertrail.quota.laws import Gamma, LogNormal

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
_BLOCK = 600.0
_WATCHED = 7 * DAY


def _ordinalsbot() -> Fleet:
    failing = {
        "error": Stay(
            (Exit(0.7, "waiting-refund", LogNormal(6 * HOUR, 1)),), watched=True, watch_for=_WATCHED
        ),
        "waiting-refund": Stay((Exit(1, "refunded", LogNormal(DAY, 1)),), watched=True, watch_for=_WATCHED),
    }
    unpaid = Stay(
        (Exit(0.75, "waiting-confirmation", LogNormal(480, 1.5)),), deadline=72 * HOUR, late="expired"
    )
    confirming = Stay((Exit(1, "prep", Gamma(30, 1, _BLOCK)),))
    prepared = Stay((Exit(0.98, "queued", LogNormal(30, 1)), Exit(0.02, "error", LogNormal(30, 1))))
    inscribed = Stay((Exit(1, "completed", LogNormal(1500, 1.5)),))
    on_chain = {
        "waiting-payment": unpaid,
        "waiting-confirmation": confirming,
        "prep": prepared,
        "queued": inscribed,
        **failing,
    }
    lightning = {
        "waiting-payment": Stay((Exit(0.9, "prep", LogNormal(60, 1)),), deadline=HOUR, late="expired"),
        "prep": Stay((Exit(1, "queued", LogNormal(1, 0.5)),)),
        "queued": inscribed,
    }
    etch = {
        **on_chain,
        "queued": Stay((Exit(1, "waiting-reveal", LogNormal(900, 1.2)),)),
        "waiting-reveal": Stay((Exit(1, "completed", Gamma(60, 6, _BLOCK)),)),
    }
    kinds = (
        Kind("on-chain", 0.5, "waiting-payment", on_chain),
        Kind("lightning", 0.2, "waiting-payment", lightning),
        Kind("etch", 0.3, "waiting-payment", etch),
    )
    return Fleet("ordinalsbot", "ordinalsbot", 11, 300, kinds)


def _xverse() -> Fleet:
    unfunded = Stay((Exit(0.9, "pending", LogNormal(480, 1.2)),), deadline=DAY, late="stale")
    minting = LogNormal(1800, 1.2)
    mint = {
        "new": unfunded,
        "pending": Stay((Exit(1, "executing", Gamma(5, 1, _BLOCK)),)),
        "executing": Stay((Exit(0.97, "complete", minting), Exit(0.03, "failed", minting))),
        "failed": Stay((Exit(0.9, "refunded", LogNormal(DAY, 1)),), watched=True, watch_for=_WATCHED),
    }
    etch = {
        "new": unfunded,
        "pending": Stay((Exit(1, "executing", Gamma(60, 6, _BLOCK)),)),
        "executing": Stay((Exit(1, "complete", Gamma(5, 1, _BLOCK)),)),
    }
    return Fleet(
        "xverse", "xverse", 10, 100, (Kind("mint", 0.7, "new", mint), Kind("etch", 0.3, "new", etch))
    )


def _runa() -> Fleet:
    stays = {
        "PROCESSING": Stay(
            (
                Exit(0.89, "COMPLETED", LogNormal(3, 1)),
                Exit(0.10, "COMPLETED", LogNormal(1800, 1.5)),
                Exit(0.01, "FAILED", LogNormal(3, 1)),
            )
        ),
        "COMPLETED": Stay((Exit(0.8, "claimed", LogNormal(2 * DAY, 1.5)),), watched=True, watch_for=_WATCHED),
    }
    return Fleet("runa", "runa", 3, 300, (Kind("payout", 1, "PROCESSING", stays),))


def _xmrto() -> Fleet:
    stays = {
        "TO_BE_CREATED": Stay((Exit(1, "UNPAID", LogNormal(2, 0.5)),)),
        "UNPAID": Stay((Exit(0.7, "PAID_UNCONFIRMED", LogNormal(300, 0.8)),), deadline=900, late="TIMED_OUT"),
        "PAID_UNCONFIRMED": Stay((Exit(1, "PAID", Gamma(60, 10, 120)),)),
        "PAID": Stay((Exit(1, "BTC_SENT", LogNormal(60, 0.7)),)),
        "BTC_SENT": Stay((Exit(1, "purged", Gamma(600, 144, _BLOCK)),), watched=True, watch_for=_WATCHED),
    }
    return Fleet("xmrto", "xmrto", 5, 180, (Kind("exchange", 1, "TO_BE_CREATED", stays),))


FLEETS = {fleet.name: fleet for fleet in (_ordinalsbot(), _xverse(), _runa(), _xmrto())}
