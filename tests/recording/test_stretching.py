"""Saying that orders are looked at less often than promised."""

import msgspec

from domain.stretching import Gap
from ordertrail.project import Projector
from tests.fixtures.recording import Recording

STREAM = "_provider-xverse"
PROMISED = 3600
BOTH = ["main", "other"]


def tell(recording: Recording, *effective: int) -> None:
    for each in effective:
        recording.recorder.tell_bound("xverse", Gap(PROMISED, each), BOTH)


def said(recording: Recording) -> list[tuple[str, int | None]]:
    """Kinds of what was said, and the seconds that it is instead."""
    rows = recording.log.stream(STREAM)
    data = [msgspec.json.decode(row.state)["data"] for row in rows]
    return [(row.topic.split(".")[1], each.get("effective")) for row, each in zip(rows, data, strict=True)]


def open_words(recording: Recording) -> list[bytes]:
    Projector(recording.log, say=lambda words: None).catch_up()
    return [row.value for row in recording.log.select("attention", {}) if row.key == STREAM]


def test_a_stretched_bound_is_said_once_and_needs_a_person(any_recording: Recording) -> None:
    tell(any_recording, 7200, 7800, 6900)

    [row] = open_words(any_recording)
    assert said(any_recording) == [("bound-stretched", 7200)]
    assert b"7200 s instead of 3600 s" in row


def test_what_has_become_worse_or_better_by_a_tenth_is_said_anew(any_recording: Recording) -> None:
    tell(any_recording, 7200, 72_000, 9000)

    [row] = open_words(any_recording)
    assert said(any_recording) == [("bound-stretched", each) for each in (7200, 72_000, 9000)]
    assert b"9000 s instead of 3600 s" in row


def test_it_is_said_when_the_promise_is_kept_again(any_recording: Recording) -> None:
    tell(any_recording, 7200, 3600)

    assert said(any_recording) == [("bound-stretched", 7200), ("bound-restored", None)]
    assert open_words(any_recording) == []


def test_without_orders_nothing_is_late(recording: Recording) -> None:
    tell(recording, 7200)
    recording.recorder.tell_bound("xverse", None, BOTH)

    assert open_words(recording) == []


def test_a_kept_promise_is_no_news(recording: Recording) -> None:
    tell(recording, 3600)
    recording.recorder.tell_bound("xverse", None, BOTH)

    assert said(recording) == []


def test_two_workers_with_other_orders_don_t_contradict_each_other(any_recording: Recording) -> None:
    other = any_recording.another_recorder("other")
    for _ in range(3):
        tell(any_recording, 9000)
        for effective in (7200, 3600):
            other.tell_bound("xverse", Gap(PROMISED, effective), BOTH)

    assert said(any_recording) == [("bound-stretched", 9000)]


def test_the_worst_that_a_worker_has_to_say_stands(any_recording: Recording) -> None:
    other = any_recording.another_recorder("other")
    tell(any_recording, 7200)
    other.tell_bound("xverse", Gap(PROMISED, 9000), BOTH)
    tell(any_recording, 7200)
    other.tell_bound("xverse", Gap(PROMISED, 3600), BOTH)
    tell(any_recording, 7200)

    told = [("bound-stretched", 7200), ("bound-stretched", 9000), ("bound-restored", None)]
    assert said(any_recording) == [*told, ("bound-stretched", 7200)]


def test_what_a_worker_said_that_is_gone_is_taken_back_by_any(any_recording: Recording) -> None:
    tell(any_recording, 7200)
    heir = any_recording.another_recorder("heir")

    heir.tell_bound("xverse", Gap(PROMISED, 3600), ["main", "heir"])
    assert said(any_recording) == [("bound-stretched", 7200)]

    heir.tell_bound("xverse", Gap(PROMISED, 3600), ["heir"])
    assert said(any_recording)[1:] == [("bound-restored", None)]
    assert open_words(any_recording) == []
