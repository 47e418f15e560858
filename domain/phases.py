"""What every provider's states have in common."""

from enum import StrEnum


class Phase(StrEnum):
    AWAITING_PAYMENT = "awaiting_payment"
    CONFIRMING = "confirming"
    PROCESSING = "processing"
    FULFILLED = "fulfilled"
    FAILED = "failed"
    REFUNDED = "refunded"
    EXPIRED = "expired"
    FORGOTTEN = "forgotten"


FINAL = frozenset({Phase.FULFILLED, Phase.FAILED, Phase.REFUNDED, Phase.EXPIRED})
"""Nothing more is due, though a failed order may still be refunded and an expired one paid late."""

WATCHED_AFTER = FINAL | {Phase.FORGOTTEN}
"""Watched for a while yet, and then no more."""
