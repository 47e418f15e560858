"""Times that providers give, in all the ways they write them."""

from decimal import Decimal

from domain.body import Json
from domain.fields import decimal
from domain.instants import SECOND, Instant, instant, plausible

_SECONDS = range(10**9, 10**10)
_MILLISECONDS = range(10**12, 10**13)


def claimed(value: Json) -> Instant | None:
    """RFC 3339 text, or seconds or milliseconds since 1970 as a number or text; None for anything else.

    Seconds and milliseconds are told apart by their size: both reach from 2001 to 2286.
    """
    if isinstance(value, dict | list | bool) or value is None:
        return None
    number = None if isinstance(value, str) and ":" in value else decimal(value)
    at = _read(value) if number is None else _since_1970(number)
    return at if at is not None and plausible(at) else None


def _read(value: str | int) -> Instant | None:
    try:
        return instant(str(value))
    except ValueError:
        return None


def _since_1970(number: Decimal) -> Instant | None:
    if _SECONDS.start <= number < _SECONDS.stop:
        return int(number * SECOND)
    if _MILLISECONDS.start <= number < _MILLISECONDS.stop:
        return int(number * (SECOND // 1000))
    return None
