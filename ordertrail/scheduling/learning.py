"""What looks teach: time spent in a class, and steps out of it."""

from collections.abc import Sequence
from random import Random

from ordertrail.scheduling.draws import Before, drawn_path
from ordertrail.scheduling.kinds import Kind


class Learner:
    """`learns` False: the hazards stay as they are, moments are drawn all the same."""

    def __init__(self, rng: Random, *, learns: bool) -> None:
        self._rng = rng
        self._learns = learns
        self.changes = 0
        """Since the beginning."""

    def stayed(self, kind: Kind, entered: float, deadline: float, last: float, now: float) -> None:
        """An order was in the class from the end of one look to that of the next."""
        if not self._learns:
            return
        dwell, place = kind.dwell, kind.dwell.ages.place
        start = last if last > entered else entered
        if dwell.after is not None and now > deadline:
            if start < deadline:
                ages = start - entered, deadline - entered
                dwell.before.exposed(ages[0], place(ages[0]), ages[1], place(ages[1]))
                start = deadline
            ages = start - deadline, now - deadline
            dwell.after.exposed(ages[0], place(ages[0]), ages[1], place(ages[1]))
        elif now > start:
            ages = start - entered, now - entered
            dwell.before.exposed(ages[0], place(ages[0]), ages[1], place(ages[1]))

    def moved(
        self, kind: Kind, path: Sequence[Kind], entered: float, deadline: float, last: float, now: float
    ) -> float:
        """It left the class within (last, now] and passed through others, the last of which it is in.

        When it entered that, as estimated. A class that was only ever passed through unseen learns nothing.
        """
        before = Before(kind.curve, entered, kind.late if deadline < now else None, deadline)
        states = [step.state for step in path]
        curves = [step.curve for step in path]
        moments, entry = drawn_path(before, states, curves, max(last, entered), now, self._rng)
        self.changes += 1
        self._left(kind, states[0], entered, deadline, last, moments[0])
        kind.noted(now - moments[0])
        for step, target, began, left in zip(path, states[1:], moments, moments[1:], strict=False):
            step.noted(now - left)
            if step.dwell.sights:
                self._left(step, target, began, float("inf"), began, left)
        path[-1].dwell.sights += 1
        self.stayed(path[-1], entry, float("inf"), entry, now)
        return entry

    def _left(
        self, kind: Kind, target: str, entered: float, deadline: float, last: float, moment: float
    ) -> None:
        self.stayed(kind, entered, deadline, last, moment)
        if self._learns:
            late = kind.dated and moment > deadline
            age = moment - (deadline if late else entered)
            kind.dwell.changed(target, kind.dwell.ages.place(age), late=late)
