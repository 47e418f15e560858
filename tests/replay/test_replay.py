import json

import pytest

from domain.identity import OrderKey
from ordertrail.replay import Bound, EmptySpan, Moment, NoSuchPosition, lines, pages, span_of
from ordertrail.stream import UnknownOrder
from tests.fixtures.recording import ORDER, OTHER, Recording, key, minute


def three_minutes(recording: Recording) -> None:
    """Recorded two seconds after the first, second and third minute; two events each but the second."""
    recording.state(1, "new")
    recording.state(2, "new", order=OTHER)
    recording.state(3, "complete")


def positions(recording: Recording, begin: Bound | None, end: Bound | None, *orders: OrderKey) -> list[int]:
    span = span_of(recording.log.tail(), begin, end)
    return [row.position for page in pages(recording.log, span, orders) for row in page]


def test_without_bounds_it_is_the_whole_log(any_recording: Recording) -> None:
    three_minutes(any_recording)

    assert positions(any_recording, None, None) == [row.position for row in any_recording.log.read(0, 100)]


def test_both_ends_of_a_span_of_positions_belong_to_it(recording: Recording) -> None:
    three_minutes(recording)

    assert positions(recording, 2, 4) == [2, 3, 4]


def test_a_span_of_time_is_one_of_recording_with_both_ends(recording: Recording) -> None:
    three_minutes(recording)
    rows = recording.log.read(0, 100)
    recorded = {row.position: json.loads(row.state)["recorded_at"] for row in rows}

    found = positions(recording, Moment(minute(1.5)), Moment(minute(2) + 2_000_000))

    assert (
        found == [position for position, at in recorded.items() if at == "2026-01-01T00:02:02.000000Z"] != []
    )


def test_positions_and_times_may_bound_the_same_span(recording: Recording) -> None:
    three_minutes(recording)
    late = positions(recording, Moment(minute(2.5)), None)

    assert len(late) > 1
    assert positions(recording, Moment(minute(2.5)), late[-2]) == late[:-1]


def test_only_the_orders_named_are_told_in_the_order_of_the_log(any_recording: Recording) -> None:
    three_minutes(any_recording)
    any_recording.state(4, "executing", order=OTHER)
    rows = any_recording.log.read(0, 100)

    assert positions(any_recording, None, None, key(OTHER)) == [r.position for r in rows if r.order == OTHER]
    assert positions(any_recording, None, None, key(OTHER), key(ORDER)) == [r.position for r in rows]


def test_an_unknown_order_is_refused(recording: Recording) -> None:
    three_minutes(recording)

    with pytest.raises(UnknownOrder):
        positions(recording, None, None, OrderKey("runa", "nobody"))


@pytest.mark.parametrize("position", [0, 6])
def test_a_position_that_does_not_exist_is_refused_with_those_that_do(position: int) -> None:
    with pytest.raises(NoSuchPosition, match=f"no position {position}: they go from 1 to 5"):
        span_of(5, position, None)


@pytest.mark.parametrize(("begin", "end"), [(3, 2), (Moment(5), Moment(4))])
def test_a_span_that_ends_before_it_begins_is_refused(begin: Bound, end: Bound) -> None:
    with pytest.raises(EmptySpan):
        span_of(5, begin, end)


def test_every_line_says_that_it_is_a_replay(recording: Recording) -> None:
    three_minutes(recording)

    told = lines("log-a", recording.log.read(0, 100)).splitlines()

    assert len(told) == recording.log.tail()
    assert all(json.loads(line)["replay"] is True for line in told)
