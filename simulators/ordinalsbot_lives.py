"""How OrdinalsBot orders live: paid, prepared, queued and inscribed, or expired, failed and refunded."""

from simulators.fates import DAY, HOUR, Fate
from simulators.order import Walk


def live(walk: Walk, kind: str, payment: str, timeout: float) -> None:
    """`timeout`: seconds to pay in. The first step, waiting for the payment, is in the walk already."""
    if payment == "lightning":
        wait = walk.lognormal(60, 1)
        if walk.chance(0.1, Fate.LATE_PAYMENTS) or wait > HOUR:
            return expire(walk, HOUR)
        return work(walk, kind, wait, walk.lognormal(1, 0.5))
    wait = walk.lognormal(480, 1.5)
    if walk.chance(0.25) or wait > timeout:
        return expire(walk, timeout)
    walk.enter("waiting-confirmation", wait)
    confirmation = 30 + walk.gamma(1, 600)
    if walk.chance(0.01):
        walk.enter("waiting-refund", confirmation)
        return walk.enter("refunded", walk.lognormal(DAY, 1))
    if payment == "parent":
        walk.enter("waiting-parent", confirmation)
        confirmation = walk.lognormal(1800, 1)
    return work(walk, kind, confirmation, walk.lognormal(30, 1))


def work(walk: Walk, kind: str, after: float, preparing: float) -> None:
    walk.enter("prep", after)
    if walk.chance(0.02, Fate.LATE_REFUNDS, 0.2):
        return fail(walk, preparing)
    walk.enter("queued", preparing)
    queued = walk.lognormal(900, 1.2) if kind == "rune-etch" else walk.lognormal(1500, 1.5)
    if walk.chance(0.01):
        return fail(walk, queued)
    if kind == "rune-etch":
        walk.enter("waiting-reveal", queued)
        queued = 60 + walk.gamma(6, 600)
    return walk.enter("completed", queued)


def fail(walk: Walk, after: float) -> None:
    walk.enter("error", after)
    if walk.chance(0.7):
        give_back(walk)


def give_back(walk: Walk) -> None:
    weeks = Fate.LATE_REFUNDS in walk.fates
    walk.enter("waiting-refund", walk.rng.uniform(1, 3) * DAY if weeks else walk.lognormal(6 * HOUR, 1))
    walk.enter("refunded", walk.rng.uniform(1, 3) * DAY if weeks else walk.lognormal(DAY, 1))


def expire(walk: Walk, timeout: float) -> None:
    """Nobody paid in time; some cancel before, some pay too late and get it back."""
    if walk.chance(0.1):
        walk.enter("cancelled", min(walk.lognormal(HOUR, 1), timeout))
    else:
        walk.enter("expired", timeout)
    if walk.chance(0.08, Fate.LATE_PAYMENTS):
        give_back(walk)
