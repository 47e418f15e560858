"""What people ask of the recorder: to track orders, to track them differently, to stop."""

import msgspec
import pytest

from domain.encoding import decode
from domain.order import Tracking
from domain.watch import settled
from ordertrail.orders import TOGETHER, WrongEnvironment
from ordertrail.record import Recorder
from tests.fixtures.recording import ORDER, OTHER, Recording, key
from tests.recording.telling import body, observation, stream_of, told

HERE = "https://provider.example"
ELSEWHERE = "https://sandbox.example"
PLAIN = Tracking(environment=HERE)


def tracking(recording: Recording) -> Tracking | None:
    known = recording.recorder.known(key(ORDER))
    return known.order.tracking if known else None


def asking(recording: Recording, environment: str) -> Recorder:
    """A recorder whose settings name a host."""
    recorder = recording.another_recorder()
    recorder._environments = {"xverse": environment}
    return recorder


def test_tracking_twice_adds_nothing(any_recording: Recording) -> None:
    [first] = any_recording.recorder.track([(key(ORDER), PLAIN)])

    [again] = any_recording.recorder.track([(key(ORDER), PLAIN)])

    assert (first.new, first.changed) == (True, True)
    assert (again.new, again.changed, again.stream) == (False, False, first.stream)
    assert told(any_recording) == ["OrderTracked"]


def test_other_settings_are_a_change_and_say_which(any_recording: Recording) -> None:
    any_recording.recorder.track([(key(ORDER), PLAIN)])

    wanted = Tracking(environment=HERE, ref="A-7", priority=9)
    [tracked] = any_recording.recorder.track([(key(ORDER), wanted)])

    row = any_recording.log.stream(tracked.stream)[-1]
    assert msgspec.to_builtins(decode(row.topic, row.state).data) == {
        "changes": {"ref": {"before": None, "after": "A-7"}, "priority": {"before": 5, "after": 9}}
    }
    assert tracking(any_recording) == wanted


def test_tracking_after_a_stop_goes_on_in_the_same_stream(any_recording: Recording) -> None:
    any_recording.state(1, "new")
    assert any_recording.recorder.stop(key(ORDER), "asked", by="u-7")

    [tracked] = any_recording.recorder.track([(key(ORDER), PLAIN)])
    any_recording.state(5, "executing")

    assert (tracked.new, tracked.changed) == (False, True)
    assert told(any_recording) == [
        "OrderTracked",
        "StateChanged new",
        "TrackingStopped",
        "OrderTracked",
        "StateChanged executing",
    ]


def test_only_what_is_watched_can_be_stopped(any_recording: Recording) -> None:
    any_recording.recorder.track([(key(ORDER), PLAIN)])

    answers = [any_recording.recorder.stop(key(order), "asked", by=None) for order in (ORDER, ORDER, OTHER)]

    assert answers == [True, False, False]


def test_a_command_that_loses_its_race_is_decided_again(any_recording: Recording) -> None:
    stale = any_recording.another_recorder()
    stale.track([(key(ORDER), PLAIN)])
    any_recording.state(1, "new")

    assert stale.stop(key(ORDER), "asked", by=None)

    assert told(any_recording) == ["OrderTracked", "StateChanged new", "TrackingStopped"]


def test_many_orders_are_tracked_together(any_recording: Recording) -> None:
    orders = [f"xmrto/xmrto-{number:04}" for number in range(TOGETHER + 20)]
    wanted = [(key(order), PLAIN) for order in orders]

    tracked = any_recording.recorder.track(wanted)
    again = any_recording.recorder.track(wanted)

    assert [str(one.key) for one in tracked] == orders
    assert all(one.new for one in tracked)
    assert not any(one.changed for one in again)
    assert any_recording.log.tail() == len({one.stream for one in tracked}) == len(orders)


def test_of_an_order_that_stands_twice_in_a_list_the_last_settings_count(any_recording: Recording) -> None:
    urgent = Tracking(environment=HERE, priority=9)

    new = any_recording.recorder.track([(key(OTHER), PLAIN), (key(OTHER), PLAIN)])
    any_recording.recorder.track([(key(ORDER), PLAIN)])
    any_recording.recorder.track([(key(ORDER), urgent), (key(ORDER), PLAIN)])

    assert [one.new for one in new] == [True, False]
    assert told(any_recording) == ["OrderTracked", "TrackingChanged", "TrackingChanged"]
    assert tracking(any_recording) == PLAIN


def test_another_environment_is_refused_before_anything_is_written(any_recording: Recording) -> None:
    any_recording.state(1, "new")
    before = any_recording.log.tail()
    stranger = asking(any_recording, ELSEWHERE)

    with pytest.raises(WrongEnvironment, match=f"holds xverse orders of {HERE}, and the settings name"):
        stranger.track([(key("runa/O-1"), PLAIN), (key(OTHER), Tracking(environment=ELSEWHERE))])
    with pytest.raises(WrongEnvironment):
        stranger.observe(
            [
                observation(any_recording, 2, body("executing")),
                observation(any_recording, 2, body("new"), order=OTHER),
            ]
        )

    assert any_recording.log.tail() == before
    assert any_recording.log.registered("runa", "O-1") is None


def test_a_list_with_two_environments_of_one_provider_is_refused_as_a_whole(recording: Recording) -> None:
    with pytest.raises(WrongEnvironment):
        recording.recorder.track([(key(ORDER), PLAIN), (key(OTHER), Tracking(environment=ELSEWHERE))])

    assert recording.log.tail() == 0


def test_evidence_that_was_shown_is_on_record(any_recording: Recording) -> None:
    any_recording.state(1, "new")

    assert any_recording.recorder.evidence_shown(key(ORDER), "ab" * 32, by="u-7")
    assert not any_recording.recorder.evidence_shown(key(OTHER), "ab" * 32, by="u-7")

    assert told(any_recording)[-1] == "EvidenceShown"
    assert any_recording.state(2, "new").events == []


def test_a_recorder_that_remembers_few_orders_knows_them_all(any_recording: Recording) -> None:
    recorder = any_recording.recorder
    recorder._cached = 2
    orders = [f"xmrto/xmrto-{number}" for number in range(6)]

    for minutes in (1, 2):
        for order in orders:
            any_recording.look(minutes, {"uuid": order.partition("/")[2], "state": "UNPAID"}, order=order)

    assert len(recorder._known) <= 2
    assert [told(any_recording, order) for order in orders] == [["OrderTracked", "StateChanged UNPAID"]] * 6


def test_a_stream_is_known_by_its_order(any_recording: Recording) -> None:
    assert any_recording.recorder.known(key(ORDER)) is None
    seen = any_recording.state(1, "new")

    known = any_recording.recorder.known(key(ORDER))

    assert known is not None
    assert (known.order, settled(known.watch)) == (seen.order, seen.watch)
    assert stream_of(any_recording).startswith("xverse-")
