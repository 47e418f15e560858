"""The table of every field a provider sends, and the walk that turns a body into details by it.

A path names a field: `state`, `items[].payout.status`. Members of an array are named by their own id where
the table says which field that is (`items[E-1].payout.status`), else by index.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from domain.body import DOUBLED, Digits, Json, Malformed, Scalar, canonical

Detail = str | int | bool | None | dict[str, bool]
"""A detail's value: text, whole number, flag, null; a decimal as its digits; a secret only as SECRET."""

SECRET: dict[str, bool] = {"secret": True}
UNLISTED: dict[str, bool] = {"unlisted": True}
_MEMBER_ID = re.compile(r"[A-Za-z0-9._:~-]{1,128}")
_INDEX = re.compile(r"\[[^\]]*\]")
_MAX_DIGITS = 1000
_PLAIN = (int, bool, type(None))
_MILESTONES = [Decimal(0), Decimal(1), Decimal(6)]
MAX_TEXT = 65_536


class TooLong(ValueError):
    """A text is longer than anyone sends; `path` says where."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path}: longer than {MAX_TEXT} characters")
        self.path = path


class Use(StrEnum):
    STATE = "state"  # identity and status: read by the provider's own adapter
    DETAIL = "detail"  # recorded in DetailsChanged
    VOLATILE = "volatile"  # changes with every look and means nothing
    SECRET = "secret"  # recorded only as being there
    UNUSED = "unused"  # known, kept as evidence, not recorded


class Kind(StrEnum):
    SCALAR = "scalar"
    DECIMAL = "decimal"
    COUNTER = "counter"
    REMAINING = "remaining"


@dataclass(frozen=True, slots=True)
class Field:
    """`threshold` names the field that holds a counter's last milestone: a sibling, or one at the top.

    `words`: what the provider's documents and recordings let it hold; empty: anything.
    """

    path: str
    use: Use = Use.DETAIL
    kind: Kind = Kind.SCALAR
    threshold: str | None = None
    words: frozenset[str] = frozenset()


class WrongType(ValueError):
    """A field has a shape that can't be recorded; `path` says where, the message which."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


@dataclass(slots=True, eq=False)
class _Place:
    """What the table says of one pattern, worked out once.

    `plain`: a detail recorded as it is; `ignored`: nothing it holds is recorded; `keeps`: a body's
    meaning leaves nothing out at or below it. `inside`: what is below, by key.
    """

    pattern: str
    entry: Field | None
    is_object: bool
    is_array: bool
    plain: bool
    ignored: bool
    keeps: bool
    inside: "dict[str, _Place]" = field(default_factory=dict)

    @property
    def secret(self) -> bool:
        return self.entry is not None and self.entry.use is Use.SECRET


