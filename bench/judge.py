"""Judging and storing answers, one in ten of them changed, against a machine and an INSERT for each poll.

HTTP is left out. Ours does what a worker does: the same bytes as last time are coverage, everything else is
judged and committed in batches, and coverage is stored after each round of 5,000 answers: a worker that gets
so many in a second stores it every three. The baseline makes one python-statemachine instance for each
answer, sends it what has changed, and inserts one row; it gets a tenth of the orders.
"""

import random
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from msgspec import structs

from bench.logs import fresh_log
from bench.measure import Figure, rates, seconds
from bench.orders import WALK, keys, looks, recorder, tracked
from domain.identity import OrderKey
from domain.instants import SECOND
from domain.providers import PROVIDERS
from domain.readings import Answer
from domain.watch import PATIENCE, Watch, settled, unchanged
from ordertrail.machine import spare_the_collector
from ordertrail.observation import Observation, repeats
from ordertrail.record import Recorder
from ordertrail.writer import BATCH

ORDERS = 5_000
OF_USUAL = 500
ROUNDS = 10
"""Of looks at every order; what the first of them shows is new, the others show it again."""

EVERY = 60 * SECOND
GOAL = 20


def run() -> Iterator[Figure]:
    spare_the_collector()
    rng = random.Random(1)
    ours: list[float] = []
    usual: list[float] = []
    with fresh_log("sqlite") as log, tempfile.TemporaryDirectory() as directory:
        recording, orders = recorder(log, rng), keys(ORDERS)
        streams = tracked(recording, orders)
        worker, baseline = _Worker(recording, streams), _Usual(Path(directory) / "usual.db")
        for state, step in zip(WALK, looks(orders, streams, rng), strict=True):
            rounds = [[_later(one, at) for one in step] for at in range(ROUNDS)]
            ours.append(seconds(partial(worker.poll, rounds)))
            fewer = [answers[:OF_USUAL] for answers in rounds]
            usual.append(seconds(partial(baseline.poll, state, fewer)))
        baseline.close()
    n = ORDERS * ROUNDS
    usually = rates(OF_USUAL * ROUNDS, usual)
    yield Figure("one in ten changed", rates(n, ours), usually, GOAL, "answers/s", n * len(ours))


class _Worker:
    """What a worker does with an answer, but for when to ask again."""

    def __init__(self, recording: Recorder, streams: Mapping[OrderKey, str]) -> None:
        self._recording = recording
        self._streams = streams
        self._watches: dict[OrderKey, Watch] = {}

    def poll(self, rounds: Sequence[Sequence[Observation]]) -> None:
        for answers in rounds:
            news = [one for one in answers if not self._same(one)]
            for start in range(0, len(news), BATCH):
                for seen in self._recording.observe(news[start : start + BATCH]):
                    self._watches[seen.key] = seen.watch
            watches = self._watches
            self._recording.save_watches({self._streams[key]: watch for key, watch in watches.items()})
            self._watches = {key: settled(watch) for key, watch in watches.items()}

    def _same(self, one: Observation) -> bool:
        watch = self._watches.get(one.key)
        assert isinstance(one.came_back, Answer)
        if watch is None or not repeats(watch, one.came_back):
            return False
        self._watches[one.key] = unchanged(watch, one.look, PATIENCE.coverage_gap)
        return True


class _Usual:
    """A machine and an INSERT for each answer."""

    def __init__(self, file: Path) -> None:
        self._states = dict[str, str]()
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE polls (order_id TEXT, at INTEGER, state TEXT, body BLOB)")

    def poll(self, state: str, rounds: Sequence[Sequence[Observation]]) -> None:
        """Every answer shows the same state."""
        swaps = PROVIDERS["xmrto"]
        for one in (one for answers in rounds for one in answers):
            assert isinstance(one.came_back, Answer)
            before = self._states.get(one.key.order_id, swaps.graph.initial)
            machine = swaps.machine(start_value=before)
            if state != before:
                machine.send(swaps.graph.event[(before, state)])
            self._states[one.key.order_id] = now = str(machine.current_state_value)
            row = (one.key.order_id, one.look.answered_at, now, one.came_back.body)
            self._connection.execute("INSERT INTO polls VALUES (?, ?, ?, ?)", row)

    def close(self) -> None:
        self._connection.close()


def _later(one: Observation, rounds: int) -> Observation:
    look = one.look
    moved = structs.replace(
        look, asked_at=look.asked_at + rounds * EVERY, answered_at=look.answered_at + rounds * EVERY
    )
    return structs.replace(one, look=moved)
