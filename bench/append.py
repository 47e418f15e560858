"""Changed snapshots → committed events, looks and evidence, against executemany of the same rows.

Ours takes batches as `ordertrail import` does, each judged while the one before is being committed;
the baseline writes what was committed, already made, in the same batches.
"""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any

from msgspec import structs

from adapters.providers import ADAPTERS
from adapters.vault import KEY_BYTES, Vault
from bench.logs import DATABASES, fresh_log, fresh_url
from bench.measure import Figure, rates, seconds
from bench.one_by_one import OneByOne
from bench.orders import keys, looks, recorder, tracked
from bench.raw import RawWriter, raw_writer
from domain.identity import OrderKey
from domain.instants import Instant
from domain.log import Log
from domain.readings import Answer, Reading, Shown
from domain.rows import Entry, EvidenceRow, Outcome
from domain.watch import Watch
from ordertrail.machine import spare_the_collector
from ordertrail.observation import Observation, Seen

BATCH = 500
ORDERS = 5000
TURN = 2500
"""Snapshots at a time, ours and the baseline's in turn."""
ONE_BY_ONE = 1000
"""Of them, those that the usual way gets."""


class PreparedVault(Vault):
    """Sealing evidence is counted apart: `prepare` does it beforehand."""

    def __init__(self, log: Log, master: bytes) -> None:
        super().__init__(log, master)
        self._sealed: dict[tuple[str, str], EvidenceRow] = {}

    def prepare(self, stream: str, body: bytes, at: Instant) -> None:
        digest = sha256(body).hexdigest()
        self._sealed[stream, digest] = super().seal(stream, digest, body, at)

    def seal(self, stream: str, sha256: str, body: bytes, at: Instant) -> EvidenceRow:
        return self._sealed.pop((stream, sha256))


@dataclass
class Spy:
    """A log that remembers its commits, so that the baseline writes the same rows."""

    log: Log
    commits: list[Sequence[Entry]] = field(default_factory=list)

    def commit(self, entries: Sequence[Entry]) -> list[Outcome]:
        self.commits.append(entries)
        return self.log.commit(entries)

    def __getattr__(self, name: str) -> Any:  # everything else is the log's own
        return getattr(self.log, name)


def run() -> Iterator[Figure]:
    spare_the_collector()
    for database in DATABASES:
        yield from _against_executemany(database)
    yield from _against_one_by_one()


class Recording:
    """Ours: snapshots that are read already, and their evidence sealed."""

    def __init__(self, log: Log, committing: ThreadPoolExecutor) -> None:
        self.spy = Spy(log)
        self._committing = committing
        self._vault = PreparedVault(log, bytes(KEY_BYTES))
        self._watches: dict[OrderKey, Watch] = {}
        self._readings = _Readings()
        readers = {"xmrto": self._readings.read}
        self._recorder = recorder(self.spy, random.Random(1), vault=self._vault, readers=readers)

    def turns(self, count: int) -> Iterator[list[Observation]]:
        orders = keys(count)
        streams = tracked(self._recorder, orders)
        for step in looks(orders, streams, random.Random(2)):
            for start in range(0, len(step), TURN):
                turn = [self._watched(one) for one in step[start : start + TURN]]
                self._readings.prepare(turn)
                self._seal(turn)
                yield turn

    def state(self, observation: Observation) -> str:
        reading = self._readings.of(observation)
        assert isinstance(reading, Shown)
        return reading.state

    def observe(self, turn: list[Observation]) -> float:
        """The seconds that it takes."""
        self.spy.commits.clear()
        seen: list[Seen] = []
        spent = seconds(partial(self._observe, turn, seen))
        self._watches |= {one.key: one.watch for one in seen}
        return spent

    def _observe(self, turn: list[Observation], seen: list[Seen]) -> None:
        portions = [turn[start : start + BATCH] for start in range(0, len(turn), BATCH)]
        for portion in self._recorder.observe_all(portions, self._committing):
            seen += portion

    def _watched(self, observation: Observation) -> Observation:
        """As a worker hands it over: with the watch that it holds."""
        watch = self._watches.get(observation.key) or Watch()
        return structs.replace(observation, watch=watch)

    def _seal(self, turn: Sequence[Observation]) -> None:
        for one in turn:
            if isinstance(one.came_back, Answer) and one.stream is not None:
                self._vault.prepare(one.stream, one.came_back.body, one.look.answered_at)


def _against_executemany(database: str) -> Iterator[Figure]:
    ours: list[float] = []
    raw: list[float] = []
    with (
        fresh_log(database) as log,
        fresh_url(database) as url,
        raw_writer(url) as baseline,
        ThreadPoolExecutor(1) as committing,
    ):
        recording = Recording(log, committing)
        for turn in recording.turns(ORDERS):
            ours.append(recording.observe(turn))
            raw.append(seconds(partial(_write, baseline, recording.spy.commits)))
    yield Figure(database, rates(TURN, ours), rates(TURN, raw), 0.5, "snapshots/s", len(ours) * TURN)


def _write(baseline: RawWriter, commits: Sequence[Sequence[Entry]]) -> None:
    for entries in commits:
        baseline.write(entries)


def _against_one_by_one() -> Iterator[Figure]:
    ours: list[float] = []
    single: list[float] = []
    with fresh_log("sqlite") as log, OneByOne() as baseline, ThreadPoolExecutor(1) as committing:
        recording = Recording(log, committing)
        for turn in recording.turns(TURN):
            states = [(one.key.order_id, recording.state(one)) for one in turn[:ONE_BY_ONE]]
            ours.append(recording.observe(turn))
            single.append(seconds(partial(baseline.observe, states)))
    case = "one machine and one app.save each"
    yield Figure(case, rates(TURN, ours), rates(ONE_BY_ONE, single), 10, "snapshots/s", len(ours) * TURN)


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