@dataclass(frozen=True)
class Fields:
    """Every field of a provider's answers. `members` names the id field of each array's members."""

    table: tuple[Field, ...]
    members: Mapping[str, str] = field(default_factory=dict)
    _by_path: dict[str, Field] = field(init=False, repr=False, default_factory=dict)
    _objects: set[str] = field(init=False, repr=False, default_factory=set)
    _arrays: set[str] = field(init=False, repr=False, default_factory=set)
    _places: dict[str, _Place] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for entry in self.table:
            self._by_path[entry.path] = entry
            parts = entry.path.split(".")
            for depth in range(len(parts)):
                prefix = ".".join(parts[: depth + 1])
                if prefix.endswith("[]"):
                    self._arrays.add(prefix.removesuffix("[]"))
                if depth < len(parts) - 1:
                    self._objects.add(prefix)

    def details(self, root: dict[str, Json], unlisted: dict[str, str] | None = None) -> dict[str, Detail]:
        """Everything worth recording, by path; the rest goes into `unlisted`, a path and what sort of value.

        Raises WrongType, TooLong, and Malformed for a doubled key.
        """
        found: dict[str, Detail] = {}
        self._walk(self._place(""), "", root, found, {} if unlisted is None else unlisted)
        return found

    def words(self, path: str) -> frozenset[str]:
        """What a detail may hold by the documents; empty: anything, or they don't say."""
        entry = self._by_path.get(pattern_of(path))
        return frozenset() if entry is None else entry.words

    def meaning(self, root: dict[str, Json]) -> bytes:
        """A digest of the body less its volatile fields, counters only by the milestone they have reached."""
        lasting = self._lasting(self._place(""), root, root, root)
        return hashlib.blake2b(canonical(lasting), digest_size=16).digest()

    def same(self, path: str, before: Detail, after: Detail, details: Mapping[str, Detail]) -> bool:
        """Whether a detail has not changed: equal decimals are equal, counters move by milestones."""
        if before == after and type(before) is type(after):
            return True
        entry = self._by_path.get(pattern_of(path))
        if entry is None or isinstance(before, dict) or isinstance(after, dict):
            return False
        if entry.kind is Kind.DECIMAL:
            numbers = decimal(before), decimal(after)
            return None not in numbers and numbers[0] == numbers[1]
        if entry.kind is Kind.SCALAR:
            return False
        name = entry.threshold
        threshold = details.get(_sibling(path, name), details.get(name)) if name else None
        return _milestone(entry.kind, before, threshold) == _milestone(entry.kind, after, threshold)

    def masked(self, root: dict[str, Json]) -> Json:
        """The body fit to be shown: secrets, and what the table does not know, are left out."""
        return self._masked("", root)

    def _place(self, pattern: str) -> _Place:
        place = self._places.get(pattern)
        if place is None:
            below = (pattern, f"{pattern}.", f"{pattern}[")
            left_out = any(
                not pattern or path == pattern or path.startswith(below[1:])
                for path, entry in self._by_path.items()
                if entry.use is Use.VOLATILE or entry.kind in (Kind.COUNTER, Kind.REMAINING)
            )
            is_object = not pattern or pattern in self._objects
            entry = self._by_path.get(pattern)
            is_array = pattern in self._arrays
            use = None if entry is None else entry.use
            place = self._places[pattern] = _Place(
                pattern,
                entry,
                is_object,
                is_array,
                plain=entry is not None and use is Use.DETAIL and entry.kind is Kind.SCALAR,
                ignored=use in (Use.VOLATILE, Use.UNUSED) and not is_object and not is_array,
                keeps=not left_out,
            )
        return place

    def _below(self, place: _Place, key: str) -> _Place | None:
        """None: no table lists it."""
        found = place.inside.get(key)
        if found is None:
            pattern = f"{place.pattern}.{key}" if place.pattern else key
            if not self._known(pattern):
                return None
            found = place.inside[key] = self._place(pattern)
        return found

    def _walk(
        self, place: _Place, path: str, value: Json, found: dict[str, Detail], unlisted: dict[str, str]
    ) -> None:
        if isinstance(value, dict) and place.is_object:
            if place.secret:
                found[path] = SECRET
            else:
                self._members(place, path, value, found, unlisted)
        elif isinstance(value, list) and place.is_array:
            if place.secret:
                found[path] = SECRET
                return
            member_place = self._place(f"{place.pattern}[]")
            for name, member in self._named(place.pattern, value):
                self._walk(member_place, f"{path}[{name}]", member, found, unlisted)
        elif place.entry is not None:
            _record(place.entry, path, value, found)
        elif place.pattern and value is not None:
            raise _misshapen(path, value)

    def _members(
        self,
        place: _Place,
        path: str,
        value: dict[str, Json],
        found: dict[str, Detail],
        unlisted: dict[str, str],
    ) -> None:
        inside = place.inside
        for key, member in value.items():
            below = inside.get(key) or self._below(place, key)
            if below is None:
                unlisted[f"{place.pattern}.{key}" if place.pattern else key] = shape_of(member)
                continue
            if below.ignored:
                continue
            where = f"{path}.{key}" if path else key
            sort = type(member)
            if below.plain and (sort in _PLAIN or (sort is str and len(member) <= MAX_TEXT)):  # type: ignore[arg-type] # a text
                found[where] = member  # type: ignore[assignment] # plain, or a text
            elif below.entry is None or sort is list or sort is dict:
                self._walk(below, where, member, found, unlisted)
            else:
                _record(below.entry, where, member, found)

    def _holds(self, pattern: str, value: Json) -> bool:
        """Whether the table says what is inside such a value."""
        if isinstance(value, dict):
            return not pattern or pattern in self._objects
        return isinstance(value, list) and pattern in self._arrays

    def _known(self, pattern: str) -> bool:
        return pattern in self._by_path or pattern in self._objects or pattern in self._arrays

    def _named(self, pattern: str, members: list[Json]) -> Iterable[tuple[str, Json]]:
        id_field = self.members.get(pattern)
        seen: set[str] = set()
        for index, member in enumerate(members):
            name = member.get(id_field) if id_field and isinstance(member, dict) else None
            usable = isinstance(name, str) and _MEMBER_ID.fullmatch(name) and name not in seen
            chosen = str(name) if usable else str(index)
            while chosen in seen:
                chosen += "~"
            seen.add(chosen)
            yield chosen, member

    def _lasting(
        self, place: _Place | None, value: Json, siblings: dict[str, Json], root: dict[str, Json]
    ) -> Json:
        if place is None or place.keeps:
            return value
        entry = place.entry
        if entry is not None and entry.use is Use.VOLATILE:
            return None
        if isinstance(value, dict):
            lasting = dict(value)
            inside = place.inside
            for key, inner in value.items():
                below = inside.get(key) or self._below(place, key)
                if below is not None and not below.keeps:
                    lasting[key] = self._lasting(below, inner, value, root)
            return lasting
        if isinstance(value, list):
            member_place = self._place(f"{place.pattern}[]")
            return [self._lasting(member_place, member, siblings, root) for member in value]
        if entry is not None and entry.kind in (Kind.COUNTER, Kind.REMAINING):
            name = entry.threshold
            threshold = siblings.get(name, root.get(name)) if name else None
            reached = _milestone(entry.kind, value, threshold if isinstance(threshold, int | str) else None)
            return None if reached is None else str(reached)
        return value

    def _masked(self, pattern: str, value: Json) -> Json:
        entry = self._by_path.get(pattern)
        if entry is not None and entry.use is Use.SECRET:
            return None if value is None else {**SECRET}
        if pattern and not self._known(pattern):
            return {**UNLISTED}
        if not self._holds(pattern, value):
            open_object = entry is not None and entry.use is Use.UNUSED
            unlisted = entry is None or (isinstance(value, dict | list) and not open_object)
            return {**UNLISTED} if unlisted and value is not None else value
        if isinstance(value, dict):
            return {key: self._masked(f"{pattern}.{key}" if pattern else key, value[key]) for key in value}
        if isinstance(value, list):
            return [self._masked(f"{pattern}[]", member) for member in value]
        return value


