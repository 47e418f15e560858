"""The log against the truth, and against what an honest record of the same looks says."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from domain.identity import OrderKey
from domain.instants import Instant, text_or_none
from domain.watch import PATIENCE
from ordertrail.rehearsal.ideal import Ideal, Step, start_of, widening
from ordertrail.rehearsal.oddities import Oddity, Sort
from ordertrail.rehearsal.recorded import Change, Recorded
from ordertrail.rehearsal.truth import Truth
from ordertrail.rehearsal.virtual import EPOCH
from ordertrail.rehearsal.wire import Taken
from simulators import Fault

EXAMPLES = 20
_COUNTERS: Mapping[Sort, frozenset[str]] = {
    Sort.TIMEOUT: frozenset({"timeout"}),
    Sort.CUT: frozenset({"cut"}),
    Sort.CONNECT: frozenset({"connect"}),
    Sort.RATE_LIMITED: frozenset({"rate_limited"}),
    Sort.NOT_FOUND: frozenset({"not_found"}),
    Sort.PROVIDER: frozenset({"http_500", "http_502", "http_503", "http_504", "provider_error"}),
}
_SILENT = frozenset({Fault.REGRESSION, Fault.STALE})
"""They show an older moment and admit no age."""


@dataclass
class Score:
    """`changes` are the truth's, of states and details. `problems` tell the first of what went wrong."""

    changes: int = 0
    shown: int = 0
    recorded: int = 0
    certain: int = 0
    inferred: int = 0
    forged: int = 0
    missed: int = 0
    outside: int = 0
    wider: int = 0
    oddities: int = 0
    oddities_recorded: int = 0
    uncounted: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def problem(self, about: object, words: str) -> None:
        if len(self.problems) < EXAMPLES:
            self.problems.append(f"{about}: {words}")

    def add(self, other: "Score") -> None:
        for name in FIGURES:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.uncounted += other.uncounted
        self.problems = [*self.problems, *other.problems][:EXAMPLES]

    @property
    def holds(self) -> bool:
        return (
            not (self.forged or self.missed or self.outside or self.wider or self.problems)
            and (self.certain, self.shown) == (self.inferred, self.recorded)
            and self.oddities == self.oddities_recorded
        )


FIGURES = tuple(each.name for each in fields(Score) if each.name not in ("uncounted", "problems"))


