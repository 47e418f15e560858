import math
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from random import Random

import pytest

from ordertrail.budget import NEVER, Budget, Window


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("300/min", Window(300, 60)),
        ("2/10s", Window(2, 10)),
        ("3/s", Window(3, 1)),
        ("5000/day", Window(5000, 86_400)),
        ("100/15min", Window(100, 900)),
        (" 7/h ", Window(7, 3600)),
    ],
)
def test_a_window_is_read_from_text(text: str, window: Window) -> None:
    assert Window.parse(text) == window


@pytest.mark.parametrize(
    "text",
    ["0/min", "-3/s", "3/0s", "3", "3/fortnight", "", "3.5/s", "9999999999/s", "1/99999day", "3 a min"],
)
def test_a_senseless_window_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(ValueError, match="is no rate: "):
        Window.parse(text)


def most_counted(arrivals: list[float], seconds: float) -> int:
    """The most requests a provider counts in any half-open window of that length."""
    window: deque[float] = deque()
    most = 0
    for at in sorted(arrivals):
        while window and window[0] <= at - seconds:
            window.popleft()
        window.append(at)
        most = max(most, len(window))
    return most


def arrivals(budget: Budget, rng: Random, *, requests: int, askers: int) -> list[float]:
    """When requests reach a provider that is at times slow, and some of whose answers never come."""
    now = 0.0
    reached: list[float] = []
    answers: list[tuple[float, bool]] = []
    while len(reached) < requests:
        ready = budget.ready_at(now)
        if ready <= now and len(answers) < askers:
            budget.sent(now)
            way = rng.choice((0.001, rng.uniform(0, 0.3), rng.uniform(0, 12)))
            reached.append(now + way)
            lost = rng.random() < 0.05
            heappush(answers, (now + (10.0 if lost else way + rng.uniform(0, 0.2)), lost))
            continue
        first = answers[0][0] if answers else NEVER
        now = max(now, min(first, ready if len(answers) < askers else NEVER))
        if now == first:
            _, lost = heappop(answers)
            (budget.lost if lost else budget.ended)(now)
    return reached


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "windows", [("300/min",), ("3/s",), ("2/10s",), ("2/s", "100/min"), ("3/s", "20/10s", "60/min")]
)
def test_no_provider_ever_counts_more_than_a_window_allows(windows: tuple[str, ...], seed: int) -> None:
    limits = [Window.parse(text) for text in windows]

    reached = arrivals(Budget(limits), Random(seed), requests=400, askers=16)

    for limit in limits:
        assert most_counted(reached, limit.seconds) <= limit.limit


def test_nearly_all_of_a_window_is_used_when_answers_are_quick() -> None:
    budget, now, sent = Budget([Window(300, 60.0)]), 0.0, 0

    while now < 3600:
        now = max(now, budget.ready_at(now))
        budget.sent(now)
        now += 0.02
        budget.ended(now)
        sent += 1

    assert sent / 3600 * 60 > 290


def test_requests_are_spread_over_the_window_after_a_small_burst() -> None:
    budget = Budget([Window(300, 60.0)])

    for _ in range(30):
        assert budget.ready_at(0.0) < 1e-9
        budget.sent(0.0)

    assert budget.ready_at(0.0) == pytest.approx(0.2)


def test_with_all_requests_in_flight_only_an_answer_helps() -> None:
    budget = Budget([Window(1, 10.0)])
    budget.sent(0.0)

    assert budget.ready_at(100.0) == NEVER
    budget.ended(100.0)
    assert 110.0 < budget.ready_at(100.0) < 110.1


def test_a_request_that_was_given_up_counts_until_it_can_no_longer_arrive() -> None:
    budget = Budget([Window(1, 10.0)], grace=60.0)
    budget.sent(0.0)
    budget.lost(30.0)

    assert budget.ready_at(30.0) > 100.0


def unshared(*windows: str) -> Budget:
    budget = Budget([Window.parse(text) for text in windows])
    budget.share([0 for _ in windows], -math.inf)
    return budget


def test_a_process_before_this_one_may_have_used_every_window_evenly() -> None:
    budget = unshared("10/100s")
    budget.share([10], 0.0)

    assert 10.0 < budget.ready_at(0.0) < 10.5
    assert budget.ready_at(200.0) == 200.0


def test_nobody_before_this_one_means_nothing_to_wait_for() -> None:
    budget = unshared("10/100s")
    budget.share([10], -math.inf)

    assert budget.ready_at(0.0) == 0.0


def test_without_a_share_nothing_leaves() -> None:
    assert unshared("10/100s").ready_at(0.0) == NEVER


def test_what_a_worker_keeps_of_its_share_it_goes_on_using_at_once() -> None:
    budget = unshared("20/100s")
    budget.share([10], -math.inf)
    budget.share([20], 0.0)

    assert budget.ready_at(0.0) == 0.0


def test_a_smaller_share_counts_what_was_sent_under_the_larger_one() -> None:
    budget = Budget([Window(10, 100.0)])
    for at in range(10):
        budget.sent(10.0 * at)
        budget.ended(10.0 * at)

    budget.share([5], 95.0)

    assert budget.ready_at(95.0) > 150.0


def test_a_restart_costs_a_long_window_a_minute_at_most() -> None:
    budget = unshared("3600/h")
    budget.share([3600], 0.0)

    assert budget.ready_at(0.0) <= 70.0


