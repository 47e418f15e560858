"""Changed snapshots → committed events, looks and evidence, against executemany of the same rows."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from adapters.providers import ADAPTERS
from adapters.vault import KEY_BYTES, Vault
from bench.logs import DATABASES, fresh_log, fresh_url
from bench.measure import Figure, rates, seconds
from bench.one_by_one import OneByOne
from bench.orders import keys, looks, recorder, tracked
from bench.raw import raw_writer
from domain.instants import Instant
from domain.log import Entry, EvidenceRow, Log, Outcome
from domain.readings import Answer, Reading
from ordertrail.record import Observation

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


def _against_executemany(database: str) -> Iterator[Figure]:
    ours: list[float] = []
    raw: list[float] = []
    with fresh_log(database) as log, fresh_url(database) as url:
        spy, rng, readings = Spy(log), random.Random(1), _Readings()
        vault = TimedVault(log, bytes(KEY_BYTES))
        recording = recorder(spy, rng, vault=vault, readers={"xmrto": readings.read})
        orders = keys(BATCH * BATCHES)
        streams = tracked(recording, orders)
        with raw_writer(url) as baseline:
            for batch in _batches(looks(orders, streams, rng)):
                readings.prepare(batch)
                sealing = vault.spent
                spent = seconds(partial(recording.observe, batch))
                ours.append(spent - (vault.spent - sealing))
                raw.append(seconds(partial(baseline.write, spy.entries)))
    yield Figure(database, rates(BATCH, ours), rates(BATCH, raw), 0.5, "snapshots/s", len(ours) * BATCH)


def _against_one_by_one() -> Iterator[Figure]:
    ours: list[float] = []
    single: list[float] = []
    with fresh_log("sqlite") as log, OneByOne() as baseline:
        rng = random.Random(1)
        recording = recorder(log, rng)
        orders = keys(BATCH)
        streams = tracked(recording, orders)
        for batch in _batches(looks(orders, streams, rng)):
            ours.append(seconds(partial(recording.observe, batch)))
            single.append(seconds(partial(baseline.observe, batch)))
    yield Figure(
        "one machine and one app.save each",
        rates(BATCH, ours),
        rates(BATCH, single),
        10,
        "snapshots/s",
        BATCH * 4,
    )


def _batches(steps: Iterator[list[Observation]]) -> Iterator[list[Observation]]:
    for step in steps:
        for start in range(0, len(step), BATCH):
            yield step[start : start + BATCH]


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
