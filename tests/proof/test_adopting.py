import pytest

from domain.adoption import NotReported, UnknownState, adopt
from domain.encoding import decode
from domain.events import StateAdopted
from domain.identity import OrderKey
from domain.rows import Effect
from domain.xverse import XVERSE
from ordertrail.acts import Act
from ordertrail.adopting import adopt_state
from ordertrail.rejudging import Verdict
from ordertrail.stream import UnknownOrder
from tests.fixtures.recording import ORDER, Recording, key, minute_text
from tests.proof.judging import again, stream_name, verdicts
from tests.proof.newer import Version


def test_the_adopted_state_counts_and_the_contradiction_is_closed(recording: Recording) -> None:
    recording.state(1, "complete")
    recording.state(2, "failed")

    adopted = Version(recording).adopt("failed")

    assert (adopted.order.state, adopted.order.phase, adopted.order.attention) == ("failed", "failed", [])
    row = recording.log.stream(stream_name(recording.log, key(ORDER)))[-1]
    event = decode(row.topic, row.state)
    assert event.data == StateAdopted("failed", "they said so by mail", "u-17")
    assert event.not_before == event.not_after == event.recorded_at == minute_text(2 + 2 / 60)


def test_the_next_look_proves_the_adopted_state_even_by_the_same_body(any_recording: Recording) -> None:
    any_recording.state(1, "complete")
    any_recording.state(2, "failed")
    Version(any_recording).adopt("failed")
    again_recorder = any_recording.another_recorder()
    any_recording.recorder = again_recorder

    same = any_recording.state(3, "failed")
    moved = any_recording.state(4, "refunded")

    assert same.events == []
    assert same.watch.good
    assert [event.not_before for event in moved.events] == [minute_text(3)]


def test_a_change_right_after_may_have_been_before_the_decision(recording: Recording) -> None:
    recording.state(1, "complete")
    recording.state(2, "failed")
    version = Version(recording)
    version.adopt("failed")
    recording.recorder = version.recorder

    [event] = recording.state(3, "refunded").events

    assert (event.not_before, event.state) == (minute_text(1), "refunded")


def test_only_a_state_that_the_lifecycle_knows_can_be_adopted(recording: Recording) -> None:
    recording.state(1, "complete")
    recording.state(2, "odd")

    with pytest.raises(UnknownState, match="there are new, pending, executing, complete"):
        Version(recording).adopt("odd")


def test_only_a_state_that_was_reported_can_be_adopted(recording: Recording) -> None:
    recording.state(1, "complete")
    recording.state(2, "failed")

    with pytest.raises(NotReported, match="the provider reported failed"):
        Version(recording).adopt("refunded")


def test_without_a_contradiction_there_is_nothing_to_decide(recording: Recording) -> None:
    recording.state(1, "complete")

    with pytest.raises(NotReported, match="nothing is"):
        Version(recording).adopt("failed")


def test_an_unknown_order_has_no_contradiction(recording: Recording) -> None:
    version = Version(recording)

    with pytest.raises(UnknownOrder):
        adopt_state(
            version.recorder, OrderKey("xverse", "none"), "failed", "r", by="u", provider=version.provider
        )


def test_looks_after_an_adoption_are_judged_again_to_the_same_bytes(recording: Recording) -> None:
    recording.state(1, "complete")
    recording.state(2, "failed")
    version = Version(recording)
    version.adopt("failed")
    recording.recorder = version.recorder
    recording.state(3, "refunded")

    assert set(verdicts(again(recording)).values()) == {Verdict.SAME, Verdict.NO_LOOK}


def test_a_decision_that_others_forestall_is_made_on_what_they_wrote(recording: Recording) -> None:
    recording.state(1, "complete")
    recording.state(2, "failed")
    version = Version(recording)
    version.recorder.known(key(ORDER))
    recording.state(3, "complete")

    with pytest.raises(NotReported):
        version.adopt("failed")


def test_a_command_that_adopts_has_the_next_look_prove_the_state_as_well(any_recording: Recording) -> None:
    any_recording.state(1, "complete")
    any_recording.state(2, "failed")

    any_recording.recorder.act(
        key(ORDER),
        lambda order, stamp: Act(
            adopt(XVERSE, order, "failed", "mail", by="u-17", at=stamp.at, worker=stamp.worker),
            lambda after: Effect(),
        ),
    )

    assert any_recording.state(3, "failed").watch.good
