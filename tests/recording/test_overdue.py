"""Orders that last longer than they should, and those that go on after all."""

from domain.events import OrderOverdue, OrderRecovered
from domain.instants import DAY, MINUTE
from domain.lasting import bin_of
from domain.rows import Dwell
from ordertrail.project import Projector
from tests.fixtures.recording import ORDER, OTHER, Recording, key, minute

DAYS = DAY // MINUTE


def attention(recording: Recording) -> list[str]:
    Projector(recording.log, say=lambda words: None).catch_up()
    return [row.key for row in recording.log.select("attention", {})]


def tell(recording: Recording, minutes: float) -> list[str]:
    """What the order's attention says after asking whether it is overdue."""
    recording.at = minute(minutes)
    known = recording.recorder.tell_overdue(key(ORDER))
    return known.order.attention if known else []


def test_an_order_is_overdue_once_and_needs_a_person(any_recording: Recording) -> None:
    any_recording.state(1, "executing")

    assert tell(any_recording, DAYS) == []
    assert tell(any_recording, DAYS + 3) == tell(any_recording, DAYS + 9) == ["overdue"]
    assert attention(any_recording) == [ORDER]


def test_it_recovers_when_it_moves_on(any_recording: Recording) -> None:
    any_recording.state(1, "executing")
    tell(any_recording, DAYS + 3)

    seen = any_recording.state(DAYS + 10, "complete")

    [recovered] = [event.data for event in seen.events if isinstance(event.data, OrderRecovered)]
    assert recovered == OrderRecovered("executing", DAY // 1_000_000, "prior")
    assert attention(any_recording) == []


def test_dwell_times_are_learned_from_looks_and_shared(any_recording: Recording) -> None:
    for order in (ORDER, OTHER):
        any_recording.state(1, "new", order=order)
        any_recording.state(2, "executing", order=order)
        any_recording.state(30, "complete", order=order)
    any_recording.recorder.write_learned()

    learned = any_recording.log.dwells("xverse")

    assert [(row.state, row.times) for row in learned] == [("executing", 2)]
    assert learned[0].bin == bin_of(round(14.5 * MINUTE))


def test_what_was_learned_bounds_a_state(recording: Recording) -> None:
    recording.log.add_dwells([Dwell("xverse", "executing", bin_of(2 * MINUTE), 60)])
    recording.state(1, "executing")

    assert tell(recording, 5) == []
    assert tell(recording, 12) == ["overdue"]


def test_an_unknown_order_is_not_overdue(recording: Recording) -> None:
    assert recording.recorder.tell_overdue(key(ORDER)) is None


def test_the_event_says_by_what(recording: Recording) -> None:
    recording.state(1, "executing")
    tell(recording, DAYS + 3)

    known = recording.recorder.known(key(ORDER))

    assert known is not None
    assert known.order.overdue is not None
    assert (known.order.overdue.state, known.order.overdue.basis) == ("executing", "prior")
    assert recording.log.stream(recording.log.registered(*key(ORDER)) or "")[-1].topic == OrderOverdue.TOPIC
