"""Mutated and generated bodies through read → decide → evolve: nothing crashes, nothing is forged or leaked.

For each provider in turn an order is looked at some dozen times, then another begins. `rate` is bodies a
second of processor time, all told: making them, reading, judging, chaining, folding, and checking.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from adapters.providers import ADAPTERS
from bench.fuzz_corpus import Corpus, corpus
from bench.fuzz_mutants import Mutants
from bench.fuzz_oracle import forged, held, misplaced
from domain.encoding import chain
from domain.events import StateChanged
from domain.instants import MINUTE, SECOND, Instant
from domain.judge import Case, judge
from domain.order import Order, Tracking, evolve
from domain.provider import Provider
from domain.providers import PROVIDERS
from domain.readings import Answer, Look, Read
from domain.tracking import track
from domain.watch import Watch
from ordertrail.machine import spare_the_collector
from ordertrail.observation import arrival

GOAL = 20_000
BODIES = 200_000
TURN = 500
LOOKS = 40
"""Looks at an order before the next one begins."""
EXAMPLES = 5
BEGIN = 1_767_225_600 * SECOND


@dataclass
class Outcome:
    """`mix` counts readings by kind, and events that change a state; `examples` are what went wrong."""

    seed: int
    bodies: int = 0
    crashes: int = 0
    forged: int = 0
    leaked: int = 0
    spent: float = 0.0
    mix: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.bodies / self.spent if self.spent else 0.0

    @property
    def clean(self) -> bool:
        return not (self.crashes or self.forged or self.leaked)

    @property
    def holds(self) -> bool:
        return self.clean and self.rate >= GOAL

    def line(self) -> Mapping[str, str | float | int | bool]:
        return {
            "seed": self.seed,
            "bodies": self.bodies,
            "crashes": self.crashes,
            "forged": self.forged,
            "leaked": self.leaked,
            "rate": round(self.rate),
            "goal": GOAL,
            "unit": "bodies/s of a core",
            **dict(sorted(self.mix.items())),
            "holds": self.holds,
        }

    def went_wrong(self, what: str, slug: str, status: int, body: bytes) -> None:
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{what}: {slug}, HTTP {status}, {body[:4000]!r}")


class Trial:
    """One provider's orders under fuzz."""

    def __init__(self, provider: Provider, read: Read, given: Corpus, seed: int) -> None:
        self._provider, self._read = provider, read
        self._order_id = given.order_id
        self._mutants = Mutants(given, f"{provider.slug}-{seed}")
        self._at: Instant = BEGIN
        self._tracked = self._begun()
        self._begin()

    def run(self, count: int, outcome: Outcome) -> None:
        """So many bodies, counted in the outcome."""
        for number in range(count):
            if number % LOOKS == 0:
                self._begin()
            status, body = self._mutants.next()
            try:
                self._look(status, body, outcome)
            except Exception as error:  # noqa: BLE001 whatever it is, it is what we look for
                outcome.crashes += 1
                outcome.went_wrong(f"crash {error!r}", self._provider.slug, status, body)
                self._begin()
        outcome.bodies += count

    def _begin(self) -> None:
        self._order, self._watch = self._tracked, Watch()

    def _look(self, status: int, body: bytes, outcome: Outcome) -> None:
        self._at += MINUTE
        slug, before = self._provider.slug, self._order
        answer = Answer(status, "application/json", body)
        came = arrival(answer)
        assert came is not None
        reading = self._read(self._order_id, answer)
        case = Case(
            self._provider,
            before,
            self._watch,
            Look("look", self._at, self._at + SECOND),
            reading,
            self._at + SECOND,
            came.sha256,
            came.digest,
        )
        judgement = judge(case)
        self._watch = judgement.watch
        outcome.mix[type(reading).__name__] += 1
        links = chain(slug, before.version, before.digest, judgement.events)
        for link in links:
            self._order = evolve(self._order, link.event, link.row.version, link.digest)
            outcome.mix["changes"] += type(link.event.data) is StateChanged
        if not links:
            return
        if forged(slug, self._order_id, status, body, before.state, judgement.events):
            outcome.forged += 1
            outcome.went_wrong("forged", slug, status, body)
        if held([link.row.state for link in links]):
            if not misplaced(slug, body):
                outcome.leaked += 1
                outcome.went_wrong("leaked", slug, status, body)
            self._begin()  # what was recorded once may be told again as what was there before

    def _begun(self) -> Order:
        """An order that is tracked and was never seen."""
        wanted = Tracking("https://provider.example")
        events = track(Order(), wanted, at=BEGIN, recorded_at=BEGIN, rules="1.1", worker="fuzz")
        order = Order()
        for link in chain(self._provider.slug, 0, None, events):
            order = evolve(order, link.event, link.row.version, link.digest)
        return order


def run(bodies: int = BODIES, seconds: float | None = None, seed: int | None = None) -> Iterator[Outcome]:
    """So many bodies, or as many as so many seconds allow."""
    spare_the_collector()
    outcome = fuzzed(bodies, seconds, random.randrange(10**9) if seed is None else seed)
    for example in outcome.examples:
        print(example, file=sys.stderr)
    yield outcome


def fuzzed(bodies: int, seconds: float | None, seed: int, reads: Mapping[str, Read] | None = None) -> Outcome:
    """`reads` are the readers to be tried, each provider's own by default."""
    reads = reads or {slug: adapter.read for slug, adapter in ADAPTERS.items()}
    trials = [Trial(provider, reads[slug], corpus(slug), seed) for slug, provider in PROVIDERS.items()]
    outcome = Outcome(seed)
    go_on = _deadline(seconds) if seconds is not None else lambda: outcome.bodies < bodies
    began = time.process_time()
    while go_on():
        for trial in trials:
            trial.run(TURN, outcome)
    outcome.spent = time.process_time() - began
    return outcome


def _deadline(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end
