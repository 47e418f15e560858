"""One provider's part of a rehearsal: played in one process, projected, and compared with the truth."""

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.identity import contact_stream
from domain.log import Log
from ordertrail import replay
from ordertrail.project import Projector
from ordertrail.rebuild import rebuild
from ordertrail.rehearsal.ideal import Honest, Ideal, Life
from ordertrail.rehearsal.recorded import Recorded, recorded
from ordertrail.rehearsal.scenario import Scenario
from ordertrail.rehearsal.scoring import Score, Scorer
from ordertrail.rehearsal.stage import Say, Stage
from ordertrail.rehearsal.truth import life_of, truth_of
from ordertrail.rehearsal.virtual import VirtualLoop, VirtualTime
from ordertrail.rehearsal.wire import Taken

PAGE = 1_000
FOLDS = 20
"""How often the read models catch up while it is played."""


@dataclass
class Played:
    """What came of a part. `exercised`: looks by what was done to them, by name; `digest`: SHA-256 of its
    events as `replay` writes them, but for their positions."""

    score: Score = field(default_factory=Score)
    looks: int = 0
    over_budget: int = 0
    sent: int = 0
    allowed: float = 0.0
    exercised: Counter[str] = field(default_factory=Counter)
    digest: str = ""

    def add(self, other: "Played") -> None:
        self.score.add(other.score)
        self.looks += other.looks
        self.over_budget += other.over_budget
        self.sent += other.sent
        self.allowed += other.allowed
        self.exercised += other.exercised


class Part:
    """`log` may hold parts of other providers. `say` gets the share of the time that is over."""

    def __init__(
        self, scenario: Scenario, provider: str, log: Log, *, say: Say, logger: logging.Logger
    ) -> None:
        self.played = Played()
        self._scenario = scenario
        self._provider = provider
        self._log = log
        self._say = say
        self._time = VirtualTime()
        self._stage = Stage(scenario, (provider,), log, self._time, logger)
        self._projector = Projector(log, say=self.played.score.problems.append)
        self._folded = 0

    def play(self) -> Played:
        with asyncio.Runner(loop_factory=lambda: VirtualLoop(self._time)) as runner:
            runner.run(self._stage.play(self._over))
        self._compare_read_models()
        self._judge()
        self._sum_up()
        return self.played

    def _over(self, share: float) -> None:
        self._say(share)
        if share * FOLDS >= self._folded:
            self._folded += 1
            self._projector.catch_up()

    def _compare_read_models(self) -> None:
        """Row by row with a fold of the whole log."""
        score = self.played.score
        done = self._projector.catch_up()
        if done.parked:
            score.problem("read models", f"{done.parked} orders could not be folded")
        rebuilt = rebuild(self._log, switch=False, progress=_silent, say=score.problems.append)
        for one in rebuilt.comparisons:
            if one.changed or one.missing or one.extra:
                differs = f"{one.changed} rows differ, {one.missing} are missing, {one.extra} too many"
                score.problem(f"read model {one.model}", differs)

    def _judge(self) -> None:
        simulator = self._stage.simulators[self._provider]
        truths = {truth["id"]: truth for truth in simulator.truth(self._time.utc)}
        lives = {order_id: life_of(truth) for order_id, truth in truths.items()}
        looks: dict[str, list[Taken]] = {key.order_id: [] for key in self._stage.keys}
        for look in self._stage.tape.looks:
            looks[look.key.order_id].append(look)
        version = self._scenario.api_version(self._provider) or ""
        for key in self._stage.keys:
            taken = looks[key.order_id]
            shown = simulator.appearances(key.order_id, self._time.utc, version)
            stream = self._log.registered(*key) or ""
            found = recorded(self._log, stream, self._log.stream(stream), taken, simulator.watched)
            truth = truth_of(lives[key.order_id], shown, taken)
            ideal = self._ideal(lives, taken, found)
            Scorer(self.played.score, key, truth, found, self._scenario.allowance).judge(ideal)

    def _ideal(self, lives: Mapping[str, Life], looks: list[Taken], found: Recorded) -> Ideal:
        honest = Honest(self._provider, lives, self._scenario.allowance, found.told)
        for look in sorted(looks, key=lambda look: look.ended):
            if not look.lost:
                honest.take(look)
        return honest.ideal

    def _sum_up(self) -> None:
        played, looks = self.played, self._stage.tape.looks
        played.looks = len(looks)
        played.over_budget = sum(look.over_limit for look in looks)
        played.sent, played.allowed = self._stage.usage.sent, self._stage.usage.allowed
        played.exercised = Counter(look.fault for look in looks if look.fault is not None)
        played.exercised += self._stage.exercised
        played.digest = digest(self._log, self._provider)


def digest(log: Log, provider: str) -> str:
    summed, after = hashlib.sha256(), 0
    while rows := log.read(after, PAGE):
        after = rows[-1].position
        own = [row._replace(position=0) for row in rows if _is_of(row.stream, provider)]
        summed.update(replay.lines(log.id, own))
    return summed.hexdigest()


def _is_of(stream: str, provider: str) -> bool:
    return stream.startswith(f"{provider}-") or stream == contact_stream(provider)


def _silent(_: int, __: int) -> None:
    """Nobody watches."""
