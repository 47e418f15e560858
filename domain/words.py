"""Words that people and programs write into the record: references, reasons, whom an order belongs to."""

import re

LONGEST = 512
LONGEST_ACTOR = 128

_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def demand_text(name: str, value: str, longest: int = LONGEST) -> None:
    """Raises ValueError for what is too long, or holds characters that not every database and topic can."""
    if len(value) > longest:
        raise ValueError(f"{name} has {len(value)} characters, {longest} is the limit")
    if _UNFIT.search(value):
        raise ValueError(f"{name} holds a control character, or bytes that are no UTF-8: leave them out")


def demand_words(name: str, value: str, longest: int = LONGEST) -> None:
    """As `demand_text`; nothing but blanks is refused as well."""
    if not value.strip() or len(value) > longest:
        raise ValueError(f"{name} needs some words, {longest} characters at most")
    demand_text(name, value, longest)