def test_after_an_orderly_stop_a_successor_goes_on_as_if_nothing_had_been() -> None:
    budget, now = Budget([Window(60, 60.0)]), 0.0
    for _ in range(300):
        now = max(now, budget.ready_at(now))
        budget.sent(now)
        budget.ended(now)
    successor = Budget([Window(60, 60.0)])
    successor.succeed(budget.spent(now), 1_000.0)

    assert successor.ready_at(1_000.0) - 1_000.0 <= budget.ready_at(now) - now + 0.5


def test_a_successor_knows_of_every_request_that_still_counts() -> None:
    budget = Budget([Window(3, 60.0)])
    for at in (1.0, 2.0, 30.0):
        budget.sent(at)
        budget.ended(at)

    assert sum(count for [slots] in [budget.spent(31.0)] for _, count in slots) == 3
    assert all(ago <= 30.0 for ago, _ in budget.spent(31.0)[0])


def test_what_is_sent_from_a_long_window_is_written_down_before() -> None:
    budget = Budget([Window(5000, 86_400.0)])
    budget.leave = 30.0

    assert budget.ready_at(29.0) == 29.0
    assert budget.ready_at(30.0) == NEVER


def test_a_short_window_needs_no_leave() -> None:
    budget = Budget([Window(300, 60.0)])
    budget.leave = 30.0

    assert budget.ready_at(30.0) == 30.0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("limit", "seconds"), [(300, 60.0), (3, 1.0), (2, 10.0), (5000, 86_400.0)])
def test_however_often_a_worker_is_killed_no_window_is_passed(limit: int, seconds: float, seed: int) -> None:
    rng, now, sent = Random(seed), 0.0, []
    until = -math.inf
    for _ in range(8):
        budget = Budget([Window(limit, seconds)])
        budget.share([0], -math.inf)
        budget.share([limit], until)
        killed = now + rng.uniform(0, 1.5 * seconds)
        while (ready := max(now, budget.ready_at(now))) < killed:
            now = ready
            budget.sent(now)
            budget.ended(now)
            sent.append(now)
        now = until = killed + rng.choice((0.0, rng.uniform(0, seconds)))

    assert most_counted(sent, seconds) <= limit


def test_a_refusal_shrinks_the_fullest_window_once_for_all_then_in_flight() -> None:
    budget = Budget([Window(10, 1.0), Window(1000, 60.0)])
    for _ in range(3):
        budget.sent(5.0)

    for _ in range(3):
        budget.refused(5.1, sent=5.0)

    assert budget.allowed == [9.0, 1000.0]


def test_a_burst_of_refusals_shrinks_a_window_once_in_its_length() -> None:
    budget = Budget([Window(100, 60.0)])

    for at in range(0, 60, 2):
        budget.refused(float(at), sent=at - 0.5)

    assert budget.allowed == [90.0]


def test_only_windows_without_a_refusal_count_as_clean() -> None:
    budget = Budget([Window(10, 1.0)])
    for at in (0.0, 0.1, 0.2, 0.9):
        budget.refused(at, sent=at)

    budget.ready_at(10.8)
    assert budget.allowed == [9.0]
    budget.ready_at(10.9)
    assert budget.allowed == [9.1]


def test_a_shrunken_window_recovers_slowly_and_never_beyond_its_limit() -> None:
    budget = Budget([Window(10, 1.0)])
    for _ in range(3):
        budget.refused(0.0, sent=0.0)

    budget.ready_at(50.0)
    assert budget.allowed == [pytest.approx(9.5)]
    budget.ready_at(10_000.0)
    assert budget.allowed == [10.0]


def test_without_windows_there_is_no_limit() -> None:
    budget = Budget([])
    budget.sent(1.0)
    budget.refused(1.0, sent=1.0)

    assert budget.ready_at(1.0) == 1.0


def used(budget: Budget, hours: int, refuses: Callable[[int], bool]) -> list[tuple[float, bool]]:
    """Requests of a busy worker by when they were sent, and whether they were refused; answers come at once.

    `refuses` is told how many were let through in the last hour.
    """
    now, sent, through = 0.0, [], deque[float]()
    while (now := max(now, budget.ready_at(now))) < hours * 3600:
        while through and through[0] <= now - 3600:
            through.popleft()
        refused = refuses(len(through))
        budget.sent(now)
        budget.ended(now)
        if refused:
            budget.refused(now, now)
        else:
            through.append(now)
        sent.append((now, refused))
    return sent


@pytest.mark.parametrize("often", [0.01, 0.05, 0.16])
def test_requests_refused_at_random_cost_little_of_the_budget(often: float) -> None:
    rng = Random(5)

    sent = used(Budget([Window(30, 3600.0)]), 500, lambda _: rng.random() < often)

    assert len(sent) > 0.95 * 500 * 30


@pytest.mark.parametrize("limit", [95, 80, 50, 10])
def test_a_provider_that_allows_less_than_it_says_is_asked_less(limit: int) -> None:
    sent = used(Budget([Window(100, 3600.0)]), 200, lambda counted: counted >= limit)

    late = [refused for at, refused in sent if at > 20 * 3600]
    assert sum(late) < 0.1 * len(late)
    assert len(late) - sum(late) > 0.7 * limit * 180
