"""Honest time: which interval a step gets, and which looks come late."""

from domain.readings import Clock
from tests.domain.judging import CLOCK, OTHER_CLOCK, Trial, interval, names, shown, steps, time


def test_the_interval_runs_from_the_last_good_start_to_the_first_new_end() -> None:
    trial = Trial()
    trial.state("new", 10, took=2)
    trial.state("new", 20, took=2)

    [event] = trial.state("pending", 30, took=2)

    assert interval(event) == (time(20), time(32))


def test_a_look_that_is_odd_moves_no_bound() -> None:
    trial = Trial()
    trial.state("executing", 10)
    trial.state("new", 20)

    _, step = trial.state("complete", 30)

    assert interval(step) == (time(10), time(31))


def test_an_admitted_age_moves_the_start_back() -> None:
    trial = Trial()
    trial.see(shown("new"), 10)
    trial.see(shown("new"), 60, age=20)

    [event] = trial.state("pending", 90)

    assert interval(event) == (time(60 - 21), time(91))


def test_a_cache_allowance_counts_where_it_is_more_than_the_age() -> None:
    trial = Trial()
    trial.see(shown("new"), 60, age=2, allowance=30)

    [event] = trial.state("pending", 100)

    assert interval(event)[0] == time(30)


def test_a_late_look_at_an_older_state_contradicts_nothing() -> None:
    trial = Trial()
    trial.state("new", 10)
    trial.state("executing", 30, took=5)

    events = trial.state("new", 32, took=1)

    assert events == []
    assert trial.order.attention == []
    assert trial.watch.counts == {"late": 1}


def test_an_answer_that_admits_to_be_old_is_late() -> None:
    trial = Trial()
    trial.state("new", 10)
    trial.state("executing", 30)

    assert trial.see(shown("new"), 60, age=40) == []


def test_a_late_look_may_still_bring_a_step() -> None:
    trial = Trial()
    trial.state("new", 10)
    trial.state("executing", 30, took=5)

    events = trial.state("complete", 32, took=10)

    assert steps(events) == [("finish", "executing", "complete", False)]


def test_a_late_look_at_the_present_state_may_raise_the_bound() -> None:
    trial = Trial()
    trial.state("new", 10, took=10)
    trial.state("new", 15, took=1)

    [event] = trial.state("pending", 30)

    assert interval(event) == (time(15), time(31))


def test_a_look_that_began_before_the_last_good_one_lowers_nothing() -> None:
    trial = Trial()
    trial.state("new", 10)
    trial.state("new", 30)
    trial.state("new", 20, took=15)

    [event] = trial.state("pending", 40)

    assert interval(event)[0] == time(30)


def test_a_step_of_the_clock_widens_both_sides() -> None:
    trial = Trial()
    trial.state("new", 10)

    [event] = trial.see(shown("pending"), 20, clock=Clock(CLOCK.name, 3_000_000))

    assert interval(event) == (time(10 - 3), time(21 + 3))


def test_a_clock_that_steps_back_never_inverts_an_interval() -> None:
    trial = Trial()
    trial.state("new", 1000)

    [event] = trial.see(shown("pending"), 400, clock=Clock(CLOCK.name, -610_000_000))

    before, after = interval(event)
    assert before is not None
    assert before == time(390)
    assert after == time(401 + 610)


def test_a_clock_that_stepped_back_makes_no_look_late() -> None:
    trial = Trial()
    trial.state("executing", 1000)

    events = trial.see(shown("new"), 400, clock=Clock(CLOCK.name, -700_000_000))

    assert names(events) == ["Contradicted"]


def test_two_workers_widen_by_the_clock_error() -> None:
    trial = Trial()
    trial.state("new", 10)

    [event] = trial.see(shown("pending"), 20, clock=OTHER_CLOCK)

    assert interval(event) == (time(10 - 1), time(21 + 1))


def test_a_further_state_shown_by_a_late_look_has_no_lower_bound_from_later_looks() -> None:
    trial = Trial()
    trial.see(shown("new"), 500)

    [event] = trial.see(shown("pending"), 100, clock=OTHER_CLOCK)

    assert interval(event) == (None, time(101))


def test_a_late_look_that_shows_a_further_state_is_what_proves_it() -> None:
    trial = Trial()
    trial.see(shown("new"), 10.3, took=0.2, clock=OTHER_CLOCK)
    trial.see(shown("pending"), 10.0, took=0.6)

    [event] = trial.state("executing", 60)

    assert interval(event) == (time(10.0), time(61))


def test_a_look_of_another_worker_within_the_clock_error_contradicts_nothing() -> None:
    trial = Trial()
    trial.state("executing", 20)

    events = trial.see(shown("new"), 21.5, clock=OTHER_CLOCK)

    assert names(events) == []


def test_a_lost_watch_makes_the_interval_wider_and_not_wrong() -> None:
    trial = Trial()
    trial.state("new", 10)
    trial.state("pending", 20)
    trial.state("pending", 30)
    trial.watch = type(trial.watch)()

    [event] = trial.state("executing", 40)

    assert interval(event) == (time(10 - 1), time(41 + 1))
