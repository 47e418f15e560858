"""The less simple ways to spoil a body or its way back. Each leaves alone what it can't spoil."""

import gzip
import re
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from simulators.message import Answer, Body

IDENTITIES = ("id", "orderId", "uuid")
_NEEDED = frozenset({*IDENTITIES, "charge", "files", "paid", "expired", "status"})
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_MILLISECONDS = frozenset({"createdAt", "paidAt", "iqueuedAt"})


# Distortions: what the provider's own body says


def new_field(body: Body, _: Collection[str], rng: Random) -> Body:
    return body | {"sustainability": {"score": rng.randint(0, 99), "labels": ["a", "b"]}}


def vanished_field(body: Body, state_fields: Collection[str], rng: Random) -> Body:
    """Neither its state, its identity, nor a flag that tells its state."""
    names = [name for name in body if name not in _NEEDED and name not in state_fields]
    gone = rng.choice(names) if names else None
    return {name: value for name, value in body.items() if name != gone}


def vanished_state(body: Body, state_fields: Collection[str], _: Random) -> Body:
    """A body of OrdinalsBot's says `ok` besides, without which its flags tell nothing."""
    said = {*state_fields, "status"}
    return {name: value for name, value in body.items() if name not in said}


def wrong_type(body: Body, state_fields: Collection[str], rng: Random) -> Body:
    name = next((name for name in state_fields if name in body), "files")
    return body | {name: rng.choice(([body.get(name)], {"value": 1}, 7, True))}


def skewed_times(body: Body, _: Collection[str], rng: Random) -> Body:
    """All its times by the same hours, ahead of the truth or behind it."""
    shifted: Body = _shifted(body, rng.choice((-48.0, -1.0, 0.5, 6.0, 24 * 400.0)))
    return shifted


def _shifted(value: Any, hours: float, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _shifted(inner, hours, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shifted(inner, hours) for inner in value]
    if isinstance(value, int) and name in _MILLISECONDS:
        return value + int(hours * 3_600_000)
    if isinstance(value, str) and _TIME.fullmatch(value):
        at = datetime.fromisoformat(value) + timedelta(hours=hours)
        return at.isoformat().replace("+00:00", "Z" if value.endswith("Z") else "+00:00")
    return value


def nameless(body: Body) -> Body:
    """The body without the id of its order."""
    charge = body.get("charge")
    kept = {name: value for name, value in body.items() if name not in IDENTITIES}
    if isinstance(charge, dict):
        kept["charge"] = {name: value for name, value in charge.items() if name != "id"}
    return kept


# On the way back


def timeout(answer: Answer, _: Random) -> Answer:
    return replace(answer, delay_seconds=120.0)


def slow_body(answer: Answer, rng: Random) -> Answer:
    pauses = tuple(rng.uniform(0.2, 3.0) for _ in range(rng.randint(1, 4)))
    return replace(answer, pauses=pauses) if len(answer.body) > len(pauses) else answer


def doubled(answer: Answer, rng: Random) -> Answer:
    """The whole of it twice, or its first key."""
    if answer.told is None:
        return answer
    first = answer.body.partition(b":")[0]
    twice = answer.body * 2 if rng.random() < 0.5 else first + b":null," + answer.body[1:]
    return replace(answer, body=twice)


def wrong_content_type(answer: Answer, rng: Random) -> Answer:
    said = rng.choice(("text/html", "text/plain; charset=latin-1", "application/octet-stream"))
    return replace(answer, headers={**answer.headers, "content-type": said})


def gzipped(answer: Answer, _: Random) -> Answer:
    if not answer.body:
        return answer
    packed = gzip.compress(answer.body, mtime=0)
    return replace(answer, headers={**answer.headers, "content-encoding": "gzip"}, body=packed)
