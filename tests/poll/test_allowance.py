"""Providers that refuse requests which the budget allows, and what a busy worker makes of that.

Virtual time. Budget and circuit are the worker's own; answers take a tenth of a second, more or less.
"""

from collections import Counter, deque
from collections.abc import Callable
from heapq import heappop, heappush
from random import Random

import pytest

from ordertrail.budget import NEVER, Budget, Window
from ordertrail.circuit import Circuit

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
ASKERS = 16
Refuses = Callable[[float], bool]
"""Whether a request that comes then is refused."""


def asked(window: Window, refuses: Refuses, seconds: float) -> list[tuple[float, bool]]:
    """Answers by when they came, and whether they were refusals."""
    rng, budget, circuit, now = Random(1), Budget([window]), Circuit(Random(1)), 0.0
    answers: list[tuple[float, bool]] = []
    flying: list[tuple[float, float, bool]] = []
    while now < seconds:
        ready = max(budget.ready_at(now), circuit.ready_at(now)) if len(flying) < ASKERS else NEVER
        if ready <= now:
            budget.sent(now)
            circuit.sent()
            heappush(flying, (now + rng.uniform(0.05, 0.15), now, refuses(now)))
            continue
        now = max(now, min(flying[0][0] if flying else NEVER, ready))
        while flying and flying[0][0] <= now:
            _, sent, refused = heappop(flying)
            budget.ended(now)
            if refused:
                budget.refused(now, sent)
                circuit.failed(now, sent)
            else:
                circuit.succeeded(sent)
            answers.append((now, refused))
    return answers


def fixed(limit: int, seconds: float, phase: float = 0.0) -> Refuses:
    """Windows that follow each other; refusals don't count."""
    counts: Counter[int] = Counter()

    def refuses(now: float) -> bool:
        number = int(now / seconds + phase)
        full = counts[number] >= limit
        counts[number] += not full
        return full

    return refuses


def sliding(limit: int, seconds: float) -> Refuses:
    through: deque[float] = deque()

    def refuses(now: float) -> bool:
        while through and through[0] <= now - seconds:
            through.popleft()
        if len(through) < limit:
            through.append(now)
            return False
        return True

    return refuses


def filling(limit: int, seconds: float) -> Refuses:
    """A bucket of tokens."""
    tokens, last = float(limit), 0.0

    def refuses(now: float) -> bool:
        nonlocal tokens, last
        tokens, last = min(float(limit), tokens + (now - last) * limit / seconds), now
        if tokens < 1:
            return True
        tokens -= 1
        return False

    return refuses


def at_random(often: float) -> Refuses:
    rng = Random(5)
    return lambda now: rng.random() < often


def outcome(answers: list[tuple[float, bool]], since: float, until: float) -> tuple[float, float]:
    """Requests let through in a second, and the share of refusals."""
    late = [refused for at, refused in answers if at >= since]
    return (len(late) - sum(late)) / (until - since), sum(late) / len(late)


@pytest.mark.parametrize(
    "refuses",
    [fixed(200, MINUTE), fixed(200, MINUTE, 0.47), sliding(200, MINUTE), filling(200, MINUTE)],
    ids=["fixed", "out of phase", "sliding", "filling"],
)
def test_a_provider_that_allows_less_than_it_says_is_asked_less_and_no_less_than_that(
    refuses: Refuses,
) -> None:
    through, refused = outcome(asked(Window(300, MINUTE), refuses, 3 * HOUR), 5 * MINUTE, 3 * HOUR)

    assert through > 0.95 * 200 / MINUTE
    assert refused < 0.03


@pytest.mark.parametrize("limit", [285, 100, 10])
def test_however_much_less_it_allows(limit: int) -> None:
    answers = asked(Window(300, MINUTE), fixed(limit, MINUTE, 0.3), 6 * HOUR)

    through, refused = outcome(answers, HOUR, 6 * HOUR)

    assert through > 0.9 * limit / MINUTE
    assert refused < 0.03


@pytest.mark.parametrize("phase", [0.0, 0.5])
def test_of_a_day_little_is_refused_from_the_first_one_on(phase: float) -> None:
    answers = asked(Window(5000, DAY), fixed(1000, DAY, phase), 12 * DAY)

    through, refused = outcome(answers, 0.0, 12 * DAY)

    assert through > 0.9 * 1000 / DAY
    assert refused < 0.03


@pytest.mark.parametrize(
    ("window", "seconds"), [(Window(300, MINUTE), 3 * HOUR), (Window(30, HOUR), 20 * DAY)], ids=str
)
@pytest.mark.parametrize("often", [0.001, 0.01, 0.03, 0.16])
def test_requests_refused_at_random_cost_little_of_the_budget(
    often: float, window: Window, seconds: float
) -> None:
    answers = asked(window, at_random(often), seconds)

    assert len(answers) > 0.95 * window.limit * seconds / window.seconds


def test_a_provider_that_refuses_everything_is_left_alone_and_then_asked_as_before() -> None:
    answers = asked(Window(300, MINUTE), lambda now: HOUR <= now < 2 * HOUR, 3 * HOUR)

    refused = sum(refused for _, refused in answers)
    after = [at for at, _ in answers if at > 2.5 * HOUR]
    assert refused < 60
    assert len(after) > 0.95 * 300 * 30
