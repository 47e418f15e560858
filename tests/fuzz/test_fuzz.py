"""Half a minute of fuzzing with a seed of its own each time, and that the fuzz run finds what is wrong."""

import random
from collections.abc import Callable

import msgspec
import pytest

from adapters.providers import ADAPTERS
from bench.fuzz import Outcome, fuzzed
from bench.fuzz_corpus import MARK, corpus
from bench.fuzz_mutants import Mutants
from domain.providers import PROVIDERS
from domain.readings import Answer, Read, Reading, Shown

SECONDS = 30
FEW = 4000
Spoil = Callable[[Shown], Reading]


def test_nothing_crashes_is_forged_or_leaks() -> None:
    outcome = fuzzed(0, SECONDS, random.randrange(10**9))

    assert outcome.bodies >= 10_000, outcome.line()
    assert outcome.clean, (outcome.line(), outcome.examples)


def test_every_kind_of_reading_is_met_and_orders_move() -> None:
    outcome = fuzzed(FEW, None, 1)

    kinds = {"Shown", "Unrecognised", "Rejected", "WrongOrder", "NotFound", "Failed"}
    assert kinds <= set(outcome.mix)
    assert outcome.mix["changes"] > FEW / 100


@pytest.mark.parametrize("slug", PROVIDERS)
def test_the_same_seed_gives_the_same_bodies(slug: str) -> None:
    one, same, other = (Mutants(corpus(slug), seed) for seed in ("a", "a", "b"))

    bodies = [one.next() for _ in range(200)]

    assert bodies == [same.next() for _ in range(200)] != [other.next() for _ in range(200)]


def test_a_reader_that_breaks_is_found() -> None:
    def breaks(shown: Shown) -> Reading:
        raise KeyError(shown.state)

    assert spoilt(breaks).crashes > 0


def test_a_state_that_the_body_does_not_name_is_found() -> None:
    assert spoilt(lambda shown: msgspec.structs.replace(shown, state="COMPLETED")).forged > 0


def test_a_secret_that_is_recorded_is_found() -> None:
    told = {"items[0].payout.url": f"{MARK}told"}

    assert spoilt(lambda shown: msgspec.structs.replace(shown, details=told)).leaked > 0


def spoilt(spoil: Spoil) -> Outcome:
    """The run with a reader for Runa that goes wrong in one way."""
    read = ADAPTERS["runa"].read

    def spoiling(order_id: str, answer: Answer) -> Reading:
        reading = read(order_id, answer)
        return spoil(reading) if isinstance(reading, Shown) else reading

    reads: dict[str, Read] = {slug: adapter.read for slug, adapter in ADAPTERS.items()}
    return fuzzed(FEW, None, 2, {**reads, "runa": spoiling})
