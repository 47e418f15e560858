"""What people write on the command line, read strictly: orders, times, names of providers and phases."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches

import click

from domain.identity import OrderKey, parse_order
from domain.instants import Instant, moment
from domain.phases import Phase
from domain.providers import PROVIDERS
from domain.words import demand_actor, demand_reason, demand_text, demand_words

NORMALISE = {slug: entry.normalise for slug, entry in PROVIDERS.items()}
ACTOR = "opaque id of the person or program that asks, never a name"


class OrderType(click.ParamType[OrderKey]):
    name = "order"

    def convert(
        self, value: object, parameter: click.Parameter | None, context: click.Context | None
    ) -> OrderKey:
        if isinstance(value, OrderKey):
            return value
        try:
            return parse_order(str(value), NORMALISE)
        except ValueError as error:
            self.fail(str(error), parameter, context)


class TimeType(click.ParamType[Instant]):
    """RFC 3339 with an offset, as an instant."""

    name = "time"

    def convert(
        self, value: object, parameter: click.Parameter | None, context: click.Context | None
    ) -> Instant:
        if isinstance(value, int):
            return value
        try:
            return moment(str(value))
        except ValueError as error:
            self.fail(str(error), parameter, context)


class WordType(click.ParamType[str]):
    """One of a set of words; a wrong one is answered with those that are near, or all."""

    def __init__(self, name: str, words: Sequence[str]) -> None:
        self.name = name
        self.words = words

    def convert(self, value: object, parameter: click.Parameter | None, context: click.Context | None) -> str:
        if value not in self.words:
            self.fail(self._unknown(str(value)), parameter, context)
        return str(value)

    def _unknown(self, word: str) -> str:
        near = get_close_matches(word, self.words, n=2)
        advice = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(self.words)}"
        return f"unknown {self.name} {word!r}; {advice}"


class WordsType(click.ParamType[str]):
    """Words that go into the record; `demand` raises ValueError for others, given their name."""

    name = "words"

    def __init__(self, demand: Callable[[str, str], None]) -> None:
        self._demand = demand

    def convert(self, value: object, parameter: click.Parameter | None, context: click.Context | None) -> str:
        words = str(value)
        try:
            self._demand("it", words)
        except ValueError as error:
            self.fail(str(error), parameter, context)
        return words


ORDER = OrderType()
WORDS = WordsType(demand_words)
REASON = WordsType(demand_reason)
BY = WordsType(demand_actor)
WORDS_OR_NONE = WordsType(demand_text)
TIME = TimeType()
PROVIDER = WordType("provider", list(PROVIDERS))
PHASE = WordType("phase", [phase.value for phase in Phase])
STATE = WordType("state", sorted({state for entry in PROVIDERS.values() for state in entry.graph.states}))
