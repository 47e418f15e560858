"""The lifecycles of docs/lifecycles.md, written down a second time so that no graph judges itself."""

from collections.abc import Collection, Iterable, Mapping
from functools import cache

_ENDS = "REJECTED PAYMENT_FAILED FLAGGED_DESTINATION_ADDRESS"
_LIVES = {
    "xverse": """
        new: pending executing failed stale
        pending: executing failed
        executing: complete failed
        failed: refunded
        stale: pending executing
    """,
    "ordinalsbot": """
        waiting-payment: waiting-rune-balance waiting-confirmation prep expired cancelled error
        waiting-rune-balance: waiting-payment waiting-confirmation prep expired cancelled error
        waiting-confirmation: waiting-parent prep cancelled error waiting-refund
        waiting-parent: prep error
        prep: waiting-parent queued error
        queued: waiting-reveal completed error
        waiting-reveal: completed error
        error: waiting-refund
        cancelled: waiting-refund
        expired: waiting-refund
        waiting-refund: refunded
    """,
    "runa": "PROCESSING: COMPLETED FAILED",
    "xmrto": f"""
        TO_BE_CREATED: UNPAID TIMED_OUT
        UNPAID: UNDERPAID PAID_UNCONFIRMED PAID TIMED_OUT {_ENDS}
        UNDERPAID: UNPAID PAID_UNCONFIRMED PAID TIMED_OUT {_ENDS}
        PAID_UNCONFIRMED: PAID BTC_SENT {_ENDS}
        PAID: BTC_SENT {_ENDS}
    """,
}


def _parsed(life: str) -> Mapping[str, Collection[str]]:
    lines = (line.partition(":") for line in life.strip().splitlines())
    return {state.strip(): targets.split() for state, _, targets in lines}


EDGES = {provider: _parsed(life) for provider, life in _LIVES.items()}


@cache
def ways(provider: str, source: str, target: str) -> tuple[tuple[str, ...], ...]:
    """Every way from one state to another that visits none twice, without the source itself."""
    found: list[tuple[str, ...]] = []
    open_ways: list[tuple[str, ...]] = [(source,)]
    while open_ways:
        way = open_ways.pop()
        for step in EDGES[provider].get(way[-1], ()):
            if step == target:
                found.append((*way[1:], step))
            elif step not in way:
                open_ways.append((*way, step))
    return tuple(sorted(found))


def leads(provider: str, source: str, target: str) -> bool:
    """Whether the one may become the other, in one step or more."""
    return bool(ways(provider, source, target))


@cache
def certain(provider: str, source: str, target: str) -> tuple[str, ...]:
    """What lies on every way, in order, the target last; empty if there is no way."""
    found = ways(provider, source, target)
    if not found:
        return ()
    return tuple(step for step in found[0] if all(step in way for way in found))


def told_by_flags(states: Iterable[str]) -> str:
    """What an OrdinalsBot order of 2023 can be seen to be at least, by its flags, after these states."""
    entered = list(states)
    if "completed" in entered:
        return "completed"
    if "error" not in entered and "queued" in entered:
        return "queued"
    if "prep" in entered:
        return "prep"
    return "expired" if entered[-1] == "expired" else "waiting-payment"
