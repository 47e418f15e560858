"""What an answer is that shows no state, or one that can't be."""

from enum import StrEnum
from typing import NamedTuple

from ordertrail.rehearsal.wire import Came, Taken
from simulators import Fault


class Sort(StrEnum):
    """What an answer that shows no state is."""

    UNRECOGNISED = "unrecognised"
    REJECTED = "rejected"
    WRONG_ORDER = "wrong_order"
    CONTRADICTED = "contradicted"
    NOT_FOUND = "not_found"
    TIMEOUT = "timeout"
    CUT = "cut"
    CONNECT = "connect"
    RATE_LIMITED = "rate_limited"
    PROVIDER = "provider"


class Oddity(NamedTuple):
    """`word`: the state that was reported, where the simulator's marks tell."""

    sort: Sort
    look: Taken
    word: str | None = None


_SORTS = {
    Fault.UNKNOWN_WORD: Sort.UNRECOGNISED,
    Fault.MALFORMED: Sort.REJECTED,
    Fault.DOUBLED: Sort.REJECTED,
    Fault.WRONG_TYPE: Sort.REJECTED,
    Fault.VANISHED_STATE: Sort.REJECTED,
    Fault.OTHER_ORDER: Sort.WRONG_ORDER,
    Fault.SERVER_ERROR: Sort.PROVIDER,
    Fault.SERVER_ERROR_HTML: Sort.PROVIDER,
    Fault.SERVER_ERROR_EMPTY: Sort.PROVIDER,
    Fault.ERROR_IN_200: Sort.PROVIDER,
    Fault.TOO_MANY_REQUESTS: Sort.RATE_LIMITED,
    Fault.TOO_MANY_REQUESTS_BARE: Sort.RATE_LIMITED,
    Fault.TOO_MANY_REQUESTS_DATE: Sort.RATE_LIMITED,
}
_UNDOCUMENTED_ERRORS = frozenset({"xverse"})
"""Their errors can't be told from a body that lacks its state."""

_CAME = {Came.TIMEOUT: Sort.TIMEOUT, Came.CUT: Sort.CUT, Came.CONNECT: Sort.CONNECT}


def sort_of(look: Taken) -> Sort | None:
    """None for an answer that shows where an order stands."""
    if look.came in _CAME:
        return _CAME[look.came]
    if look.over_limit:
        return Sort.RATE_LIMITED
    if look.fault is not None and (sort := _SORTS.get(Fault(look.fault))) is not None:
        unknown = look.fault == Fault.ERROR_IN_200 and look.key.provider in _UNDOCUMENTED_ERRORS
        return Sort.REJECTED if unknown else sort
    return Sort.NOT_FOUND if look.told is None else None
