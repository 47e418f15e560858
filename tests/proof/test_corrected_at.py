"""Where an order stood, asked before and after a correction."""

import pytest

from domain.instants import Instant
from domain.log import Log
from ordertrail.order_at import order
from ordertrail.project import Projector
from ordertrail.queries import attention, orders
from ordertrail.stream import Line
from tests.fixtures.recording import ORDER, Recording, key, minute
from tests.proof.newer import StricterXverse, Version, newer


def asked(log: Log, *, as_of: float | None = None, known_at: Instant | None = None) -> Line:
    return order(log, key(ORDER), as_of=None if as_of is None else minute(as_of), known_at=known_at)


@pytest.fixture
def corrected(recording: Recording) -> Recording:
    """`queued` was seen at the tenth minute, and known for a state at the hundredth."""
    recording.state(1, "new")
    recording.state(10, "queued", reason="waiting")
    recording.state(20, "executing")
    recording.at = minute(100)
    Version(recording, newer()).apply()
    return recording


def test_a_corrected_state_counts_from_when_it_was_true(corrected: Recording) -> None:
    line = asked(corrected.log, as_of=15)

    assert line["possible"] == ["queued", "executing"]
    assert line["attention"] == []


def test_inside_a_corrected_interval_nobody_can_say(corrected: Recording) -> None:
    assert asked(corrected.log, as_of=5)["possible"] == ["new", "pending", "queued"]


def test_before_it_was_known_a_correction_does_not_count(corrected: Recording) -> None:
    line = asked(corrected.log, as_of=15, known_at=minute(99))

    assert line["possible"] == ["new", "executing"]
    assert asked(corrected.log, known_at=minute(12))["attention"] == ["unrecognised"]


def test_what_was_struck_does_not_count_at_any_time(recording: Recording) -> None:
    recording.state(1, "failed")
    recording.state(2, "refunded")
    recording.at = minute(100)
    Version(recording, newer(StricterXverse)).apply()

    line = asked(recording.log, as_of=50)

    assert (line["state"], line["attention"]) == ("failed", ["unreachable"])


def test_without_a_moment_the_corrected_state_is_the_present_one(corrected: Recording) -> None:
    line = asked(corrected.log)

    assert (line["state"], line["phase"], line["attention"]) == ("executing", "processing", [])


def test_the_read_models_follow_a_correction(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(10, "queued")
    projector = Projector(recording.log, say=lambda words: None)
    projector.catch_up()
    before = [line["kinds"] for line in attention(recording.log)]

    Version(recording, newer()).apply()
    projector.catch_up()

    assert before == [["unrecognised"]]
    assert list(attention(recording.log)) == []
    assert [line["state"] for line in orders(recording.log)] == ["queued"]


def test_what_a_person_adopted_stays_when_judged_again(recording: Recording) -> None:
    recording.state(1, "complete")
    recording.state(2, "failed")
    Version(recording).adopt("failed")
    recording.state(3, "stale")

    finding = Version(recording, newer(StricterXverse)).apply()

    assert [type(event.data).__name__ for event in finding.events] == ["Corrected", "StatusUnrecognised"]
    assert asked(recording.log)["state"] == "failed"


def test_todays_rules_may_come_to_the_adopted_state_by_themselves(recording: Recording) -> None:
    recording.state(1, "complete")
    recording.state(2, "failed")
    Version(recording).adopt("failed")

    Version(recording, newer()).apply()

    line = asked(recording.log)
    assert (line["state"], line["attention"]) == ("failed", [])
    assert asked(recording.log, as_of=1.99)["possible"] == ["complete", "executing", "failed"]
