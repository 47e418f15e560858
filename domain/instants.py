"""Instants: whole microseconds since 1970 UTC inside, RFC 3339 with `Z` and six digits outside.

The text form has a fixed width, so instants compare the same as text and as numbers.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

Instant = int
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = int((datetime.max.replace(tzinfo=UTC) - _EPOCH) / timedelta(microseconds=1))
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")


def text(at: Instant) -> str:
    seconds, micros = divmod(at, SECOND)
    return f"{_second(seconds)}.{micros:06d}Z"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]


def text_or_none(at: Instant | None) -> str | None:
    return None if at is None else text(at)


def instant(value: str) -> Instant:
    """Read RFC 3339 text with an offset; ValueError says what is wrong with anything else."""
    micros = value[20:26]
    if len(value) == 27 and value[19] == "." and value[26] == "Z" and micros.isascii() and micros.isdigit():
        return _whole(value[:19] + "Z") + int(micros)
    return _read(value)


@lru_cache(maxsize=4096)
def _whole(second: str) -> Instant:
    return _read(second)


def _read(value: str) -> Instant:
    if not _RFC3339.fullmatch(value):
        raise ValueError(f"{value!r} is no RFC 3339 time such as 2026-01-31T12:00:00Z")
    try:
        return (datetime.fromisoformat(value.upper()) - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{value!r} is no time: {error}") from None


def moment(value: str) -> Instant:
    """As `instant`; ValueError as well for what `text` can't write."""
    at = instant(value)
    if not plausible(at):
        raise ValueError(f"{value!r} is before 1970, or after 9999")
    return at


def plausible(at: Instant) -> bool:
    """Whether `text` can write it."""
    return 0 <= at <= _LAST
