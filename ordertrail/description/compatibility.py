"""What a changed schema would break for consumers that were written for the released one. Pure.

A consumer ignores fields that it does not know and trusts the rest. So a change is harmless if every value
that the new schema allows was allowed before, less the fields that are new. What can't be judged breaks.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ordertrail.description.forms import Schema

WORDS = frozenset({"$schema", "$id", "$defs", "$ref", "title", "description", "examples"})
JUDGED = frozenset(
    {"type", "anyOf", "enum", "const", "properties", "required", "additionalProperties", "items"}
)
FLOORS, CEILINGS = frozenset({"minimum"}), frozenset({"maximum"})
ADVICE = (
    "Consumers of the released schema would break. Bring back what they know, or leave {name} as it is and "
    "give the changed shape a topic of its own, {next}."
)


class Break(NamedTuple):
    """`at` is the path of a value, `why` what of it a consumer no longer can rely on."""

    name: str
    at: str
    why: str

    def __str__(self) -> str:
        return f"{self.name}: {self.at or 'the value'} {self.why}"


class _Side(NamedTuple):
    """A schema and the document that its references point into."""

    schema: Schema
    root: Schema

    def to(self, schema: Schema) -> "_Side":
        while "$ref" in schema:
            schema = self.root["$defs"][schema["$ref"].rpartition("/")[2]]
        return _Side(schema, self.root)

    @property
    def branches(self) -> list["_Side"]:
        return [self.to(branch) for branch in self.schema.get("anyOf", [self.schema])]

    @property
    def values(self) -> list[object] | None:
        """All the values there can be, where they are listed."""
        return [self.schema["const"]] if "const" in self.schema else self.schema.get("enum")

    @property
    def kind(self) -> str | None:
        """A schema that only lists texts is one of texts."""
        listed = self.values is not None and all(isinstance(value, str) for value in self.values)
        return self.schema.get("type", "string" if listed else None)


def breaks(released: Mapping[str, Schema], present: Mapping[str, Schema]) -> list[Break]:
    """What breaks between two sets of schemas by name; an added schema breaks nothing."""
    found: list[Break] = []
    for name, before in released.items():
        if name not in present:
            found.append(Break(name, "", "is described no more, but its records stay in the topic"))
            continue
        sides = _Side(before, before).to(before), _Side(present[name], present[name]).to(present[name])
        found += [Break(name, at, why) for at, why in _compared("", *sides)]
    return found


def advice(name: str) -> str:
    """What to do about what breaks a schema."""
    number = re.search(r"\.v(\d+)$", name)
    after = f"{name.removesuffix(number[0])}.v{int(number[1]) + 1}" if number else f"{name}.v2"
    return ADVICE.format(name=name, next=after)


_Found = tuple[str, str]


def _compared(at: str, before: _Side, after: _Side) -> Iterator[_Found]:
    for branch in after.branches:
        alike = [old for old in before.branches if _same_kind(old, branch)]
        if not alike:
            yield at, f"may now be {branch.kind or 'anything'}"
        elif judged := [list(_branch_compared(at, old, branch)) for old in alike]:
            yield from min(judged, key=len)


def _same_kind(before: _Side, after: _Side) -> bool:
    return before.kind in (None, after.kind) or (before.kind, after.kind) == ("number", "integer")


def _branch_compared(at: str, before: _Side, after: _Side) -> Iterator[_Found]:
    yield from _values_compared(at, before, after)
    yield from _fields_compared(at, before, after)
    yield from _others_compared(at, before, after)
    if "items" in before.schema:
        if "items" in after.schema:
            old, new = before.schema["items"], after.schema["items"]
            yield from _compared(f"{at}[]", before.to(old), after.to(new))
        else:
            yield f"{at}[]", "may now be anything"
    yield from _limits_compared(at, before.schema, after.schema)


def _values_compared(at: str, before: _Side, after: _Side) -> Iterator[_Found]:
    if before.values is None:
        return
    if after.values is None:
        yield at, "may now have any value"
    elif added := [str(value) for value in after.values if value not in before.values]:
        yield at, f"may now be {', '.join(added)}"


def _fields_compared(at: str, before: _Side, after: _Side) -> Iterator[_Found]:
    old, new = before.schema.get("properties", {}), after.schema.get("properties", {})
    always = after.schema.get("required", [])
    for name, told in old.items():
        path = f"{at}.{name}" if at else name
        if name not in new:
            yield path, "is gone"
            continue
        if name in before.schema.get("required", []) and name not in always:
            yield path, "may now be missing"
        yield from _compared(path, before.to(told), after.to(new[name]))
    if before.schema.get("additionalProperties") is False:
        yield from (
            (f"{at}.{name}".strip("."), "is new where nothing may be added") for name in new.keys() - old
        )


def _others_compared(at: str, before: _Side, after: _Side) -> Iterator[_Found]:
    """Members of a map, which have no names."""
    old, new = before.schema.get("additionalProperties"), after.schema.get("additionalProperties")
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _compared(f"{at}.*", before.to(old), after.to(new))
    elif isinstance(old, dict) and new is not False:
        yield f"{at}.*", "may now be anything"
    elif old is False and new is not False:
        yield f"{at}.*", "may now be there"


def _limits_compared(at: str, before: Schema, after: Schema) -> Iterator[_Found]:
    for word in sorted((before.keys() | after.keys()) - WORDS - JUDGED):
        old, new = before.get(word), after.get(word)
        if old == new or (word in before and word in after and _narrower(word, old, new)):
            continue
        if word in before:
            yield at, f"no longer keeps to {word} {old}" + ("" if new is None else f" but to {new}")


def _narrower(word: str, old: object, new: object) -> bool:
    if not isinstance(old, int | float) or not isinstance(new, int | float):
        return False
    return (word in FLOORS and new >= old) or (word in CEILINGS and new <= old)
