"""What could not be seen: failures of the channel, orders that are not found or forgotten."""

import pytest

from domain.events import ContactLost, ContactRestored, OrderForgotten, OrderNotFound, TrackingStopped
from domain.instants import HOUR
from domain.phases import Phase
from domain.readings import Clock, Failed, NotFound, Unrecognised
from domain.xmrto import XMRTO
from tests.domain.judging import CLOCK, Trial, interval, names, shown, time

TIMEOUT = Failed("timeout")
MINUTE = 60


def fail(trial: Trial, minutes: list[float]) -> list[list[str]]:
    return [names(trial.see(TIMEOUT, minute * MINUTE, others_answer=True)) for minute in minutes]


def miss(trial: Trial, minutes: list[float], *, gone: bool = False) -> list[list[str]]:
    return [names(trial.see(NotFound(gone), minute * MINUTE)) for minute in minutes]


def test_contact_is_lost_after_enough_failures_over_enough_time() -> None:
    trial = Trial()
    trial.state("new", 30)

    assert fail(trial, [1, 2, 3, 4, 5]) == [[]] * 5
    [event] = trial.see(TIMEOUT, 6 * MINUTE, others_answer=True)

    assert event.data == ContactLost("timeout", 6)
    assert interval(event) == (time(30), time(61))
    assert (event.state, event.look, event.evidence) == ("new", None, None)
    assert trial.order.attention == ["contact_lost"]


def test_contact_is_lost_once() -> None:
    trial = Trial()

    assert fail(trial, [1, 2, 3, 4, 6, 7, 8])[4:] == [["ContactLost"], [], []]


def test_an_order_is_not_lost_while_no_other_answers() -> None:
    trial = Trial()

    events = [trial.see(TIMEOUT, minute * MINUTE) for minute in range(1, 10)]

    assert events == [[]] * 9


def test_an_answer_in_between_starts_the_count_anew() -> None:
    trial = Trial()
    fail(trial, [1, 2, 3, 4])
    trial.state("new", 5 * MINUTE)

    assert fail(trial, [6, 7, 8, 9]) == [[]] * 4


def test_contact_is_restored_by_any_answer_and_tells_how_long_it_was_lost() -> None:
    trial = Trial()
    trial.state("new", 30)
    fail(trial, [1, 2, 3, 4, 6])

    restored, step = trial.state("pending", 10 * MINUTE)

    assert restored.data == ContactRestored(9 * MINUTE)
    assert interval(step) == (time(30), time(601))
    assert trial.order.attention == []


def test_a_failure_is_counted_by_its_kind_and_kept_nowhere() -> None:
    trial = Trial()
    trial.see(TIMEOUT, 10)
    trial.see(Failed("http_502"), 20)

    assert trial.watch.counts == {"timeout": 1, "http_502": 1}
    assert trial.judgement is not None
    assert not trial.judgement.keep


def test_an_order_never_seen_is_not_found_after_patience() -> None:
    trial = Trial()

    assert miss(trial, [1, 5, 15]) == [[]] * 3
    [event] = trial.see(NotFound(), 16 * MINUTE)

    assert event.data == OrderNotFound(4)
    assert interval(event) == (None, time(61))
    assert trial.order.attention == ["not_found"]


def test_not_found_is_told_once_and_ends_when_the_order_is_seen() -> None:
    trial = Trial()

    assert miss(trial, [1, 10, 17, 18]) == [[], [], ["OrderNotFound"], []]
    trial.state("new", 20 * MINUTE)

    assert trial.order.attention == []


def test_an_order_that_vanishes_is_forgotten_after_patience() -> None:
    trial = Trial()
    trial.state("new", 30)

    assert miss(trial, [1, 5, 10]) == [[]] * 3
    [event] = trial.see(NotFound(), 11 * MINUTE)

    assert event.data == OrderForgotten(4)
    assert (event.state, event.phase) == ("new", Phase.FORGOTTEN)
    assert interval(event) == (time(30), time(61))


def test_forgetting_never_changes_a_final_phase() -> None:
    trial = Trial()
    trial.state("complete", 30)
    miss(trial, [1, 5, 11])

    assert (trial.order.phase, trial.order.attention) == (Phase.FULFILLED, [])
    assert trial.order.forgotten is not None


def test_an_order_that_is_seen_again_is_agreed_upon() -> None:
    trial = Trial()
    trial.state("new", 30)
    miss(trial, [1, 5, 11])

    events = trial.state("new", 20 * MINUTE)

    assert names(events) == ["Agreed"]
    assert (trial.order.phase, trial.order.attention) == (Phase.AWAITING_PAYMENT, [])


def test_an_order_that_is_seen_again_in_another_state_has_moved() -> None:
    trial = Trial()
    trial.state("new", 30)
    miss(trial, [1, 5, 11])

    assert names(trial.state("pending", 20 * MINUTE)) == ["StateChanged"]
    assert trial.order.phase is Phase.CONFIRMING


def test_a_purge_after_the_end_is_forgotten_at_once_and_ends_the_watch() -> None:
    trial = Trial(XMRTO)
    trial.state("BTC_SENT", 30)

    forgotten, stopped = trial.see(NotFound(gone=True), 60)

    assert forgotten.data == OrderForgotten(1)
    assert stopped.data == TrackingStopped("order_ended", None)
    assert (trial.order.phase, trial.order.watched) == (Phase.FULFILLED, False)


def test_a_purge_after_another_end_goes_on_being_watched() -> None:
    trial = Trial(XMRTO)
    trial.state("TIMED_OUT", 30)

    [forgotten] = trial.see(NotFound(gone=True), 60)

    assert forgotten.data == OrderForgotten(1)
    assert (trial.order.phase, trial.order.watched) == (Phase.EXPIRED, True)


@pytest.mark.parametrize(
    ("clock", "moved"), [(Clock("worker-a", -HOUR), 3600), (Clock("worker-b", 0), 1), (CLOCK, 0)]
)
def test_what_could_not_be_seen_is_widened_by_a_stepped_or_another_clock(clock: Clock, moved: int) -> None:
    for reading, told in ((NotFound(), OrderForgotten), (TIMEOUT, ContactLost)):
        trial = Trial()
        trial.state("new", 7000)

        for minute in (70, 71, 72, 76, 82):
            events = trial.see(reading, minute * MINUTE, clock=clock, others_answer=True)
            if events:
                break

        assert [type(event.data) for event in events] == [told]
        assert interval(events[0]) == (time(min(7000 - moved, 4201 + moved)), time(4201 + moved))


def test_a_purge_before_the_end_needs_patience() -> None:
    trial = Trial(XMRTO)
    trial.state("UNPAID", 30)

    assert miss(trial, [1, 5, 11], gone=True) == [[], [], ["OrderForgotten"]]
    assert trial.order.watched


def test_an_odd_answer_about_the_order_starts_patience_anew() -> None:
    for reading in (Unrecognised("odd", b"1"), shown("new")):
        trial = Trial()
        trial.state("executing", 30)
        miss(trial, [1, 5])
        trial.see(reading, 8 * MINUTE)

        assert miss(trial, [12, 13]) == [[], []]


def test_not_found_moves_no_bound() -> None:
    trial = Trial()
    trial.state("new", 10)
    trial.see(NotFound(), 20)

    [event] = trial.see(shown("pending"), 30)

    assert interval(event) == (time(10), time(31))
