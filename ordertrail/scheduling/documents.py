"""What the providers' documents and recordings let expect of their states, before any order was seen.

Times are means, in seconds, and on the fast side on purpose: a prior ten times too fast is soon forgotten,
one ten times too slow is not, since nobody looks. Bitcoin makes a block in ten minutes, Monero one in two.
"""

from collections.abc import Mapping

from ordertrail.scheduling.facts import UNSEEN, Expectation, Priors

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_BLOCK = 10 * _MINUTE

_UNSEEN = Expectation(_MINUTE)
"""An order that its provider does not know yet."""

_XVERSE = {
    # Mints follow the funding transaction at once; nothing says how soon people pay.
    "new": Expectation(5 * _MINUTE, {"pending": 0.6, "executing": 0.3, "stale": 0.09, "failed": 0.01}),
    # Documented: pending is waiting for a confirmation; an etch waits for six.
    "pending": Expectation(_BLOCK, {"executing": 0.97, "failed": 0.03}),
    "etch/pending": Expectation(3 * _BLOCK, {"etch/executing": 0.97, "etch/failed": 0.03}),
    # Documented: up to 4,000 mints in chains.
    "executing": Expectation(_BLOCK, {"complete": 0.96, "failed": 0.04}),
    # Documented: failed orders are refunded; nothing says when.
    "failed": Expectation(6 * _HOUR, {"refunded": 0.9}, watching=True),
    # Late funding is not excluded by the documents.
    "stale": Expectation(7 * _DAY, {"pending": 0.02}, watching=True),
}

_ORDINALSBOT = {
    # Recorded: paid after 41, 59 and 162 s by lightning, 28 minutes on chain. Documented time-out: 72 h.
    "waiting-payment": Expectation(
        5 * _MINUTE,
        {"waiting-confirmation": 0.5, "prep": 0.2, "queued": 0.1, "expired": 0.1, "cancelled": 0.02},
        {"expired": 0.9},
    ),
    "waiting-rune-balance": Expectation(5 * _MINUTE, {"waiting-confirmation": 0.8, "expired": 0.2}),
    "waiting-confirmation": Expectation(_BLOCK, {"prep": 0.8, "queued": 0.15, "error": 0.02}),
    "waiting-parent": Expectation(_BLOCK, {"prep": 0.9, "error": 0.05}),
    # Recorded: 0.63 to 0.65 seconds from payment to the queue.
    "prep": Expectation(5.0, {"queued": 0.98, "error": 0.02}),
    "queued": Expectation(_BLOCK, {"completed": 0.8, "waiting-reveal": 0.15, "error": 0.02}),
    # Documented: an etch is revealed after six blocks.
    "waiting-reveal": Expectation(3 * _BLOCK, {"completed": 0.98, "error": 0.02}),
    "error": Expectation(6 * _HOUR, {"waiting-refund": 0.6, "refunded": 0.1}, watching=True),
    "cancelled": Expectation(6 * _HOUR, {"waiting-refund": 0.5}, watching=True),
    "expired": Expectation(7 * _DAY, {"waiting-confirmation": 0.02}, watching=True),
    "waiting-refund": Expectation(6 * _HOUR, {"refunded": 1.0}, watching=True),
}

_RUNA = {
    # Recorded: one second; documented example: 47 minutes.
    "PROCESSING": Expectation(10.0, {"COMPLETED/1-active": 0.9, "FAILED": 0.01}),
    # Documented example: a payout that changed nine days later.
    "COMPLETED/1-active": Expectation(_DAY, {"COMPLETED": 0.8}, watching=True),
    "COMPLETED/2-active": Expectation(_DAY, {"COMPLETED/1-active": 0.8}, watching=True),
    "COMPLETED": Expectation(7 * _DAY, {"COMPLETED/1-active": 0.01}, watching=True),
}

_XMRTO = {
    "TO_BE_CREATED": Expectation(2.0, {"UNPAID": 0.99, "TIMED_OUT": 0.01}),
    # Documented windows of 300, 900 and 2,700 seconds; each body tells its own.
    "UNPAID": Expectation(
        2 * _MINUTE, {"PAID_UNCONFIRMED": 0.7, "PAID": 0.1, "UNDERPAID": 0.05}, {"TIMED_OUT": 1.0}
    ),
    "UNDERPAID": Expectation(2 * _MINUTE, {"PAID_UNCONFIRMED": 0.8}, {"TIMED_OUT": 1.0}),
    # Documented: ten confirmations; Bitcoin may be sent before the last.
    "PAID_UNCONFIRMED": Expectation(10 * _MINUTE, {"PAID": 0.7, "BTC_SENT": 0.3}),
    "PAID": Expectation(_MINUTE, {"BTC_SENT": 1.0}),
    # Documented: purged after 144 confirmations.
    "BTC_SENT": Expectation(12 * _HOUR, {"PURGED": 0.5}, watching=True),
    "TIMED_OUT": Expectation(7 * _DAY, {"PAID_UNCONFIRMED": 0.01}, watching=True),
}

EXPECTED: Mapping[str, Mapping[str, Expectation]] = {
    "xverse": _XVERSE,
    "ordinalsbot": _ORDINALSBOT,
    "runa": _RUNA,
    "xmrto": _XMRTO,
}


def priors(provider: str, scale: float = 1.0) -> Priors:
    """`scale` multiplies every time: below 1 where lives pass faster, as in a demonstration."""
    return Priors({UNSEEN: _UNSEEN, **EXPECTED.get(provider, {})}, scale=scale)
