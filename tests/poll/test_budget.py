import math
from collections import deque
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


def test_a_refusal_shrinks_the_fullest_window_at_once() -> None:
    budget = Budget([Window(100, 1.0), Window(10_000, 60.0)])
    for _ in range(50):
        budget.sent(5.0)

    budget.ended(5.1)
    budget.refused(5.1, sent=5.0)

    assert budget.allowed == [99.0, 10_000.0]


def test_several_refusals_in_a_row_leave_what_was_let_through_in_the_window() -> None:
    budget = Budget([Window(100, 60.0)])
    for at in range(46):
        budget.sent(float(at))
        budget.ended(float(at))
        if at >= 40:
            budget.refused(float(at), sent=float(at))

    assert budget.allowed == [40.0]


def refused_once(at: float) -> Budget:
    budget = Budget([Window(100, 10.0)])
    budget.sent(at)
    budget.ended(at)
    budget.refused(at, sent=at)
    return budget


def test_a_single_refusal_is_made_good_by_a_window_without_one() -> None:
    budget = refused_once(0.0)

    budget.ready_at(9.9)
    assert budget.allowed == [99.0]
    budget.ready_at(10.0)
    assert budget.allowed == [100.0]


def test_refusals_that_come_again_are_made_good_more_slowly() -> None:
    budget = refused_once(0.0)
    budget.ready_at(10.0)
    budget.refused(15.0, sent=15.0)

    budget.ready_at(34.9)
    assert budget.allowed == [99.0]
    budget.ready_at(35.0)
    assert budget.allowed == [100.0]


def test_a_refusal_that_comes_late_gives_nothing_back_of_a_share_that_is_gone() -> None:
    budget = Budget([Window(100, 10.0)])
    for _ in range(7):
        budget.sent(0.0)
    budget.share([0], -NEVER)

    for _ in range(7):
        budget.ended(0.1)
        budget.refused(0.1, sent=0.0)

    assert budget.allowed == [0.0]
    assert budget.ready_at(60.0) == NEVER


def test_without_windows_there_is_no_limit() -> None:
    budget = Budget([])
    budget.sent(1.0)
    budget.refused(1.0, sent=1.0)

    assert budget.ready_at(1.0) == 1.0
