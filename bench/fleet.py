"""Three workers share one budget while they are killed, frozen, stopped and joined at random.

First one worker without events, then three without, for the same orders; then events. The provider counts
every request. An open order may go unlooked as long as without events, and besides for as long as a group
takes to notice that a worker is gone and to share its orders out. In the end the orders stand still until all
have been looked at, and the log is compared with the truth.
"""

import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from adapters.kafka import broker
from adapters.kafka.ownership import REBALANCE_SECONDS, SESSION_SECONDS, SETTLE_SECONDS
from bench.fleet_check import Verdict, judged, lateness, steps_of
from bench.fleet_world import Wish, World, world
from tests.fixtures.postgres import find_binaries
from tests.fixtures.postgres import start as start_postgres

WORKERS = 3
IN_HAND = 16
"""Requests that a worker may have on their way."""

FROZEN_SECONDS = (2.0, 8.0, 14.0)
CALM_SECONDS = (2.0, 8.0)
AWAY_SECONDS = (0.0, 4.0, 9.0)
TAKEOVER_SECONDS = SESSION_SECONDS + REBALANCE_SECONDS + SETTLE_SECONDS
SETTLED_SECONDS = 8.0
RECORDED_SECONDS = 5.0
PATIENCE_SECONDS = 120.0
ROUNDS = 4
"""Beside that, waiting lasts for so many rounds of all orders at most."""

MOST_LATENESS = 1.05
USUAL = Wish(orders=10_000, limit=2000, window=10.0, seed=1, scale=0.1, pace=0.005)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Survived:
    """`over`: requests beyond the budget in its fullest window; `unexcused`: of any window, those that were
    not in the hands of a worker that was frozen until then, of whom each may have had 16. `gap`: the longest
    without a look; `beyond`: the longest without the takeovers in it; `bound`: the longest while nothing was
    done to the workers.

    Lateness in seconds, of the changes while nothing was done to the workers.
    """

    wish: Wish
    events: int
    frozen: int
    most: int
    unexcused: int
    gap: float
    beyond: float
    bound: float
    mean: float
    alone: float
    verdict: Verdict
    changes: int
    looks: int

    @property
    def over(self) -> int:
        return max(0, self.most - self.wish.limit)

    @property
    def holds(self) -> bool:
        verdict = self.verdict
        right = verdict.events > 0 and not verdict.lost and not verdict.doubled
        return right and not self.unexcused and self.beyond <= self.bound and self.fresh

    @property
    def fresh(self) -> bool:
        return not self.alone or self.mean <= MOST_LATENESS * self.alone

    def line(self) -> dict[str, str | float | int | bool]:
        alone = self.alone
        compared = {"baseline_s": round(alone, 2), "ratio": round(self.mean / alone, 3)} if alone else {}
        return {
            "case": f"{WORKERS} workers",
            "seed": self.wish.seed,
            "n": self.wish.orders,
            "budget_per_min": self.wish.limit * 60 / self.wish.window,
            "events": self.events,
            "frozen": self.frozen,
            "window": self.wish.words,
            "most_in_window": self.most,
            "over_budget": self.over,
            "unexcused": self.unexcused,
            "longest_gap_s": round(self.gap, 1),
            "bound_s": round(self.bound, 1),
            "takeover_s": TAKEOVER_SECONDS,
            "beyond_takeovers_s": round(self.beyond, 1),
            "looks": self.looks,
            "changes": self.changes,
            "mean_s": round(self.mean, 2),
            **compared,
            "goal": MOST_LATENESS,
            "told": self.verdict.events,
            "lost": self.verdict.lost,
            "doubled": self.verdict.doubled,
            "holds": self.holds,
        }


def run(events: int = 6, seed: int | None = None) -> Iterator[Survived]:
    chosen = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    yield survive(events, USUAL, Random(chosen), calm=90.0, say=lambda words: None)


