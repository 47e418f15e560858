"""What a body may tell, said a second time and independently of what reads bodies in earnest.

Bodies are parsed leniently by the standard library, every path from state to state is walked, and nothing of
`adapters` is used: only the table of states and edges, and which fields are secret.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from bench.fuzz_corpus import IDENTITY, MARK
from domain.events import Data, Event, StateChanged
from domain.fields import Use
from domain.providers import PROVIDERS

Pairs = list[tuple[str, Any]]
_MARK = MARK.encode()


class Doubled(Exception):
    """A key that stands twice where the order's identity or state is read."""


class _Object(list[tuple[str, Any]]):
    """An object as its pairs, none of them lost."""


def forged(
    slug: str, order_id: str, status: int, body: bytes, state: str | None, told: Sequence[Event[Data]]
) -> bool:
    """Whether a state was told that the body does not name, nor make certain. `state`: the one before."""
    steps = [event.data for event in told if isinstance(event.data, StateChanged)]
    if not steps:
        return False
    word = _word(slug, order_id, body) if 200 <= status < 300 else None
    if word is None or word not in PROVIDERS[slug].graph.states:
        return True
    for step in steps:
        if step.source != state or step.inferred != (step.target != word):
            return True
        if step.target != word and (state is None or not _unavoidable(slug, state, word, step.target)):
            return True
        if state is not None and not _way(slug, state, step.target):
            return True
        state = step.target
    return state != word or any(event.state != state for event in told[-1:])


def held(stored: Sequence[bytes]) -> bool:
    """Whether an event holds a canary."""
    return any(_MARK in state for state in stored)


def misplaced(slug: str, body: bytes) -> bool:
    """Whether the body itself has a canary in a field that is recorded, where no secret belongs."""
    try:
        return _open(slug, "", _parsed(body))
    except ValueError:
        return False


def _open(slug: str, pattern: str, value: object) -> bool:
    """Whether a canary stands in a field that is recorded, or names one."""
    if isinstance(value, _Object):
        return any(
            _open(slug, f"{pattern}.{key}" if pattern else key, inner) or MARK in key for key, inner in value
        )
    if isinstance(value, list):
        return any(_open(slug, f"{pattern}[]", member) for member in value)
    return isinstance(value, str) and MARK in value and _uses(slug).get(pattern) in (Use.DETAIL, Use.STATE)


@cache
def _uses(slug: str) -> Mapping[str, Use]:
    return {field.path: field.use for field in PROVIDERS[slug].fields.table}


def _parsed(body: bytes) -> object:
    return json.loads(body.decode("utf-8-sig"), object_pairs_hook=_Object)


def _word(slug: str, order_id: str, body: bytes) -> str | None:
    """The body's own word for where the order stands, None if it has none to be trusted."""
    try:
        parsed = _parsed(body)
        if not isinstance(parsed, _Object) or _other_order(slug, order_id, parsed):
            return None
        return _WORDS[slug](parsed)
    except (ValueError, RecursionError, Doubled):
        return None


def _other_order(slug: str, order_id: str, body: Pairs) -> bool:
    names = [_text(body, name) for name in IDENTITY[slug]]
    if slug == "ordinalsbot" and isinstance(charge := _only(body, "charge"), _Object):
        names.append(_text(charge, "id"))
    named = [name.lower() for name in names if name]
    if slug != "xverse":  # only there may either be the order's
        named = named[:1]
    return bool(named) and order_id.lower() not in named


def _only(body: Pairs, name: str) -> Any:
    found = [value for key, value in body if key == name]
    if len(found) > 1:
        raise Doubled(name)
    return found[0] if found else None


def _text(body: Pairs, name: str) -> str | None:
    value = _only(body, name)
    return value if isinstance(value, str) and value else None


def _flags_of_2023(body: Pairs) -> str | None:
    """OrdinalsBot's orders without a state: what their flags prove."""
    if word := _text(body, "state"):
        return word
    if _only(body, "status") != "ok":
        return None
    files = _only(body, "files") or []
    done = [bool(_only(file, "tx") or _only(file, "sent") or _only(file, "completed")) for file in files]
    if _only(body, "tx") or _only(body, "sent") or (done and all(done)):
        return "completed"
    if any(done) or any(_only(file, "iqueued") for file in files):
        return "queued"
    if _only(body, "paid"):
        return "prep"
    if _only(body, "expired"):
        return "expired"
    waiting = _only(body, "underpaid") or files or isinstance(_only(body, "charge"), _Object)
    return "waiting-payment" if waiting else None


_WORDS: Mapping[str, Callable[[Pairs], str | None]] = {
    "xverse": lambda body: _text(body, "state"),
    "runa": lambda body: _text(body, "status"),
    "xmrto": lambda body: _text(body, "state") or _text(body, "state_str"),
    "ordinalsbot": _flags_of_2023,
}


@cache
def _unavoidable(slug: str, source: str, target: str, step: str) -> bool:
    return step not in (source, target) and not _way(slug, source, target, without=step)


@cache
def _way(slug: str, source: str, target: str, without: str | None = None) -> bool:
    """Whether edges lead from one state to another."""
    seen, waiting = {source}, [source]
    while waiting:
        here = waiting.pop()
        for edge in PROVIDERS[slug].graph.edges:
            if edge.source == here and edge.target != without and edge.target not in seen:
                if edge.target == target:
                    return True
                seen.add(edge.target)
                waiting.append(edge.target)
    return False
