"""Reading a raw JSON body strictly: nothing is guessed, and no digit is lost.

Numbers with a fraction, an exponent or more than fifteen digits become `Digits`: the provider's own digits as
text. A key that stands twice in an object becomes `DOUBLED`, so that whoever needs it can refuse it.
"""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterable

import msgspec

Scalar = str | int | bool | None
Json = Scalar | list["Json"] | dict[str, "Json"]

MAX_DEPTH = 100
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


class Digits(str):
    """A JSON number, digit for digit as the provider wrote it."""

    __slots__ = ()


DOUBLED: Json = Digits("doubled key")


class Malformed(ValueError):
    """The body is no JSON that can be trusted; the message says why, without quoting the body."""


def parse(body: bytes) -> Json:
    """The body as plain values; raises Malformed."""
    if not body or body.isspace():
        raise Malformed("the body is empty")
    try:
        text = body.removeprefix(BOM_UTF8).decode()
        if text.startswith(_MARK):
            raise Malformed("no JSON: a second byte order mark at character 0")
        parsed: Json = _decoder.decode(text)
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise Malformed(f"no JSON: {error.msg.removesuffix(' at')} at character {error.pos}") from None
    except RecursionError:
        raise Malformed("nested too deeply") from None
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH:
        _check_depth(parsed)
    if _SURROGATE.search(body):
        _check_text(parsed)
    return parsed


def canonical(value: Json) -> bytes:
    """The same bytes for the same value, whatever the order of keys."""
    return _encoder.encode(value)


def _members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                members[key] = DOUBLED
            seen.add(key)
    return members


def _integer(digits: str) -> int | Digits:
    return int(digits) if len(digits) <= 15 else Digits(digits)


def _constant(word: str) -> None:
    raise Malformed(f"{word} is no JSON number")


_decoder = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=Digits, parse_int=_integer, parse_constant=_constant
)
_encoder = msgspec.json.Encoder(order="sorted", enc_hook=str)  # Digits are the one kind it does not know


def _check_depth(value: Json) -> None:
    """So that whoever walks the body may call itself."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise Malformed("nested too deeply")


def _inside(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _check_text(value: Json) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Malformed("half of a surrogate pair") from None
