"""Saying that orders are looked at less often than promised."""

from ordertrail.project import Projector
from tests.fixtures.recording import Recording

STREAM = "_provider-xverse"


def kinds(recording: Recording) -> list[str]:
    return [row.topic.split(".")[1] for row in recording.log.stream(STREAM)]


def test_a_stretched_bound_is_said_once_and_needs_a_person(any_recording: Recording) -> None:
    for effective in (7200, 9000):
        any_recording.recorder.tell_bound("xverse", 3600, effective)
    Projector(any_recording.log, say=lambda words: None).catch_up()

    [row] = any_recording.log.select("attention", {})
    assert kinds(any_recording) == ["bound-stretched"]
    assert row.key == STREAM
    assert b"7200 s instead of 3600 s" in row.value


def test_it_is_said_when_the_promise_is_kept_again(any_recording: Recording) -> None:
    any_recording.recorder.tell_bound("xverse", 3600, 7200)
    any_recording.recorder.tell_bound("xverse", 3600, 3600)
    Projector(any_recording.log, say=lambda words: None).catch_up()

    assert kinds(any_recording) == ["bound-stretched", "bound-restored"]
    assert any_recording.log.select("attention", {}) == []


def test_a_kept_promise_is_no_news(recording: Recording) -> None:
    recording.recorder.tell_bound("xverse", 3600, 3600)

    assert kinds(recording) == []
