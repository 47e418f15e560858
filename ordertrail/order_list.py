"""Lists of orders to track, as people write them: one ORDER a line, or JSON lines with the same keys."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from domain.identity import OrderKey, parse_order
from domain.instants import moment, text
from domain.order import Tracking
from domain.providers import PROVIDERS
from domain.words import demand_text

NORMALISE = {slug: entry.normalise for slug, entry in PROVIDERS.items()}
KEYS = ("order", "ref", "priority", "deadline", "tenant")


@dataclass(frozen=True)
class Wish:
    """What to track, and how; None leaves what is there, or the default. `deadline` is RFC 3339."""

    key: OrderKey
    ref: str | None = None
    priority: int | None = None
    deadline: str | None = None
    tenant: str | None = None


def terms(wish: Wish, before: Tracking | None, host: str) -> Tracking:
    """What a wish leaves open stays as it was."""
    before = before or Tracking(host)
    return Tracking(
        environment=host,
        ref=before.ref if wish.ref is None else wish.ref,
        priority=before.priority if wish.priority is None else wish.priority,
        deadline=before.deadline if wish.deadline is None else wish.deadline,
        tenant=before.tenant if wish.tenant is None else wish.tenant,
        kind=before.kind,
    )


@dataclass(frozen=True)
class BadLine:
    number: int
    why: str


def read_wishes(lines: Iterable[str], default: Wish | None = None) -> Iterator[Wish | BadLine]:
    """Each line's wish, or why it is none; empty lines and those that begin with # are passed over.

    `default` gives what a line does not say; its key is not used.
    """
    for number, line in enumerate(lines, 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        try:
            wish = _from_json(words) if words.startswith("{") else Wish(parse_order(words, NORMALISE))
        except ValueError as error:
            yield BadLine(number, str(error))
        else:
            yield wish if default is None else _completed(wish, default)


def _completed(wish: Wish, default: Wish) -> Wish:
    return Wish(
        wish.key,
        default.ref if wish.ref is None else wish.ref,
        default.priority if wish.priority is None else wish.priority,
        default.deadline if wish.deadline is None else wish.deadline,
        default.tenant if wish.tenant is None else wish.tenant,
    )


def _from_json(words: str) -> Wish:
    try:
        said = json.loads(words)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not JSON: {error}") from None
    if unknown := sorted(said.keys() - set(KEYS)):
        raise ValueError(f"unknown key {unknown[0]!r}: there are {', '.join(KEYS)}")
    order = said.get("order")
    if not isinstance(order, str):
        raise ValueError('has no "order": "PROVIDER/ORDER_ID"')
    return Wish(
        parse_order(order, NORMALISE),
        _word(said, "ref"),
        _priority(said.get("priority")),
        _deadline(said.get("deadline")),
        _word(said, "tenant"),
    )


def _word(said: dict[str, object], name: str) -> str | None:
    value = said.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} must be text")
    if value is not None:
        demand_text(name, value)
    return value


def _priority(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 9:
        raise ValueError(f"priority must be a whole number from 0 to 9, not {value!r}")
    return value


def _deadline(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("deadline must be an RFC 3339 time such as 2026-01-31T12:00:00Z")
    return text(moment(value))