def survive(events: int, wish: Wish, rng: Random, *, calm: float, say: Say, compare: bool = True) -> Survived:
    """From the main thread only: what is started ends with it. `calm`: seconds without events."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        server = start_postgres(find_binaries(), durable=False)
        kafka = broker.start(place / "kafka")
        try:
            alone = 0.0
            if compare:
                with world(wish, place / "one", server.create_database(), kafka.bootstrap, "one.") as one:
                    alone = _calm(one, 1, calm, say, compare=True).mean
            with world(wish, place / "all", server.create_database(), kafka.bootstrap, "all.") as all_:
                return _struck(
                    all_, _calm(all_, WORKERS, calm, say, compare=compare), events, rng, alone, say
                )
        finally:
            kafka.stop()
            server.stop()


@dataclass(frozen=True)
class _Calm:
    gap: float
    mean: float
    changes: int


def _calm(world: World, workers: int, seconds: float, say: Say, *, compare: bool) -> _Calm:
    """From when every order was looked at. Lateness is measured only to be compared."""
    for number in range(workers):
        world.start(f"w{number}")
    _await(
        world,
        lambda: world.counting.arrivals.last().keys() >= set(world.orders),
        "not every order was looked at",
    )
    time.sleep(SETTLED_SECONDS)  # what the group was at when the last order was seen
    begin, wall = time.monotonic(), time.time()
    time.sleep(seconds)  # how long the group is left alone
    end, wall_end = time.monotonic(), time.time()
    gap = max(to - since for since, to in world.counting.arrivals.gaps(world.counting.over(), begin, end))
    if not compare:
        return _Calm(gap, 0.0, 0)
    time.sleep(2 * gap)  # what changed before the end is seen after it
    mean, changes = lateness(steps_of(world.log), world.counting.truth(), wall, wall_end)
    say(f"{workers} workers: mean lateness {mean:.2f} s of {changes} changes, longest gap {gap:.1f} s")
    return _Calm(gap, mean, changes)


def _struck(world: World, calm: _Calm, events: int, rng: Random, alone: float, say: Say) -> Survived:
    begin = time.monotonic()
    joined = 0
    marks: list[float] = []
    thawed: list[float] = []
    for number in range(events):
        time.sleep(rng.uniform(*CALM_SECONDS))  # work goes on between events
        kind = rng.choices(("kill", "freeze", "leave", "join"), (3, 3, 1, 1))[0]
        say(f"{number + 1}: {kind}")
        marks.append(time.monotonic())
        if kind == "join":
            joined += 1
            world.start(f"guest{joined}")
        else:
            _strike(world, rng.choice(sorted(world.workers)), kind, rng)
            marks.append(time.monotonic())
            if kind == "freeze":
                thawed.append(marks[-1])
    end = time.monotonic()
    gaps = list(world.counting.arrivals.gaps(world.counting.over(), begin, end))
    world.counting.stands_at = time.time()
    _await(world, lambda: _all_seen(world), "not every order was looked at in the end")
    time.sleep(RECORDED_SECONDS)  # the last looks are on their way to the log
    arrivals, wish = world.counting.arrivals, world.wish
    return Survived(
        wish=wish,
        events=events,
        frozen=len(thawed),
        most=arrivals.most_within(wish.window),
        unexcused=max(0, arrivals.most_within(wish.window, thawed, IN_HAND) - wish.limit),
        gap=max(to - since for since, to in gaps),
        beyond=max(_beyond(since, to, marks) for since, to in gaps),
        bound=calm.gap,
        mean=calm.mean,
        alone=alone,
        verdict=judged(steps_of(world.log), world.counting.truth()),
        changes=calm.changes,
        looks=len(world.counting.arrivals.at),
    )


def _beyond(since: float, to: float, marks: Sequence[float]) -> float:
    """What of a gap is left without the takeovers that fall into it or began just before it."""
    return to - since - TAKEOVER_SECONDS * sum(since - TAKEOVER_SECONDS <= mark < to for mark in marks)


def _strike(world: World, name: str, kind: str, rng: Random) -> None:
    process = world.workers[name]
    if kind == "freeze":
        pids = process.pids()
        _signal(pids, signal.SIGSTOP)
        time.sleep(rng.choice(FROZEN_SECONDS))  # how long it stays frozen
        _signal(pids, signal.SIGCONT)
        return
    if kind == "leave":
        _signal(process.pids()[:1], signal.SIGTERM)
        time.sleep(1.0)  # a stop takes a moment
    process.end()
    del world.workers[name]
    time.sleep(rng.choice(AWAY_SECONDS))  # how long it stays away
    if len(world.workers) < WORKERS:
        world.start(name)


def _signal(pids: Sequence[int], how: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, how)


def _all_seen(world: World) -> bool:
    """Since they have changed."""
    last = world.counting.arrivals.last()
    return all(last.get(order, 0.0) > at for order, at in world.counting.changed().items())


def _await(world: World, holds: Callable[[], bool], otherwise: str) -> None:
    patience = PATIENCE_SECONDS + ROUNDS * world.wish.orders / world.wish.limit * world.wish.window
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{otherwise} within {patience:.0f} s")
        time.sleep(0.5)  # other processes are at work
