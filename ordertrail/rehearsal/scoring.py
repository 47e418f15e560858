"""The log against the truth, and against what an honest record of the same looks says."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.identity import OrderKey
from domain.instants import Instant, text_or_none
from ordertrail.rehearsal.ideal import Ideal, Life, Oddity, Sort, Step, start_of
from ordertrail.rehearsal.recorded import Change, Recorded
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
    """`problems` tell the first of what went wrong, for people."""

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

    def problem(self, key: OrderKey, words: str) -> None:
        if len(self.problems) < EXAMPLES:
            self.problems.append(f"{key}: {words}")


class Scorer:
    """One order at a time."""

    def __init__(self, score: Score, key: OrderKey, life: Life, recorded: Recorded) -> None:
        self._score = score
        self._key = key
        self._life = life
        self._recorded = recorded
        self._mistaken: Taken | None = None

    def judge(self, ideal: Ideal) -> None:
        self._mistaken = ideal.mistaken
        self._steps(ideal.steps)
        self._oddities(ideal.oddities)

    def _steps(self, steps: Sequence[Step]) -> None:
        left = {(c.target, c.inferred, c.asked, c.answered): c for c in self._recorded.changes}
        for step in steps:
            self._count("certain" if step.inferred else "shown")
            change = left.pop((step.target, step.inferred, step.look.asked, step.look.answered), None)
            if change is None:
                self._wrong("missed", f"{_words(step)} is not in the log", None)
            else:
                self._count("inferred" if step.inferred else "recorded")
                self._interval(step, change)
        for change in left.values():
            self._wrong("forged", f"version {change.version} tells {change.target}, and no look does", None)

    def _interval(self, step: Step, change: Change) -> None:
        low, high = _tightest(step)
        told = f"({text_or_none(change.not_before)}, {text_or_none(change.not_after)}]"
        honest = f"({text_or_none(low)}, {text_or_none(high)}]"
        words = f"version {change.version} {_words(step)} in {told}, honest is {honest}"
        if not self._was_true(step, change):
            self._wrong("outside", words, self._excuse(step))
        elif _below(change.not_before, low) or change.not_after > high:
            self._wrong("wider", words, None)
        elif (change.not_before, change.not_after) != (low, high):
            self._wrong("outside", f"{words}: more than its looks can show", None)

    def _was_true(self, step: Step, change: Change) -> bool:
        entries = [each for each in self._life.entered if each.state == step.target]
        low = change.not_before
        errors = {step.look.error, step.look.error if step.since is None else step.since.error}
        return all(
            any(
                (low is None or low < EPOCH + each.at + error) and EPOCH + each.at + error <= change.not_after
                for each in entries
            )
            for error in errors
        )

    def _excuse(self, step: Step) -> str | None:
        """Why nobody could have known better."""
        looks = [step.look] if step.since is None else [step.look, step.since]
        if any(look.fault in _SILENT for look in looks):
            return "stale_without_age"
        if self._mistaken is not None and self._mistaken.ended <= step.look.ended:
            return "other_order_without_id"
        return None

    def _oddities(self, oddities: Sequence[Oddity]) -> None:
        self._count("oddities", len(oddities))
        counted: Counter[Sort] = Counter()
        for oddity in oddities:
            if oddity.sort in _COUNTERS:
                counted[oddity.sort] += 1
            elif self._open(oddity):
                self._count("oddities_recorded")
            else:
                self._score.problem(self._key, f"{oddity.sort} at {_when(oddity.look)} left no trace")
        for sort, expected in counted.items():
            found = sum(self._recorded.counts.get(kind, 0) for kind in _COUNTERS[sort])
            self._count("oddities_recorded", min(found, expected))
            if found < expected:
                self._score.problem(self._key, f"{found} of {expected} looks are counted as {sort}")

    def _open(self, oddity: Oddity) -> bool:
        answered = oddity.look.answered
        return any(
            odd.sort == oddity.sort
            and odd.answered <= answered
            and (odd.resolved is None or answered < odd.resolved)
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


def _tightest(step: Step) -> tuple[Instant | None, Instant]:
    since = step.since
    low = None if since is None else EPOCH + start_of(since) + since.error
    return low, step.look.answered


def _below(one: Instant | None, other: Instant | None) -> bool:
    if one is None or other is None:
        return one is None and other is not None
    return one < other


def _words(step: Step) -> str:
    return f"{step.target}{' (inferred)' if step.inferred else ''} at {_when(step.look)}"


def _when(look: Taken) -> str:
    return text_or_none(look.answered) or ""
