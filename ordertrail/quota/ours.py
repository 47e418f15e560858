"""The schedule that Ordertrail runs on as one policy among others, told what providers' answers tell."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ordertrail.quota.bound import Class, Relaxed
from ordertrail.quota.fleets import Fleet, Kind, Stay
from ordertrail.quota.inspection import Checked, smeared
from ordertrail.quota.laws import Numbers
from ordertrail.quota.paths import Paths
from ordertrail.scheduling.facts import UNSEEN, Expectation, Facts, Law, Priors
from ordertrail.scheduling.schedule import Schedule


class Ours:
    """A Schedule that is asked by the world. Orders' ids are their numbers, as text."""

    def __init__(self, name: str, paths: Paths, schedule: Schedule) -> None:
        self.name = name
        self.schedule = schedule
        self._stays = list(paths.fleet.stays())
        self._words = [f"{kind.name}/{state}" for kind, state in paths.fleet.classes]
        self._ids = [str(order) for order in range(len(paths))]
        self._last: dict[int, float] = {}
        self._first: dict[int, tuple[int, float]] = {}
        self.tend = schedule.tend
        self.next_due = schedule.next_due

    def add(self, order: int, code: int, after: float, by: float, now: float, entered: float) -> None:
        self._last[order] = now
        self.schedule.add(self._ids[order], self._facts(code, after, by, entered), now, last=now)

    def arrive(self, order: int, code: int, now: float, entered: float) -> None:
        self._first[order] = code, entered
        self.schedule.add(self._ids[order], Facts(UNSEEN, None, now), now)

    def remove(self, order: int) -> None:
        self._first.pop(order, None)
        self.schedule.remove(self._ids[order])

    def take(self, now: float) -> int | None:
        found = self.schedule.take(now, early=True)
        return None if found is None else int(found)

    def unchanged(self, order: int, now: float) -> None:
        self._last[order] = now
        if order in self._first:
            code, entered = self._first[order]
            self.changed(order, (code,), now, entered)
        else:
            self.schedule.looked(self._ids[order], None, (), now)

    def changed(self, order: int, codes: Sequence[int], now: float, entered: float) -> None:
        first = self._first.pop(order, None)
        facts = self._facts(codes[-1], None if first else self._last[order], now, entered)
        self._last[order] = now
        self.schedule.looked(self._ids[order], facts, [self._words[code] for code in codes], now)

    def failed(self, order: int, now: float) -> None:
        self.schedule.failed(self._ids[order], now)

    def _facts(self, code: int, after: float | None, by: float, entered: float) -> Facts:
        stay = self._stays[code]
        deadline = None if stay.deadline is None else entered + stay.deadline
        return Facts(self._words[code], after, by, deadline=deadline, watching=stay.watched)


def learned(
    paths: Paths, budget: float, *, factor: float = 1.0, bound: float | None = None, seed: int = 0
) -> Ours:
    """It knows how long states last on average, times `factor`, and what may follow; it learns the rest."""
    priors = Priors(
        {word: _expectation(kind, stay, factor) for word, kind, state, stay in _classes(paths.fleet)}
    )
    return Ours("learned", paths, Schedule(rate=budget / 60, priors=priors, bound=bound, seed=seed))


def told(
    paths: Paths, budget: float, *, blurs: Mapping[Class, float], bound: float | None = None, seed: int = 0
) -> Ours:
    """It knows the laws, for ages known to so many seconds in each class; it learns nothing."""
    expected: dict[str, Expectation] = {}
    for word, kind, state, stay in _classes(paths.fleet):
        laws = _laws(kind, stay, blurs.get((kind.name, state), 0.0))
        expected[word] = _expectation(kind, stay, 1.0, laws)
    schedule = Schedule(rate=budget / 60, priors=Priors(expected), bound=bound, learns=False, seed=seed)
    return Ours("told", paths, schedule)


def _classes(fleet: Fleet) -> list[tuple[str, Kind, str, Stay]]:
    return [(f"{kind.name}/{state}", kind, state, kind.stay(state)) for kind, state in fleet.classes]


def _expectation(kind: Kind, stay: Stay, factor: float, laws: Mapping[str, Law] | None = None) -> Expectation:
    shares = sum(exit.share for exit in stay.exits)
    mean = sum(exit.share * exit.dwell.mean for exit in stay.exits) / shares if shares else 600.0
    then: dict[str, float] = {}
    for exit in stay.exits:
        word = f"{kind.name}/{exit.to}"
        then[word] = then.get(word, 0.0) + exit.share
    return Expectation(
        dwell=max(mean * factor, 1.0),
        then=then,
        after_deadline={} if stay.deadline is None else {f"{kind.name}/{stay.late}": 1.0},
        stop=stay.watch_for if math.isfinite(stay.watch_for) else None,
        watching=stay.watched,
        laws=laws or None,
    )


def _laws(kind: Kind, stay: Stay, blur: float) -> Mapping[str, Law]:
    def law(to: str) -> Law:
        exits = [exit for exit in stay.exits if exit.to == to]

        def below(ages: Numbers) -> Numbers:
            return sum((exit.share * exit.dwell.cdf(ages) for exit in exits), np.zeros_like(ages))

        return _remembering(lambda ages: smeared(ages, below, blur))

    return {f"{kind.name}/{to}": law(to) for to in dict.fromkeys(exit.to for exit in stay.exits)}


def _remembering(law: Law) -> Law:
    """The same law; a schedule asks for it at the same ages again and again."""
    known: dict[bytes, Numbers] = {}

    def below(ages: Numbers) -> Numbers:
        key = ages.tobytes()
        if key not in known:
            known[key] = law(ages)
        return known[key]

    return below


def best_blurs(fleet: Fleet, budget: float) -> dict[Class, float]:
    """How well the age in a class is known: to the gap between looks when the class before it ends."""
    relaxed = Relaxed(fleet)
    _, solved = relaxed.solve(relaxed.bound(budget).price)
    blurs: dict[Class, float] = {}
    for (name, state), checked in solved.items():
        found = relaxed.chances[name, state]
        for to, below in found.gone:
            blurs[name, to] = max(blurs.get((name, to), 0.0), _gap_at_end(found.ages, below, checked))
    return blurs


def _gap_at_end(ages: Numbers, below: Numbers, checked: Checked) -> float:
    """Between the looks around a change, on average."""
    finite = np.isfinite(checked.gap)
    gaps = np.interp((ages[1:] + ages[:-1]) / 2, checked.ages[finite], checked.gap[finite])
    masses = np.diff(below)
    return float((masses * gaps).sum() / masses.sum()) if masses.sum() > 0 else 0.0
