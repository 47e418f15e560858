"""The most requests that a provider counts in any of its windows, and how much of the budget is used.

Virtual time, a sender that always has something to ask. `quick`: every answer takes a tenth of a second;
`late`: some requests and answers are on their way for seconds, some answers never come, and the provider's
clock runs faster or slower than ours; `killed`: the sender is killed at random and started anew, and knows
only until when it may have been at work; `shared`: three senders that hand shares of it to each other.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random

from adapters.kafka.partition import SHARES
from ordertrail.budget import NEVER, Budget, Window
from ordertrail.ownership import share

PHASES = 50
ASKERS = 16
ROUND_TRIP = 0.1
SKEW = 9e-4
WINDOWS = (Window(300, 60.0), Window(3, 1.0), Window(2, 10.0), Window(5000, 86_400.0))
FEWEST_WINDOWS, SHORTEST = 12, 3_000.0
"""What a run lasts: so many windows, so many seconds."""

ROUNDS = 60
"""Lives of a sender, deals of the shares."""

Sent = list[float]
Course = Callable[[Window, Random], Sent]


@dataclass(frozen=True)
class Counted:
    case: str
    window: Window
    seed: int
    worst_fixed: int
    worst_sliding: int
    requests: int
    utilisation: float
    goal: float

    @property
    def holds(self) -> bool:
        worst = max(self.worst_fixed, self.worst_sliding)
        return worst <= self.window.limit and self.utilisation >= self.goal

    def line(self) -> dict[str, str | float | int | bool]:
        return {
            "case": self.case,
            "window": f"{self.window.limit}/{self.window.seconds:g}s",
            "seed": self.seed,
            "n": self.window.limit,
            "worst_fixed": self.worst_fixed,
            "worst_sliding": self.worst_sliding,
            "looks": self.requests,
            "utilisation": round(self.utilisation, 4),
            "goal": self.goal,
            "holds": self.holds,
        }


def run(seeds: Sequence[int] = (1, 2, 3)) -> Iterator[Counted]:
    for seed in seeds:
        for window in WINDOWS:
            for case, course in COURSES.items():
                yield measured(case, course, window, seed)


def measured(case: str, course: Course, window: Window, seed: int) -> Counted:
    reached = sorted(course(window, Random(f"{case}/{window}/{seed}")))
    span = reached[-1] - reached[0]
    return Counted(
        case,
        window,
        seed,
        max(fixed(reached, window.seconds, phase / PHASES) for phase in range(PHASES)),
        sliding(reached, window.seconds),
        len(reached),
        (len(reached) - 1) / span * window.seconds / window.limit,
        goal_of(case, window),
    )


def goal_of(case: str, window: Window) -> float:
    """Where every answer is quick; elsewhere nothing but the count is promised."""
    if case != "quick":
        return 0.0
    return 0.98 if window.seconds >= 60 else 0.85


def fixed(reached: Sent, seconds: float, phase: float) -> int:
    """The fullest of windows that follow each other; `phase`: by which part of one they are shifted."""
    counts: dict[int, int] = {}
    for at in reached:
        number = math.floor(at / seconds + phase)
        counts[number] = counts.get(number, 0) + 1
    return max(counts.values())


def sliding(reached: Sent, seconds: float) -> int:
    """The most in any half-open stretch of that length."""
    return max(bisect_left(reached, at + seconds) - number for number, at in enumerate(reached))


def quick(window: Window, rng: Random) -> Sent:
    return _sent(Budget([window]), lambda: (ROUND_TRIP / 2, ROUND_TRIP), _end(window))


def late(window: Window, rng: Random) -> Sent:
    rate = 1 + rng.choice((-SKEW, SKEW))

    def way() -> tuple[float, float | None]:
        there = rng.choice((0.001, rng.uniform(0, 0.3), rng.uniform(0, 12)))
        return there, None if rng.random() < 0.05 else there + rng.uniform(0, 0.2)

    return [at * rate for at in _sent(Budget([window]), way, _end(window))]


def _end(window: Window) -> float:
    return max(SHORTEST, FEWEST_WINDOWS * window.seconds)


def _sent(budget: Budget, way: Callable[[], tuple[float, float | None]], end: float) -> Sent:
    """When requests arrive; `way`: how long one takes, and its answer, if it is not given up after 10 s."""
    now, reached = 0.0, Sent()
    answers: list[tuple[float, bool]] = []
    while now < end:
        ready = budget.ready_at(now) if len(answers) < ASKERS else NEVER
        if ready <= now:
            budget.sent(now)
            there, back = way()
            reached.append(now + there)
            heappush(answers, (now + (10.0 if back is None else back), back is None))
            continue
        now = max(now, min(answers[0][0] if answers else NEVER, ready))
        while answers and answers[0][0] <= now:
            _, lost = heappop(answers)
            (budget.lost if lost else budget.ended)(now)
    return reached


def killed(window: Window, rng: Random) -> Sent:
    now, until, reached = 0.0, -NEVER, Sent()
    for _ in range(ROUNDS):
        budget = Budget([window])
        budget.share([0], -NEVER)
        budget.share([window.limit], until)
        now = _busy(budget, now, now + rng.expovariate(1 / window.seconds), reached)
        now = until = now + rng.choice((0.0, 1.0, rng.uniform(0, window.seconds)))
    return reached


def shared(window: Window, rng: Random) -> Sent:
    """At random times the partitions are dealt anew to three senders."""
    budgets = [Budget([window]) for _ in range(3)]
    owners = [rng.randrange(3) for _ in range(SHARES)]
    reached = Sent()
    for number, budget in enumerate(budgets):
        budget.share([0], -NEVER)
        budget.share([_part(window, owners, owners, number)], -NEVER)
    now = 0.0
    for _ in range(ROUNDS):
        then = now + rng.expovariate(1 / window.seconds)
        for budget in budgets:
            _busy(budget, now, then, reached)
        now, before = then, owners
        owners = [rng.randrange(3) if rng.random() < 0.4 else owner for owner in owners]
        for number, budget in enumerate(budgets):
            budget.share([_part(window, before, owners, number)], -NEVER)
            budget.share([_part(window, owners, owners, number)], now)
    return reached


def _part(window: Window, before: Sequence[int], after: Sequence[int], worker: int) -> int:
    """What the partitions are worth that were its own and still are."""
    owned = [at for at in range(SHARES) if before[at] == after[at] == worker]
    if window.limit < SHARES:
        return window.limit if 0 in owned else 0
    return share(window.limit, owned)


def _busy(budget: Budget, now: float, end: float, reached: Sent) -> float:
    """Send whenever it may, with an answer at once, until the end; which is returned."""
    while (ready := max(now, budget.ready_at(now))) < end:
        now = ready
        budget.sent(now)
        budget.ended(now)
        reached.append(now)
    return end


COURSES: dict[str, Course] = {"quick": quick, "late": late, "killed": killed, "shared": shared}