class Scorer:
    """One order at a time. `allowance`: seconds by which answers may be old without saying so."""

    def __init__(
        self, score: Score, key: OrderKey, truth: Truth, recorded: Recorded, allowance: int = 0
    ) -> None:
        self._score = score
        self._key = key
        self._truth = truth
        self._recorded = recorded
        self._allowance = allowance
        self._mistaken: Taken | None = None

    def judge(self, ideal: Ideal) -> None:
        self._score.changes += self._truth.changes
        self._mistaken = ideal.mistaken
        self._steps(ideal.steps)
        self._oddities(ideal.oddities)

    def _steps(self, steps: Sequence[Step]) -> None:
        left = {(c.path, c.target, c.inferred, c.asked, c.answered): c for c in self._recorded.changes}
        for step in steps:
            self._count("certain" if step.inferred else "shown")
            named = (step.path, step.target, step.inferred, step.look.asked, step.look.answered)
            change = left.pop(named, None)
            if change is None:
                self._wrong("missed", f"{_words(step)} is not in the log", None)
            else:
                self._count("inferred" if step.inferred else "recorded")
                self._interval(step, change)
        for change in left.values():
            said = f"{change.path or 'state'} {change.target}"
            self._wrong("forged", f"version {change.version} tells {said}, and no look does", None)

    def _interval(self, step: Step, change: Change) -> None:
        """It is right if it contains the change and is what one of its proofs makes of it."""
        given = (change.not_before, change.not_after)
        proofs: Sequence[Taken | None] = step.proofs or [None]
        honest = [self._tightest(proof, step.look) for proof in proofs]
        chosen = honest.index(given) if given in honest else 0
        words = (
            f"version {change.version} {_words(step)} in {_told(given)}, honest is {_told(honest[chosen])}"
        )
        if not self._was_true(step, change, proofs[chosen]):
            self._wrong("outside", words, self._excuse(step, proofs[chosen]))
        elif given not in honest:
            low, high = honest[0]
            wide = _below(change.not_before, low) or change.not_after > high
            self._wrong("wider" if wide else "outside", words, None)

    def _tightest(self, proof: Taken | None, look: Taken) -> tuple[Instant | None, Instant]:
        """By the clocks that timed the looks, wider by what these moved or may differ between them."""
        if proof is None:
            return None, look.answered
        moved = widening(proof, look)
        low, high = EPOCH + start_of(proof, self._allowance) + proof.error - moved, look.answered + moved
        return min(low, high), high

    def _was_true(self, step: Step, change: Change, proof: Taken | None) -> bool:
        """Whichever of the two clocks that timed the interval tells the time of the change."""
        entries = self._truth.when(step.path, step.target)
        return all(
            any(_within(change, EPOCH + entry + error) for entry in entries)
            for error in {step.look.error, (proof or step.look).error}
        )

    def _excuse(self, step: Step, proof: Taken | None) -> str | None:
        """Why nobody could have known better."""
        looks = [look for look in (step.look, proof, step.before) if look is not None]
        if any(look.fault in _SILENT for look in looks):
            return "stale_without_age"
        if any(look.fault == Fault.OTHER_ORDER_NAMELESS for look in looks) or self._lost_its_way(step):
            return "other_order_without_id"
        if proof is not None and proof.clock != step.look.clock and not _clocks_agree(step.look, proof):
            return "clock_stepped_while_down"
        return None

    def _lost_its_way(self, step: Step) -> bool:
        """A look at another order may have given this one a state that it never had."""
        since = self._mistaken
        return step.path is None and since is not None and since.ended <= step.look.ended

    def _oddities(self, oddities: Sequence[Oddity]) -> None:
        self._count("oddities", len(oddities))
        counted: Counter[Sort] = Counter()
        for oddity in oddities:
            if oddity.sort in _COUNTERS:
                counted[oddity.sort] += 1
            elif self._open(oddity):
                self._count("oddities_recorded")
            else:
                said = f"{oddity.sort} {oddity.word or ''}".strip()
                self._score.problem(self._key, f"{said} at {_when(oddity.look)} left no trace")
        for sort, expected in counted.items():
            found = sum(self._recorded.counts.get(kind, 0) for kind in _COUNTERS[sort])
            self._count("oddities_recorded", min(found, expected))
            if found != expected:
                self._score.problem(self._key, f"{found} of {expected} looks are counted as {sort}")

    def _open(self, oddity: Oddity) -> bool:
        at = oddity.look.ended
        return any(
            odd.sort == oddity.sort
            and (oddity.word is None or odd.word == oddity.word)
            and odd.since <= at
            and (odd.until is None or at <= odd.until)
            for odd in self._recorded.odd
        )

    def _count(self, name: str, by: int = 1) -> None:
        setattr(self._score, name, getattr(self._score, name) + by)

    def _wrong(self, name: str, words: str, excuse: str | None) -> None:
        if excuse is not None:
            self._score.uncounted[excuse] += 1
        else:
            self._count(name)
            self._score.problem(self._key, f"{name}: {words}")


def _within(change: Change, at: Instant) -> bool:
    return (change.not_before is None or change.not_before < at) and at <= change.not_after


def _clocks_agree(one: Taken, other: Taken) -> bool:
    return abs(one.error - other.error) <= PATIENCE.clock_error


def _told(interval: tuple[Instant | None, Instant]) -> str:
    return f"({text_or_none(interval[0])}, {text_or_none(interval[1])}]"


def _below(one: Instant | None, other: Instant | None) -> bool:
    if one is None or other is None:
        return one is None and other is not None
    return one < other


def _words(step: Step) -> str:
    what = f"{step.path} " if step.path else ""
    return f"{what}{step.target}{' (inferred)' if step.inferred else ''} at {_when(step.look)}"


def _when(look: Taken) -> str:
    return text_or_none(look.answered) or ""
