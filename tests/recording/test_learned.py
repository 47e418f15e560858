"""What looks teach beside events gets by with whatever a provider writes, and takes nothing else with it."""

from collections.abc import Sequence
from random import Random
from string import printable

import pytest

from domain.log import LogRefused, LogUnreachable
from domain.rows import Drift
from tests.fixtures.recording import ORDER, OTHER, Recording
from tests.recording.telling import told

RANDOM = "".join(Random(7).choices(printable, k=5_000))


def learned(recording: Recording) -> list[tuple[str, str, str]]:
    """What is news, after writing it."""
    recording.recorder.write_learned()
    return [(row.what, row.path, row.seen) for row in recording.log.drift("xverse") if row.news]


def refusing(recording: Recording, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(rows: Sequence[Drift]) -> None:
        raise error

    monkeypatch.setattr(recording.log, "add_drift", refuse)


def test_control_characters_in_words_and_names_are_escaped(any_recording: Recording) -> None:
    any_recording.state(1, "new", **{"col\x00our": "red"})
    any_recording.state(2, "x\x00\x1b[2J\x9b")
    any_recording.state(3, "new", orderType="mint\x00")

    assert learned(any_recording) == [
        ("field", "col\\u0000our", "text"),
        ("word", "state", "x\\u0000\\u001b[2J\\u009b"),
        ("value", "orderType", "mint\\u0000"),
    ]


@pytest.mark.parametrize("kind", ["\x00", RANDOM])
def test_a_made_up_kind_of_order_counts_as_none(any_recording: Recording, kind: str) -> None:
    for order in (ORDER, OTHER):
        any_recording.state(1, "new", order=order)
        any_recording.state(2, "executing", order=order, orderType=kind)
        any_recording.state(30, "complete", order=order, orderType=kind)
    any_recording.recorder.write_learned()

    assert [(row.state, row.times) for row in any_recording.log.dwells("xverse")] == [("executing", 2)]


def test_a_known_kind_has_a_class_however_it_is_spelled(recording: Recording) -> None:
    for order, kind in ((ORDER, "runes_mint"), (OTHER, "rune_mint")):
        recording.state(1, "new", order=order)
        recording.state(2, "executing", order=order, orderType=kind)
        recording.state(30, "complete", order=order, orderType=kind)
    recording.recorder.write_learned()

    assert [(row.state, row.times) for row in recording.log.dwells("xverse")] == [("mint/executing", 2)]


def test_what_the_log_refuses_is_dropped_and_said(
    recording: Recording, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recording.state(1, "new", colour="red")
    with monkeypatch.context() as patched:
        refusing(recording, LogRefused("unfit"), patched)
        recording.recorder.write_learned()

    assert "dropped, the log refuses it: unfit" in caplog.text
    assert learned(recording) == []
    assert told(recording) == ["OrderTracked", "StateChanged new"]


def test_what_can_not_be_written_now_is_written_later(
    recording: Recording, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recording.state(1, "new", colour="red")
    with monkeypatch.context() as patched:
        refusing(recording, LogUnreachable("away"), patched)
        recording.recorder.write_learned()

    assert "written later: away" in caplog.text
    assert learned(recording) == [("field", "colour", "text")]
