"""What a provider never said before: fields no table lists, other sorts of value, other words.

Values of secret, volatile and unlisted fields are never part of it.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from domain.fields import Detail, Fields, pattern_of, shape_of
from domain.readings import Reading, Rejected, Shown, Unrecognised, Why

LONGEST = 200
MOST = 500
"""Sightings kept of a provider; one that makes up names is not followed for ever."""


_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class What(StrEnum):
    FIELD = "field"  # no table lists it
    SORT = "type"  # a listed field holds another sort of value
    VALUE = "value"  # a word that the documents don't let a field hold
    WORD = "word"  # a state nobody knows


class Sighting(NamedTuple):
    """`seen`: the sort of value, or the word. `path` is a field's name in the table, or would be."""

    what: What
    path: str
    seen: str


def fit(words: str) -> str:
    """A provider's words as every database takes them: cut, and with control characters and halves of
    surrogate pairs escaped as JSON does."""
    return _UNFIT.sub(lambda found: f"\\u{ord(found[0]):04x}", words[:LONGEST])[:LONGEST]


TOO_MANY = Sighting(What.FIELD, "…", f"more than {MOST} sightings")


class Radar:
    """One provider's radar. `known`: what was seen before, and whether it was news then."""

    def __init__(self, fields: Fields, known: Mapping[Sighting, bool]) -> None:
        self._fields = fields
        self._known = dict(known)
        self._sorts = {one.path for one in known if one.what is What.SORT}
        self._usual: dict[str, type] = {}
        self._words: set[tuple[str, object]] = set()

    def sightings(self, reading: Reading) -> Iterator[tuple[Sighting, bool]]:
        """What is worth keeping of a reading, and whether it is news: that is told each time. The first sort
        of value in a field is what later ones are compared with, and is told once."""
        if isinstance(reading, Shown):
            for path, shape in reading.unlisted.items():
                yield self._news(Sighting(What.FIELD, fit(path), shape))
            yield from self._of_details(reading)
        elif isinstance(reading, Unrecognised):
            yield self._news(Sighting(What.WORD, "state", fit(reading.word)))
        elif isinstance(reading, Rejected) and reading.why is Why.WRONG_TYPE:
            path = fit(pattern_of(reading.example))
            yield self._news(Sighting(What.SORT, path, "unfit to be recorded"))

    def _of_details(self, reading: Shown) -> Iterator[tuple[Sighting, bool]]:
        usual = self._usual
        details = reading.details.items()
        unusual = [(path, value) for path, value in details if usual.get(path) is not value.__class__]
        for path, value in unusual:
            if value is None or value.__class__ is dict or (path, value) in self._words:
                continue
            words = self._fields.words(path)
            told = list(self._of_detail(fit(pattern_of(path)), value, words))
            yield from told
            if "[" not in path and not told:
                if words:
                    self._words.add((path, value))
                else:
                    usual[path] = value.__class__

    def _of_detail(self, path: str, value: Detail, words: frozenset[str]) -> Iterator[tuple[Sighting, bool]]:
        shape = shape_of(value)
        sort = Sighting(What.SORT, path, shape)
        if path not in self._sorts:
            self._sorts.add(path)
            self._known[sort] = False
            yield sort, False
        elif self._known.get(sort, True):
            yield self._news(sort)
        if words and shape == "text" and value not in words:
            yield self._news(Sighting(What.VALUE, path, fit(str(value))))

    def _news(self, sighting: Sighting) -> tuple[Sighting, bool]:
        if sighting not in self._known:
            if len(self._known) >= MOST:
                sighting = TOO_MANY
            self._known[sighting] = True
        return sighting, True
