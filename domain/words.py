"""Words that people and programs write into the record: references, reasons, whom an order belongs to."""

import re

LONGEST = 512
LONGEST_ACTOR = 128

OURS = frozenset({"watch_ended", "order_ended"})
"""Reasons to watch an order no more that no person gives."""

_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def demand_text(name: str, value: str, longest: int = LONGEST) -> None:
    """Raises ValueError for what is too long, or holds characters that not every database and topic can."""
    if len(value) > longest:
        raise ValueError(f"{name} has {len(value)} characters, {longest} is the limit")
    if _UNFIT.search(value):
        raise ValueError(f"{name} holds a control character, or bytes that are no UTF-8: leave them out")


def demand_actor(name: str, value: str) -> None:
    """An opaque id of the person or program that asks."""
    demand_words(name, value, LONGEST_ACTOR)


def demand_reason(name: str, value: str) -> None:
    """As `demand_words`, and none of the reasons that nobody gives: they would be taken for those."""
    demand_words(name, value)
    if value in OURS:
        raise ValueError(f"{name} can't be {value!r}: that is said when watching ends by itself")


def demand_words(name: str, value: str, longest: int = LONGEST) -> None:
    """As `demand_text`; nothing but blanks is refused as well."""
    if not value.strip() or len(value) > longest:
        raise ValueError(f"{name} needs some words, {longest} characters at most")
    demand_text(name, value, longest)
