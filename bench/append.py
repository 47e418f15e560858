"""Changed snapshots → committed events, looks and evidence, against executemany of the same rows."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from msgspec import structs

from adapters.providers import ADAPTERS
from adapters.vault import KEY_BYTES, Vault
from bench.logs import DATABASES, fresh_log, fresh_url
from bench.measure import Figure, rates, seconds
from bench.one_by_one import OneByOne
from bench.orders import keys, looks, recorder, tracked
from bench.raw import raw_writer
from domain.identity import OrderKey
from domain.instants import Instant
from domain.log import Entry, EvidenceRow, Log, Outcome
from domain.readings import Answer, Reading, Shown
from domain.watch import Watch
from ordertrail.machine import spare_the_collector
from ordertrail.observation import Observation

BATCH = 500
BATCHES = 10


class TimedVault(Vault):
    """Counts the seconds spent sealing, which are told apart."""

    spent = 0.0

    def seal(self, stream: str, sha256: str, body: bytes, at: Instant) -> EvidenceRow:
        began = time.perf_counter()
        row = super().seal(stream, sha256, body, at)
        self.spent += time.perf_counter() - began
        return row


@dataclass
class Spy:
    """A log that remembers what was committed, so that the baseline writes the same rows."""

    log: Log
    entries: list[Entry] = field(default_factory=list)

    def commit(self, entries: Sequence[Entry]) -> list[Outcome]:
        self.entries = list(entries)
        return self.log.commit(entries)

    def __getattr__(self, name: str) -> Any:  # everything else is the log's own
        return getattr(self.log, name)


def run() -> Iterator[Figure]:
    for database in DATABASES:
        yield from _against_executemany(database)
    yield from _against_one_by_one()


class Recording:
    """Ours: snapshots that are read already; sealing their evidence is told apart."""

    def __init__(self, log: Log) -> None:
        spare_the_collector()
        self.spy = Spy(log)
        self.vault = TimedVault(log, bytes(KEY_BYTES))
        self._watches: dict[OrderKey, Watch] = {}
        self._readings = _Readings()
        readers = {"xmrto": self._readings.read}
        self.recorder = recorder(self.spy, random.Random(1), vault=self.vault, readers=readers)

    def turns(self, count: int) -> Iterator[list[Observation]]:
        orders = keys(count)
        streams = tracked(self.recorder, orders)
        for step in looks(orders, streams, random.Random(2)):
            for start in range(0, len(step), BATCH):
                batch = [self._watched(one) for one in step[start : start + BATCH]]
                self._readings.prepare(batch)
                yield batch

    def state(self, observation: Observation) -> str:
        reading = self._readings.of(observation)
        assert isinstance(reading, Shown)
        return reading.state

    def seconds(self, batch: list[Observation]) -> float:
        sealing, began = self.vault.spent, time.perf_counter()
        seen = self.recorder.observe(batch)
        spent = time.perf_counter() - began
        self._watches |= {one.key: one.watch for one in seen}
        return spent - (self.vault.spent - sealing)

    def _watched(self, observation: Observation) -> Observation:
        """As a worker hands it over: with the watch that it holds."""
        watch = self._watches.get(observation.key) or Watch()
        return structs.replace(observation, watch=watch)


def _against_executemany(database: str) -> Iterator[Figure]:
    ours: list[float] = []
    raw: list[float] = []
    with fresh_log(database) as log, fresh_url(database) as url, raw_writer(url) as baseline:
        recording = Recording(log)
        for batch in recording.turns(BATCH * BATCHES):
            ours.append(recording.seconds(batch))
            raw.append(seconds(partial(baseline.write, recording.spy.entries)))
    yield Figure(database, rates(BATCH, ours), rates(BATCH, raw), 0.5, "snapshots/s", len(ours) * BATCH)


def _against_one_by_one() -> Iterator[Figure]:
    ours: list[float] = []
    single: list[float] = []
    with fresh_log("sqlite") as log, OneByOne() as baseline:
        recording = Recording(log)
        for batch in recording.turns(BATCH):
            states = [(one.key.order_id, recording.state(one)) for one in batch]
            ours.append(recording.seconds(batch))
            single.append(seconds(partial(baseline.observe, states)))
    case = "one machine and one app.save each"
    yield Figure(case, rates(BATCH, ours), rates(BATCH, single), 10, "snapshots/s", len(ours) * BATCH)


class _Readings:
    """A snapshot is the parsed answer: parsing it is not what is measured here."""

    def __init__(self) -> None:
        self._read: dict[bytes, Reading] = {}

    def prepare(self, batch: Sequence[Observation]) -> None:
        self._read = {
            one.came_back.body: ADAPTERS["xmrto"].read(one.key.order_id, one.came_back)
            for one in batch
            if isinstance(one.came_back, Answer)
        }

    def read(self, order_id: str, answer: Answer) -> Reading:
        return self._read[answer.body]

    def of(self, observation: Observation) -> Reading:
        assert isinstance(observation.came_back, Answer)
        return self._read[observation.came_back.body]
