"""What an honest record of the looks at one order says: all that they show, and nothing they leave open.

Worked out from the simulator's own marks, never from a body: which order's truth an answer told, and of when.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from domain.instants import SECOND, Instant
from domain.watch import PATIENCE
from ordertrail.rehearsal.lives import certain, leads, told_by_flags
from ordertrail.rehearsal.oddities import Oddity, Sort, sort_of
from ordertrail.rehearsal.wire import Taken
from simulators import Fault
from simulators.details import Shown

OLD_GENERATION = 2023
GONE = "(gone)"
"""What a detail is that is shown no more."""

Told = tuple[Instant, Instant]
"""When a look was asked and answered, by its own clock: what names it in the log."""


class Entered(NamedTuple):
    """A state an order truly entered; in microseconds since the start."""

    state: str
    at: int


class Life(NamedTuple):
    """The truth of one order. `by_flags`: it never says its state, only raises flags."""

    entered: Sequence[Entered]
    by_flags: bool

    def word(self, state: str) -> str:
        """What it shows in a state; one that only raises flags is in none twice."""
        if not self.by_flags:
            return state
        states = [each.state for each in self.entered]
        return told_by_flags(states[: states.index(state) + 1])


@dataclass(frozen=True, slots=True)
class Step:
    """A change that the looks show, or make certain: of the state, or of the detail under `path`.

    `proofs`: the last look of the same worker that showed the state before, or the one that gave that state,
    and all later ones of others, which it may know of. Empty for an order's first state. `before`: the look
    that showed the details as they were.
    """

    target: Shown
    inferred: bool
    proofs: Sequence[Taken]
    look: Taken
    path: str | None = None
    before: Taken | None = None


@dataclass
class Ideal:
    """`mistaken`: the first look that nobody could tell from one at this order."""

    steps: list[Step] = field(default_factory=list)
    oddities: list[Oddity] = field(default_factory=list)
    late: int = 0
    mistaken: Taken | None = None


class Honest:
    """Looks go in one after another, as they ended; what they add up to comes out.

    `told` are the looks that the log's events name: where two workers look at once, a look is late only for
    who knows of the other's, and only the log says who did.
    """

    def __init__(
        self,
        provider: str,
        lives: Mapping[str, Life],
        allowance: int = 0,
        told: Collection[Told] = (),
    ) -> None:
        self.ideal = Ideal()
        self._provider = provider
        self._lives = lives
        self._allowance = allowance
        self._told = told
        self._state: str | None = None
        self._details: Mapping[str, Shown] = {}
        self._detailed: Taken | None = None
        self._given: Taken | None = None
        self._given_by = 0
        self._own: dict[str, Taken] = {}
        self._proofs: list[Taken] = []
        self._maybe: list[Taken] = []

    def take(self, look: Taken) -> None:
        sort = sort_of(look)
        if sort is not None:
            self.ideal.oddities.append(Oddity(sort, look))
        elif look.told is not None:
            life = self._lives[look.told.order]
            self._shown(life.word(look.told.state), look, at_least=life.by_flags)

    def _shown(self, word: str, look: Taken, *, at_least: bool) -> None:
        if look.fault == Fault.OTHER_ORDER_NAMELESS:
            self.ideal.mistaken = self.ideal.mistaken or look
        if self._state is None:
            self._accept([word], look, proves=True)
            return
        backward = leads(self._provider, word, self._state)
        agrees = word == self._state or (at_least and backward)
        steps = () if agrees else certain(self._provider, self._state, word)
        if self._is_late(look) and (not steps or backward):
            self.ideal.late += 1
            if word == self._state and self._shows(look) == self._details:
                self._maybe.append(look)
        elif not agrees and not steps:
            self.ideal.oddities.append(Oddity(Sort.CONTRADICTED, look, word))
        else:
            self._accept(steps, look, proves=bool(steps) or word == self._state)

    def _accept(self, steps: Sequence[str], look: Taken, *, proves: bool) -> None:
        shown = self._shows(look)
        if steps or shown is not self._details:
            proofs = self._known_to(look)
            self.ideal.steps += [Step(step, step != steps[-1], proofs, look) for step in steps]
            self.ideal.steps += self._changed(shown, proofs, look)
            self._details = shown
        self._detailed = look
        if steps:
            self._given_by = max([look.answered, *(self._high(proof, look) for proof in proofs)])
            self._state, self._given = steps[-1], look
            self._proofs, self._maybe = [], []
            self._own = dict.fromkeys([*self._own, look.process.worker], look)
        if proves:
            self._proofs.append(look)
            before = self._own.get(look.process.worker)
            if before is None or self._later(look, before):
                self._own[look.process.worker] = look

    def _changed(self, shown: Mapping[str, Shown], proofs: Sequence[Taken], look: Taken) -> Iterator[Step]:
        before = self._details
        for path in sorted(before.keys() | shown.keys()):
            value = shown.get(path, GONE)
            if path not in before or before[path] != value or type(before[path]) is not type(value):
                yield Step(value, False, proofs, look, path, self._detailed)

    @staticmethod
    def _shows(look: Taken) -> Mapping[str, Shown]:
        return {} if look.told is None else look.told.details

    def _is_late(self, look: Taken) -> bool:
        given = self._given
        if given is None:
            return False
        if look.clock == given.clock:
            late = start_of(look, self._allowance) < given.ended
            doubtful = False
        else:
            error = PATIENCE.clock_error
            late = self._wall(look) < given.answered + error
            doubtful = not late and self._wall(look) < self._given_by + error
        own = self._own.get(look.process.worker)
        late = late or (own is not None and not self._later(look, own))
        if late:
            return True
        others = (proof for worker, proof in self._own.items() if worker != look.process.worker)
        doubtful = doubtful or any(not self._later(look, proof) for proof in others)
        return doubtful and (look.asked, look.answered) not in self._told

    def _wall(self, look: Taken) -> Instant:
        """The earliest moment it can show, by the clock that timed it."""
        return look.asked - look.started + start_of(look, self._allowance)

    def _later(self, one: Taken, other: Taken) -> bool:
        """As far as their clocks can tell."""
        if one.clock == other.clock:
            return start_of(one, self._allowance) >= start_of(other, self._allowance)
        return self._wall(one) >= self._wall(other)

    def _high(self, proof: Taken, look: Taken) -> Instant:
        return look.answered + widening(proof, look)

    def _known_to(self, look: Taken) -> list[Taken]:
        """Of the looks that showed the present state, those that this worker's next step may begin at."""
        best = self._own.get(look.process.worker)
        if best is None:
            return [*self._proofs, *self._maybe]
        least = self._wall(best) - PATIENCE.clock_error
        others = [
            proof
            for proof in (*self._proofs, *self._maybe)
            if proof is not best
            and (proof.process.worker != look.process.worker or proof in self._maybe)
            and self._wall(proof) >= least
        ]
        return [best, *others]


def start_of(look: Taken, allowance: int = 0) -> int:
    """The earliest moment that an answer can show, as far as it admits; microseconds since the start."""
    admitted = 0 if look.age is None else look.age + 1
    return look.started - max(admitted, allowance) * SECOND


def widening(proof: Taken, look: Taken) -> int:
    """What their clocks moved between the two, or may differ by."""
    return abs(look.error - proof.error) if look.clock == proof.clock else PATIENCE.clock_error
