"""Raw bodies made fit to be shown."""

import json

from domain.body import DOUBLED, Digits, Json, Malformed, parse
from domain.fields import Fields


def mask(body: bytes, fields: Fields) -> bytes:
    """The body as JSON with every secret, and every field that the table does not know, replaced.

    A body that can't be taken apart is not shown: its secrets can't be told from the rest.
    """
    try:
        parsed = parse(body)
    except Malformed as error:
        return _withheld(body, str(error))
    if not isinstance(parsed, dict):
        return _withheld(body, "no JSON object")
    return _written(fields.masked(parsed)).encode()


def _withheld(body: bytes, why: str) -> bytes:
    return f"not shown ({len(body)} bytes): secrets in it can't be told apart ({why})".encode()


def _written(value: Json) -> str:
    """JSON with numbers in the provider's own digits."""
    if isinstance(value, Digits) and value is not DOUBLED:
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(key)}: {_written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return _quoted(value)


def _quoted(value: str | int | bool | None) -> str:
    return json.dumps(value, ensure_ascii=False)
