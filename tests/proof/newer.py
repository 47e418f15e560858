"""Xverse by other rules than those of today: what a newer version of ours may know of it."""

from dataclasses import dataclass, replace
from random import Random

from statemachine import State, StateMachine

from adapters.providers import ADAPTERS
from adapters.reading import Reader
from adapters.xverse import read as XVERSE_READ
from domain.phases import Phase
from domain.provider import Provider, provider
from domain.providers import PROVIDERS
from domain.readings import Read
from domain.xverse import FIELDS, PHASES, XVERSE
from ordertrail.adopting import adopt_state
from ordertrail.orders import Known
from ordertrail.readjudicating import Finding, Readjudication
from ordertrail.record import Recorder
from tests.fixtures.recording import ORDER, Recording, key


class NewerXverse(StateMachine):
    """Has `queued`, and an order may be executed again once it is complete; nothing executes unfunded."""

    new = State(value="new", initial=True)
    pending = State(value="pending")
    queued = State(value="queued")
    executing = State(value="executing")
    complete = State(value="complete")
    failed = State(value="failed")
    refunded = State(value="refunded", final=True)
    stale = State(value="stale")

    fund = new.to(pending) | stale.to(pending)
    line_up = pending.to(queued)
    execute = queued.to(executing) | complete.to(executing)
    finish = executing.to(complete)
    fail = new.to(failed) | pending.to(failed) | queued.to(failed) | executing.to(failed)
    refund = failed.to(refunded)
    go_stale = new.to(stale)


class StricterXverse(StateMachine):
    """What failed stays so, and there is no `stale`."""

    new = State(value="new", initial=True)
    pending = State(value="pending")
    executing = State(value="executing")
    complete = State(value="complete", final=True)
    failed = State(value="failed", final=True)
    refunded = State(value="refunded", final=True)

    fund = new.to(pending)
    execute = new.to(executing) | pending.to(executing)
    finish = executing.to(complete)
    fail = new.to(failed) | pending.to(failed) | executing.to(failed)
    refund = executing.to(refunded)


def newer(machine: type[StateMachine] = NewerXverse, rules: int = 2) -> Provider:
    known = {**PHASES, "queued": Phase.PROCESSING}
    return provider(
        slug="xverse",
        title="Xverse",
        documents="https://xverse.example",
        machine=machine,
        phases={str(state.value): known[str(state.value)] for state in machine.states},
        fields=FIELDS,
        rules=rules,
        normalise=str.lower,
    )


@dataclass
class Version:
    """One version of ours at a recording's log: by its own rules it records, and judges again."""

    recording: Recording
    provider: Provider = XVERSE

    def __post_init__(self) -> None:
        self.read: Read = XVERSE_READ if self.provider is XVERSE else reader_of(self.provider)
        self.recorder = Recorder(
            log=self.recording.log,
            vault=self.recording.vault,
            providers={**PROVIDERS, "xverse": self.provider},
            readers={**{slug: adapter.read for slug, adapter in ADAPTERS.items()}, "xverse": self.read},
            environments=dict.fromkeys(PROVIDERS, "https://provider.example"),
            now=lambda: self.recording.at,
            rng=Random(8),
        )
        self.readjudication = Readjudication(
            log=self.recording.log,
            vault=self.recording.vault,
            providers={**PROVIDERS, "xverse": self.provider},
            readers={**{slug: adapter.read for slug, adapter in ADAPTERS.items()}, "xverse": self.read},
            orders=self.recorder,
        )

    def show(self, order: str = ORDER) -> Finding:
        return self.readjudication.show(key(order), at=self.recording.at, worker="main")

    def apply(self, order: str = ORDER) -> Finding:
        return self.readjudication.apply(key(order))

    def adopt(self, target: str) -> Known:
        return adopt_state(
            self.recorder, key(ORDER), target, "they said so by mail", by="u-17", provider=self.provider
        )


def reader_of(known: Provider) -> Reader:
    assert isinstance(XVERSE_READ, Reader)
    return replace(XVERSE_READ, provider=known)