def pattern_of(path: str) -> str:
    """A detail's path as the table has it: `items[E-1].id` is `items[].id`."""
    return _INDEX.sub("[]", path)


def shape_of(value: Json | Detail) -> str:
    """What sort of value it is, without the value."""
    if isinstance(value, bool):
        return "flag"
    if value is None:
        return "null"
    if isinstance(value, Digits | int):
        return "number"
    if isinstance(value, str):
        return "text"
    return "array" if isinstance(value, list) else "object"


def decimal(value: Scalar) -> Decimal | None:
    """A finite decimal from a provider's number or text; None if it is none."""
    if isinstance(value, bool) or value is None or (isinstance(value, str) and len(value) > _MAX_DIGITS):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _record(entry: Field, path: str, value: Json, found: dict[str, Detail]) -> None:
    use = entry.use
    if use is Use.DETAIL:
        if value is DOUBLED or isinstance(value, list | dict):
            raise _misshapen(path, value)
        if value is not None:
            value = _recorded(entry.kind, path, value)
        found[path] = value
    elif use is Use.SECRET:
        found[path] = None if value is None else SECRET
    elif use is Use.STATE and value is DOUBLED:
        raise _misshapen(path, value)


def _recorded(kind: Kind, path: str, value: str | int | bool) -> str | int | bool:
    if kind is not Kind.SCALAR and decimal(value) is None:
        raise WrongType(path, "not a number")
    if kind is Kind.DECIMAL or isinstance(value, Digits):
        value = str(value)
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise TooLong(path)
    return value


def _misshapen(path: str, value: Json) -> WrongType | Malformed:
    if value is DOUBLED:
        return Malformed(f"the key {path} stands twice")
    return WrongType(path, f"{_shape(value)} does not belong there")


def _milestone(
    kind: Kind, value: Scalar | dict[str, bool], threshold: Scalar | dict[str, bool]
) -> Decimal | None:
    number = None if isinstance(value, dict) else decimal(value)
    if number is None:
        return None
    last = None if isinstance(threshold, dict) else decimal(threshold)
    milestones = _MILESTONES if last is None else sorted({*_MILESTONES, last})
    if kind is Kind.COUNTER:
        return max((m for m in milestones if m <= number), default=Decimal(-1))
    if number < 0:
        return Decimal(-1)
    return min((m for m in milestones if m >= number), default=Decimal("Infinity"))


def _sibling(path: str, name: str | None) -> str:
    parent, dot, _ = path.rpartition(".")
    return f"{parent}{dot}{name}"


def _shape(value: Json) -> str:
    if isinstance(value, list):
        return "an array"
    if isinstance(value, dict):
        return "an object"
    return "a plain value"
