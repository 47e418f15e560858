"""One order under judgement: looks go in, in seconds after a fixed start; what they tell comes out."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.adoption import adopt
from domain.encoding import chain
from domain.events import Data, Event, StateChanged
from domain.fields import Detail
from domain.instants import SECOND, Instant, instant, text
from domain.judge import Case, Judgement, judge
from domain.order import Order, Tracking, evolve
from domain.provider import Provider
from domain.readings import Clock, Failed, Look, Reading, Shown
from domain.rows import NewEvent
from domain.tracking import track
from domain.watch import Watch, unproven
from domain.xverse import XVERSE

START = instant("2026-01-01T00:00:00Z")
STREAM = "xverse-stream"
CLOCK = Clock("worker-a", 0)
OTHER_CLOCK = Clock("worker-b", 0)


def second(seconds: float) -> Instant:
    return START + round(seconds * SECOND)


def time(seconds: float) -> str:
    return text(second(seconds))


def shown(state: str, details: Mapping[str, Detail] | None = None, *, at_least: bool = False) -> Shown:
    """An answer; the same state and details have the same meaning."""
    recorded = dict(details or {})
    meaning = hashlib.sha256(f"{state} {sorted(recorded.items())} {at_least}".encode()).digest()
    return Shown(state, recorded, meaning, at_least)


@dataclass
class Trial:
    """`rows` is what a log would hold; `judgement` is of the last look."""

    provider: Provider = XVERSE
    order: Order = field(default_factory=Order)
    watch: Watch = field(default_factory=Watch)
    rows: list[NewEvent] = field(default_factory=list)
    judgement: Judgement | None = None
    looks: int = 0

    def __post_init__(self) -> None:
        wanted = Tracking("https://provider.example")
        self._append(
            track(Order(), wanted, at=START, recorded_at=START, rules="2.1", worker="main"),
        )

    def see(
        self,
        reading: Reading,
        at: float,
        *,
        took: float = 1,
        clock: Clock = CLOCK,
        age: int | None = None,
        allowance: int = 0,
        others_answer: bool = False,
    ) -> list[Event[Data]]:
        """A look asked at that second; the events it tells."""
        self.looks += 1
        look = Look(f"look-{self.looks}", second(at), second(at + took), clock, age, allowance)
        body = repr(reading).encode()
        case = Case(
            provider=self.provider,
            order=self.order,
            watch=self.watch,
            look=look,
            reading=reading,
            recorded_at=second(at + took),
            evidence=hashlib.sha256(body).hexdigest(),
            body_digest=None if isinstance(reading, Failed) else hashlib.sha256(body).digest(),
            others_answer=others_answer,
        )
        self.judgement = judge(case)
        self.watch = self.judgement.watch
        return self._append(self.judgement.events)

    def state(self, word: str, at: float, **look: float) -> list[Event[Data]]:
        return self.see(shown(word), at, **look)  # type: ignore[arg-type] # only numbers are given

    def command(self, events: list[Event[Data]]) -> None:
        """What a person asked for, between two looks."""
        self._append(events)

    def adopt(self, target: str, at: float) -> list[Event[Data]]:
        """A person decides at that second that the order is in a state that was reported."""
        events = adopt(
            self.provider, self.order, target, "said so by mail", by="u-17", at=second(at), worker="main"
        )
        self.watch = unproven(self.watch)
        return self._append(events)

    def _append(self, events: list[Event[Data]]) -> list[Event[Data]]:
        links = chain(STREAM, self.order.version, self.order.digest, events)
        for link in links:
            self.order = evolve(self.order, link.event, link.row.version, link.digest)
        self.rows += [link.row for link in links]
        return [link.event for link in links]


def names(events: list[Event[Data]]) -> list[str]:
    return [type(event.data).__name__ for event in events]


def steps(events: list[Event[Data]]) -> list[tuple[str | None, str | None, str, bool]]:
    """(transition, source, target, inferred) of each StateChanged."""
    told = [event.data for event in events]
    return [
        (data.transition, data.source, data.target, data.inferred)
        for data in told
        if isinstance(data, StateChanged)
    ]


def interval(event: Event[Data]) -> tuple[str | None, str]:
    return event.not_before, event.not_after
