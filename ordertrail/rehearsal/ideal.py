"""What an honest record of the looks at one order says: all that they show, and nothing they leave open.

Worked out from the simulator's own marks, never from a body: which order's truth an answer told, and of when.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from domain.instants import SECOND, Instant
from domain.watch import PATIENCE
from ordertrail.rehearsal.lives import certain, leads, told_by_flags
from ordertrail.rehearsal.wire import Came, Taken
from simulators import Fault

OLD_GENERATION = 2023


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


class Sort(StrEnum):
    """What an answer that shows no state is."""

    UNRECOGNISED = "unrecognised"
    REJECTED = "rejected"
    WRONG_ORDER = "wrong_order"
    CONTRADICTED = "contradicted"
    NOT_FOUND = "not_found"
    TIMEOUT = "timeout"
    CUT = "cut"
    CONNECT = "connect"
    RATE_LIMITED = "rate_limited"
    PROVIDER = "provider"


class Oddity(NamedTuple):
    sort: Sort
    look: Taken


@dataclass(frozen=True, slots=True)
class Step:
    """A change that the looks show, or make certain.

    `proofs`: the last look of the same worker that showed the state before, or the one that gave that state,
    and all later ones of others, which it may know of. Empty for an order's first state.
    """

    target: str
    inferred: bool
    proofs: Sequence[Taken]
    look: Taken


@dataclass
class Ideal:
    """`mistaken`: the first look that nobody could tell from one at this order."""

    steps: list[Step] = field(default_factory=list)
    oddities: list[Oddity] = field(default_factory=list)
    late: int = 0
    mistaken: Taken | None = None


_SORTS = {
    Fault.UNKNOWN_WORD: Sort.UNRECOGNISED,
    Fault.MALFORMED: Sort.REJECTED,
    Fault.DOUBLED: Sort.REJECTED,
    Fault.WRONG_TYPE: Sort.REJECTED,
    Fault.VANISHED_STATE: Sort.REJECTED,
    Fault.OTHER_ORDER: Sort.WRONG_ORDER,
    Fault.SERVER_ERROR: Sort.PROVIDER,
    Fault.SERVER_ERROR_HTML: Sort.PROVIDER,
    Fault.SERVER_ERROR_EMPTY: Sort.PROVIDER,
    Fault.ERROR_IN_200: Sort.PROVIDER,
    Fault.TOO_MANY_REQUESTS: Sort.RATE_LIMITED,
    Fault.TOO_MANY_REQUESTS_BARE: Sort.RATE_LIMITED,
    Fault.TOO_MANY_REQUESTS_DATE: Sort.RATE_LIMITED,
}
_UNDOCUMENTED_ERRORS = frozenset({"xverse"})
"""Their errors can't be told from a body that lacks its state."""

_CAME = {Came.TIMEOUT: Sort.TIMEOUT, Came.CUT: Sort.CUT, Came.CONNECT: Sort.CONNECT}


def sort_of(look: Taken) -> Sort | None:
    """None for an answer that shows where an order stands."""
    if look.came in _CAME:
        return _CAME[look.came]
    if look.over_limit:
        return Sort.RATE_LIMITED
    if look.fault is not None and (sort := _SORTS.get(Fault(look.fault))) is not None:
        unknown = look.fault == Fault.ERROR_IN_200 and look.key.provider in _UNDOCUMENTED_ERRORS
        return Sort.REJECTED if unknown else sort
    return Sort.NOT_FOUND if look.told is None else None


def start_of(look: Taken, allowance: int = 0) -> int:
    """The earliest moment that an answer can show, as far as it admits; microseconds since the start."""
    admitted = 0 if look.age is None else look.age + 1
    return look.started - max(admitted, allowance) * SECOND


class Honest:
    """Looks go in one after another, as they ended; what they add up to comes out."""

    def __init__(self, provider: str, lives: Mapping[str, Life], allowance: int = 0) -> None:
        self.ideal = Ideal()
        self._provider = provider
        self._lives = lives
        self._allowance = allowance
        self._state: str | None = None
        self._proofs: list[Taken] = []
        self._given: Taken | None = None

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
            self._move([word], look)
        elif word == self._state:
            self._proofs.append(look)
        elif at_least and leads(self._provider, word, self._state):
            return
        elif self._may_be_old(look) and leads(self._provider, word, self._state):
            self.ideal.late += 1
        elif steps := certain(self._provider, self._state, word):
            self._move(steps, look)
        elif self._may_be_old(look):
            self.ideal.late += 1
        else:
            self.ideal.oddities.append(Oddity(Sort.CONTRADICTED, look))

    def _may_be_old(self, look: Taken) -> bool:
        given = self._given
        if given is None:
            return False
        if look.clock == given.clock:
            return start_of(look, self._allowance) < given.ended
        return self._wall(look) < given.answered

    def _wall(self, look: Taken) -> Instant:
        """The earliest moment it can show, by the clock that timed it."""
        return look.asked - look.started + start_of(look, self._allowance)

    def _later(self, one: Taken, other: Taken) -> bool:
        """As far as their clocks can tell."""
        if one.clock == other.clock:
            return start_of(one, self._allowance) >= start_of(other, self._allowance)
        return self._wall(one) >= self._wall(other)

    def _known_to(self, worker: str) -> list[Taken]:
        """Of the looks that showed the present state, those that this worker's next step may begin at."""
        best: Taken | None = None
        for look in self._proofs:
            if look.process.worker == worker and (best is None or self._later(look, best)):
                best = look
        if best is None:
            return self._proofs
        least = self._wall(best) - PATIENCE.clock_error
        others = [
            look for look in self._proofs if look.process.worker != worker and self._wall(look) >= least
        ]
        return [best, *others]

    def _move(self, steps: Sequence[str], look: Taken) -> None:
        proofs = self._known_to(look.process.worker)
        self.ideal.steps += [Step(step, step != steps[-1], proofs, look) for step in steps]
        self._state, self._proofs, self._given = steps[-1], [look], look
