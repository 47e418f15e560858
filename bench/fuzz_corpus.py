"""What the fuzz run starts from: documented, recorded and simulated bodies, with canaries for secrets.

Every body of a provider is about one and the same order. A canary is a text that stands in for a secret; no
event may hold it, unless the body itself put it into a field that holds no secrets.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.endpoint import Endpoint
from adapters.providers import ADAPTERS
from adapters.reading import Reader
from domain.body import Json
from domain.fields import Field, Kind, Use
from domain.providers import PROVIDERS
from simulators import Request, build

BODIES = Path(__file__).parent.parent / "tests" / "bodies"
MARK = "canary-"
ORDER_IDS = {
    "xverse": "5f0c6b9e-0000-4000-8000-000000000001",
    "ordinalsbot": "6f0c6b9e-0000-4000-8000-000000000002",
    "runa": "O-01FUZZ",
    "xmrto": "xmrto-FuzZed",
}
IDENTITY = {"xverse": ("id", "orderId"), "ordinalsbot": ("id",), "runa": ("id",), "xmrto": ("uuid",)}
VERSIONS: dict[str, tuple[str | None, ...]] = {"xmrto": ("v0", "v1", "v2", "v3")}
AGES = (0.0, 90.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0, 10_000_000.0)
START = 1_750_000_000.0
SIMULATED = 12

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null')
_COLON = re.compile(rb"\s*:\s*")


@dataclass(frozen=True, slots=True)
class Base:
    """A body taken apart: where its plain values stand, and its members with such a value, key and all."""

    raw: bytes
    values: Sequence[tuple[int, int]]
    members: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """`fragments` are single members, `"key": value`, of which bodies can be put together."""

    slug: str
    order_id: str
    bases: Sequence[Base]
    values: Sequence[bytes]
    fragments: Sequence[bytes]


def corpus(slug: str) -> Corpus:
    bodies = dict.fromkeys([*_known(slug), *_simulated(slug)])
    bases = [_taken_apart(body) for body in bodies]
    found = (base.raw[start:end] for base in bases for start, end in base.values)
    values = dict.fromkeys(value for value in found if MARK.encode() not in value)
    words = [json.dumps(state).encode() for state in PROVIDERS[slug].graph.states]
    fragments = [*_fragments(slug, [*values]), *_flags(slug, words)]
    return Corpus(slug, ORDER_IDS[slug], bases, [*values, *words * 5], fragments)


def _known(slug: str) -> Iterator[bytes]:
    for path in sorted((BODIES / slug).glob("*.json")):
        yield _planted(slug, json.loads(path.read_bytes()))


def _simulated(slug: str) -> Iterator[bytes]:
    for version in VERSIONS.get(slug, (None,)):
        simulator = build(slug, seed=7, windows=None)
        order_ids = simulator.seed_orders(SIMULATED, START)
        for order_id in order_ids:
            request = ADAPTERS[slug].request(Endpoint("http://127.0.0.1:8001", "key", version), order_id)
            headers = {name.lower(): value for name, value in request.headers.items()}
            asked = Request(
                request.method, request.url.path, dict(request.url.params), headers, request.content
            )
            for age in AGES:
                body = simulator.handle(asked, START + age).body
                yield _planted(slug, json.loads(body))


def _planted(slug: str, body: Json) -> bytes:
    """The body as the fuzzed order's, canaries in the place of secrets."""
    if isinstance(body, dict):
        reader = ADAPTERS[slug].read
        assert isinstance(reader, Reader)
        own = reader.identities({key: value for key, value in body.items() if isinstance(value, str | dict)})
        plain = json.dumps(_with_canaries(slug, "", body))
        for one in own:
            plain = plain.replace(one, ORDER_IDS[slug])
        return plain.encode()
    return json.dumps(body).encode()


def _with_canaries(slug: str, pattern: str, value: Json) -> Json:
    if pattern in _SECRETS[slug] and value is not None:
        return canary(slug, pattern)
    if isinstance(value, dict):
        return {
            key: _with_canaries(slug, f"{pattern}.{key}" if pattern else key, inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_with_canaries(slug, f"{pattern}[]", member) for member in value]
    return value


def canary(slug: str, pattern: str) -> str:
    """Letters, digits and dashes only: no encoding of JSON alters it."""
    return MARK + slug + "".join(sign if sign.isalnum() else "-" for sign in pattern)


_SECRETS = {
    slug: frozenset(field.path for field in provider.fields.table if field.use is Use.SECRET)
    for slug, provider in PROVIDERS.items()
}


def _taken_apart(raw: bytes) -> Base:
    values: list[tuple[int, int]] = []
    members: list[tuple[int, int]] = []
    key: int | None = None
    for token in _TOKEN.finditer(raw):
        if _COLON.match(raw, token.end()):
            key = token.start()
            continue
        values.append(token.span())
        if key is not None:
            members.append((key, token.end()))
        key = None
    return Base(raw, values, members)


def _fragments(slug: str, values: Sequence[bytes]) -> Iterator[bytes]:
    """Each field of the table on its own, with what fits, what others hold, and canaries."""
    for number, entry in enumerate(PROVIDERS[slug].fields.table):
        secret = json.dumps(canary(slug, entry.path)).encode()
        some = [secret] * 4 if entry.use is Use.SECRET else [*_fitting(entry), values[number % len(values)]]
        for value in some:
            yield _nested(entry.path, value)


def _fitting(entry: Field) -> Sequence[bytes]:
    if entry.kind is Kind.SCALAR:
        return [b'"text"', b"null", b"true", b"1767225600", b'"2026-01-01T00:00:00Z"']
    return [b"0", b"7", b"-1", b"0.10", b'"12.50"', b"null", b"1e3"]


def _flags(slug: str, words: Sequence[bytes]) -> Iterator[bytes]:
    """Identity and state, often enough to be met in most bodies."""
    for name in IDENTITY[slug]:
        yield from [b'"%b":"%b"' % (name.encode(), ORDER_IDS[slug].encode())] * 20
    for name in {"runa": ("status",), "xmrto": ("state", "state_str")}.get(slug, ("state",)):
        yield from (b'"%b":%b' % (name.encode(), word) for word in words for _ in range(8))
    if slug == "ordinalsbot":
        for flag in (
            b'"paid":true',
            b'"expired":true',
            b'"underpaid":true',
            b'"status":"ok"',
            b'"sent":"tx"',
        ):
            yield from [flag] * 4
        for file in (b'{"iqueued":true}', b'{"completed":true}', b'{"tx":"a"},{"sent":""}', b"{}"):
            yield from [b'"files":[%b]' % file] * 4


def _nested(path: str, value: bytes) -> bytes:
    """`items[].payout.url` as `"items":[{"payout":{"url":…}}]`."""
    name, dot, rest = path.partition(".")
    if rest.startswith("."):  # a name that begins with a dot
        name, rest = name, rest
    inner = b"{%b}" % _nested(rest, value) if dot else value
    while name.endswith("[]"):
        name, inner = name.removesuffix("[]"), b"[%b]" % inner
    return b"%b:%b" % (json.dumps(name).encode(), inner)
