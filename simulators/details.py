"""What a body shows beside the state that changes while an order lives, by path.

A pattern names a field: `reason`, `files[].sent`, `items[id].payout.status`. Members of an array are named by
the field that the brackets name, else by their place.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Shown = str | bool | int | float | None
_PART = re.compile(r"(\w+)(?:\[(\w*)\])?")


def details(body: Mapping[str, Any], patterns: Sequence[str]) -> dict[str, Shown]:
    """Fields that are not there are left out, and so is what is no plain value."""
    return dict(found for pattern in patterns for found in _found(body, pattern.split("."), ""))


def _found(value: Any, parts: Sequence[str], path: str) -> Iterator[tuple[str, Shown]]:
    if not parts:
        if not isinstance(value, dict | list):
            yield path, value
        return
    part = _PART.fullmatch(parts[0])
    assert part is not None, parts[0]
    name, named_by = part[1], part[2]
    if not isinstance(value, dict) or name not in value:
        return
    below, inner = f"{path}.{name}" if path else name, value[name]
    if named_by is None:
        yield from _found(inner, parts[1:], below)
    elif isinstance(inner, list):
        for place, member in enumerate(inner):
            known = member.get(named_by) if named_by and isinstance(member, dict) else place
            yield from _found(member, parts[1:], f"{below}[{known}]")
