"""One rehearsal: played, projected, compared with the truth, and summed up."""

import asyncio
import hashlib
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from domain.identity import OrderKey
from domain.instants import instant
from domain.log import Log, Row
from ordertrail.project import Projector
from ordertrail.rehearsal.ideal import OLD_GENERATION, Entered, Honest, Ideal, Life
from ordertrail.rehearsal.recorded import recorded
from ordertrail.rehearsal.scenario import Scenario
from ordertrail.rehearsal.scoring import Score, Scorer
from ordertrail.rehearsal.stage import Say, Stage
from ordertrail.rehearsal.virtual import EPOCH, VirtualLoop, VirtualTime
from ordertrail.rehearsal.wire import Taken, Tape

PAGE = 5_000
USED = 0.95
"""Of the budget, while any order is due."""


class Rehearsal:
    """`log` must be empty. `say` gets the share of the time that is over."""

    def __init__(self, scenario: Scenario, log: Log, *, say: Say, logger: logging.Logger) -> None:
        self.score = Score()
        self._scenario = scenario
        self._log = log
        self._say = say
        self._time = VirtualTime()
        self._stage = Stage(scenario, log, self._time, logger)

    def run(self) -> dict[str, object]:
        """What came of it, by the words that people script."""
        with asyncio.Runner(loop_factory=lambda: VirtualLoop(self._time)) as runner:
            runner.run(self._stage.play(self._say))
        self._project()
        lives = {slug: self._lives(slug) for slug in self._scenario.providers}
        for key, looks in _by_order(self._stage.tape, self._stage.keys).items():
            self._judge(key, looks, lives[key.provider])
        return self._told()

    def _project(self) -> None:
        done = Projector(self._log, say=self.score.problems.append).catch_up()
        if done.parked:
            self.score.problems.append(f"{done.parked} orders could not be folded")

    def _judge(self, key: OrderKey, looks: list[Taken], lives: Mapping[str, Life]) -> None:
        life = lives[key.order_id]
        self.score.changes += len(life.entered)
        stream = self._log.registered(*key) or ""
        found = recorded(self._log, stream, self._log.stream(stream), looks)
        Scorer(self.score, key, life, found).judge(_ideal(key.provider, lives, looks))

    def _lives(self, provider: str) -> Mapping[str, Life]:
        truths = self._stage.simulators[provider].truth(self._time.utc)
        return {truth["id"]: _life(truth) for truth in truths}

    def _told(self) -> dict[str, object]:
        scenario, score, tape = self._scenario, self.score, self._stage.tape
        over = sum(look.over_limit for look in tape.looks)
        figures = {name: getattr(score, name) for name in _FIGURES}
        used = self._stage.usage.share
        holds = (
            not (score.forged or score.missed or score.outside or score.wider or over)
            and score.certain == score.inferred
            and score.oddities == score.oddities_recorded
            and (used is None or used >= USED)
            and not score.problems
        )
        return {
            "seed": scenario.seed,
            "orders": scenario.orders,
            "days": scenario.days,
            "faults": sorted(scenario.faults),
            **figures,
            "looks": len(tape.looks),
            "over_budget": over,
            "budget_used": used,
            "uncounted": dict(sorted(score.uncounted.items())),
            "digest": digest(self._log),
            "holds": holds,
        }


_FIGURES = (
    "changes",
    "shown",
    "recorded",
    "certain",
    "inferred",
    "forged",
    "missed",
    "outside",
    "wider",
    "oddities",
    "oddities_recorded",
)


def _life(truth: Mapping[str, Any]) -> Life:
    entered = [Entered(each["state"], instant(each["entered_at"]) - EPOCH) for each in truth["states"]]
    return Life(entered, truth["traits"].get("generation") == OLD_GENERATION)


def _ideal(provider: str, lives: Mapping[str, Life], looks: list[Taken]) -> Ideal:
    honest = Honest(provider, lives)
    for look in sorted(looks, key=lambda look: look.ended):
        if not look.lost:
            honest.take(look)
    return honest.ideal


def _by_order(tape: Tape, keys: list[OrderKey]) -> dict[OrderKey, list[Taken]]:
    found: dict[OrderKey, list[Taken]] = {key: [] for key in keys}
    for look in tape.looks:
        found[look.key].append(look)
    return found


def digest(log: Log) -> str:
    """SHA-256 over all stored events in the log's order, but for their positions."""
    summed = hashlib.sha256()
    for row in _rows(log):
        head = f"{row.stream} {row.order} {row.version} {row.topic} {len(row.state)}\n"
        summed.update(head.encode() + row.state)
    return summed.hexdigest()


def _rows(log: Log) -> Iterator[Row]:
    after = 0
    while rows := log.read(after, PAGE):
        yield from rows
        after = rows[-1].position
