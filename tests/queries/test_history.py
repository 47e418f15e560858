import pytest

from domain.rows import Entry, NewEvent
from ordertrail.history import history
from ordertrail.order_at import order
from ordertrail.stream import UnknownOrder
from tests.fixtures.recording import ORDER, Recording, key, minute, minute_text


def told(recording: Recording, **moments: int) -> list[object]:
    return [line["event"] for line in history(recording.log, key(ORDER), **moments)]


def test_a_line_has_the_keys_that_people_script(any_recording: Recording) -> None:
    any_recording.state(1, "new")
    any_recording.state(3, "complete")

    line = history(any_recording.log, key(ORDER))[2]

    evidence = line.pop("evidence")
    assert isinstance(evidence, str)
    assert len(evidence) == 64
    assert line == {
        "order": ORDER,
        "version": 3,
        "position": 3,
        "event": "StateChanged",
        "data": {"transition": "execute", "source": "new", "target": "executing", "inferred": True},
        "not_before": minute_text(1),
        "not_after": "2026-01-01T00:03:01.000000Z",
        "recorded_at": "2026-01-01T00:03:02.000000Z",
        "provider_time": None,
        "rules": "2.1",
        "looks": 1,
        "blind": [],
    }


def test_moments_narrow_the_history(any_recording: Recording) -> None:
    any_recording.state(1, "new")
    any_recording.state(3, "executing")

    assert told(any_recording) == ["OrderTracked", "StateChanged", "StateChanged"]
    assert told(any_recording, as_of=minute(2)) == ["OrderTracked", "StateChanged"]
    assert told(any_recording, known_at=minute(2)) == ["OrderTracked", "StateChanged"]
    assert told(any_recording, as_of=minute(3), known_at=minute(0)) == []


def test_an_unknown_order_has_no_history(recording: Recording) -> None:
    with pytest.raises(UnknownOrder):
        history(recording.log, key(ORDER))


def test_events_that_this_version_does_not_know_are_shown_and_not_folded(recording: Recording) -> None:
    recording.state(1, "new")
    stream = recording.log.registered(*key(ORDER)) or ""
    state = recording.log.stream(stream)[-1].state
    newer = NewEvent(stream, 3, "ordertrail.order-teleported.v1", state)
    recording.log.commit([Entry(events=[newer, NewEvent(stream, 4, "ordertrail.noise.v1", b"\x00")])])

    lines = history(recording.log, key(ORDER))

    assert [line["event"] for line in lines[2:]] == ["ordertrail.order-teleported.v1", "ordertrail.noise.v1"]
    assert (lines[2]["rules"], lines[3]["data"]) == ("2.1", None)
    assert order(recording.log, key(ORDER))["attention"] == ["parked"]
