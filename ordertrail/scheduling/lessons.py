"""What a look teaches, and where its order stands after it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ordertrail.scheduling.facts import UNSEEN, Facts
from ordertrail.scheduling.kinds import Kind, Kinds
from ordertrail.scheduling.learning import Learner
from ordertrail.scheduling.records import NEVER, Record
from ordertrail.scheduling.standing import aimed, begun, estimate, first_seen, rated, stands

_FRESH = 100
"""Lives after which moments are drawn by what was learned of them."""


class Sight(NamedTuple):
    """A look that showed an order in a class that it had entered since the look before, by way of `steps`,
    this class last. `facts` has the interval."""

    facts: Facts
    steps: Sequence[str]


class Life(NamedTuple):
    """What looks showed of an order, on any clock, in seconds; `until`: the end of the last of them."""

    sights: Sequence[Sight]
    until: float


class Lessons:
    def __init__(self, kinds: Kinds, learner: Learner) -> None:
        self._kinds = kinds
        self._learner = learner

    def kind(self, facts: Facts) -> Kind:
        return self._kinds.of(facts.state, facts.watching, facts.deadline is not None)

    def shown(
        self, kind: Kind, record: Record, facts: Facts | None, steps: Sequence[str], now: float
    ) -> tuple[Kind, Record]:
        """Learn from a look that ended `now` at an order of this class, as `Schedule.looked` has it."""
        if facts is None:
            return kind, rated(record, bool(steps), now)
        after = self.kind(facts)
        first = record.last == NEVER or kind.state == UNSEEN
        if first:
            facts = first_seen(facts, record.entered)
            entered = estimate(facts, after)
            after.dwell.sights += 1
        elif kind.recurring or after.recurring:
            record = rated(record, bool(steps), now)
            entered = record.entered if after is kind else estimate(facts, after)
        elif steps:
            path = [self._kinds.of(step, after.watching, False) for step in steps[:-1]]
            path.append(after)
            entered = self._learner.moved(kind, path, record.entered, record.deadline, record.last, now)
        else:
            self._learner.stayed(kind, record.entered, record.deadline, record.last, now)
            entered = record.entered if after.state == kind.state else estimate(facts, after)
        if first or after is not kind:
            aimed(after, facts, entered)
        return after, self.told(record, after, facts, entered)

    def study(self, lives: Iterable[Life]) -> None:
        """Learn from orders that are not in the schedule."""
        for number, life in enumerate(lives, 1):
            self._study(life)
            if number % _FRESH == 0:
                self._refresh()
        self._refresh()

    def told(self, record: Record, kind: Kind, facts: Facts, entered: float) -> Record:
        """The record of an order that is in this class now."""
        if kind.number != record.kind:
            self._kinds.all[record.kind].orders -= 1
            kind.orders += 1
        return stands(record, kind, facts, entered)

    def _study(self, life: Life) -> None:
        first, *others = life.sights
        kind, last = self.kind(first.facts), first.facts.entered_by
        record = begun(first.facts, kind, last, last)
        kind.orders += 1
        kind.dwell.sights += 1
        aimed(kind, first.facts, record.entered)
        for facts, steps in others:
            before, last = facts.entered_after, max(last, facts.entered_by)
            if before is not None and before > record.last:
                self._learner.stayed(kind, record.entered, record.deadline, record.last, min(before, last))
                record = record._replace(last=min(before, last))
            kind, record = self.shown(kind, record, facts, steps, last)
            record = record._replace(last=last)
        self._learner.stayed(kind, record.entered, record.deadline, last, max(last, life.until))
        kind.orders -= 1

    def _refresh(self) -> None:
        for kind in self._kinds:
            kind.refresh()
