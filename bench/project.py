"""The log folded into the read models, against SELECT, JSON decode and upsert of the same rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from bench.logs import DATABASES, fresh_log, fresh_url
from bench.measure import Figure, rates, seconds
from bench.orders import filled
from bench.raw import raw_writer
from domain.log import Log
from domain.rows import Change, Parked
from ordertrail.project import Projector

ORDERS = 5000
BATCH = 5000


@dataclass
class Spy:
    """A log that remembers what a projector stored, so that the baseline stores the same rows."""

    log: Log
    batches: list[Sequence[Change]] = field(default_factory=list)

    def project(
        self,
        projection: str,
        start: int,
        end: int,
        changes: Sequence[Change],
        parked: Sequence[Parked],
        *,
        publish: bool = True,
    ) -> None:
        self.batches.append(changes)
        self.log.project(projection, start, end, changes, parked, publish=publish)

    def __getattr__(self, name: str) -> Any:  # everything else is the log's own
        return getattr(self.log, name)


def run() -> Iterator[Figure]:
    for database in DATABASES:
        ours: list[float] = []
        raw: list[float] = []
        with fresh_log(database) as log, fresh_url(database) as url, raw_writer(url) as baseline:
            filled(log, ORDERS)
            spy = Spy(log)
            projector = Projector(spy, say=print, batch_rows=BATCH)
            position = 0
            for _ in range(log.tail() // BATCH):
                ours.append(seconds(projector.step))
                raw.append(seconds(partial(raw_turn, log, position, baseline.upsert, spy.batches[-1])))
                position = log.position("read-models")
        yield Figure(database, rates(BATCH, ours), rates(BATCH, raw), 0.5, "events/s", len(ours) * BATCH)


def raw_turn(log: Log, after: int, upsert: Any, changes: Sequence[Change]) -> None:
    for row in log.read(after, BATCH):
        msgspec.json.decode(row.state)
    upsert(changes)
