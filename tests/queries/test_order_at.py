import pytest

from domain.instants import SECOND
from domain.readings import Failed
from ordertrail.order_at import order
from ordertrail.stream import Line, UnknownOrder
from tests.fixtures.recording import ORDER, Recording, key, minute, minute_text

UNKNOWN = {"not_before": None, "not_after": None}


def at(recording: Recording, minutes: float, known: float | None = None) -> Line:
    known_at = None if known is None else minute(known)
    return order(recording.log, key(ORDER), as_of=minute(minutes), known_at=known_at)


def lived(recording: Recording) -> None:
    """Seen new at minutes 1 and 2, complete at minute 10."""
    recording.state(1, "new", reason="waiting")
    recording.state(2, "new", reason="waiting")
    recording.state(10, "complete")


def test_an_order_stands_where_its_last_event_left_it(any_recording: Recording) -> None:
    lived(any_recording)

    line = order(any_recording.log, key(ORDER))

    assert line == {
        "order": ORDER,
        "provider": "xverse",
        "ref": None,
        "state": "complete",
        "phase": "fulfilled",
        "attention": [],
        "since": {"not_before": minute_text(2), "not_after": "2026-01-01T00:10:01.000000Z"},
        "last_look": "2026-01-01T00:10:01.000000Z",
        "version": 6,
        "details": {},
        "coverage": [
            {
                "first": minute_text(1),
                "last": "2026-01-01T00:10:01.000000Z",
                "looks": 3,
                "longest_gap": 479,
                "failures": {},
            }
        ],
        "blind": [],
        "exact_to": 3600,
    }


def test_an_unknown_order_says_what_to_do(recording: Recording) -> None:
    with pytest.raises(UnknownOrder, match=f"ordertrail track {ORDER}"):
        order(recording.log, key(ORDER))


def test_between_the_looks_nobody_can_say(any_recording: Recording) -> None:
    lived(any_recording)

    line = at(any_recording, 5)

    assert (line["state"], line["phase"], line["since"]) == (None, None, UNKNOWN)
    assert line["possible"] == ["new", "executing", "complete"]
    assert line["details"] == {"reason": "waiting"}


def test_the_old_state_holds_until_the_interval_begins(recording: Recording) -> None:
    lived(recording)

    assert at(recording, 1.5)["state"] == "new"
    assert at(recording, 2)["state"] == "new"
    assert "possible" not in at(recording, 2)


def test_the_new_state_holds_from_the_end_of_the_interval(recording: Recording) -> None:
    lived(recording)
    end = minute(10) + SECOND

    just_before = order(recording.log, key(ORDER), as_of=end - 1)
    then = order(recording.log, key(ORDER), as_of=end)

    assert just_before["state"] is None
    assert (then["state"], then["phase"]) == ("complete", "fulfilled")
    assert "possible" not in then


def test_before_the_first_look_it_may_have_been_there_or_not(recording: Recording) -> None:
    lived(recording)

    line = at(recording, 0)

    assert (line["state"], line["version"], line["last_look"]) == (None, 0, None)
    assert line["possible"] == [None, "new"]
    assert line["coverage"] == []


def test_what_was_known_then_knows_nothing_of_later_looks(any_recording: Recording) -> None:
    lived(any_recording)

    line = order(any_recording.log, key(ORDER), known_at=minute(5))

    assert (line["state"], line["phase"], line["version"]) == ("new", "awaiting_payment", 3)
    assert "possible" not in line


def test_what_was_true_then_as_it_was_known_a_little_later(recording: Recording) -> None:
    lived(recording)

    assert at(recording, 5, known=6)["state"] == "new"
    assert at(recording, 5, known=11)["state"] is None


def test_an_inferred_order_of_several_steps_lists_them_all(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(5, "refunded")

    assert at(recording, 3)["possible"] == ["new", "failed", "refunded"]


def test_a_forgotten_order_keeps_its_state_and_doubts_its_phase(recording: Recording) -> None:
    recording.state(1, "new")
    for minutes in (10, 20, 31):
        recording.look(minutes, {}, status=404)

    line = at(recording, 5)

    assert (line["state"], line["phase"]) == ("new", None)
    assert at(recording, 11)["phase"] == "forgotten"
    assert at(recording, 11)["attention"] == ["forgotten"]


def test_an_order_that_was_tracked_and_never_seen_has_no_state(recording: Recording) -> None:
    recording.look(1, Failed("timeout"))

    line = order(recording.log, key(ORDER))

    assert (line["state"], line["phase"], line["since"]) == (None, None, UNKNOWN)
    assert line["last_look"] == "2026-01-01T00:01:01.000000Z"


def test_the_last_look_of_the_past_is_one_that_is_on_record(recording: Recording) -> None:
    lived(recording)

    assert at(recording, 5)["last_look"] == "2026-01-01T00:01:01.000000Z"
