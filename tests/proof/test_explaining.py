import msgspec
import pytest

from domain.encoding import UnknownEvent
from domain.events import KINDS, BoundRestored, BoundStretched, Data, LogSealed
from domain.identity import OrderKey
from domain.providers import PROVIDERS
from domain.readings import Clock, Failed
from ordertrail.explaining import UnknownVersion
from ordertrail.explanation import line
from ordertrail.looked import Verdict
from tests.description.course import told
from tests.fixtures.recording import ORDER, OTHER, Recording, key
from tests.proof.explaining import explained, words
from tests.proof.judging import stream_name
from tests.proof.newer import StricterXverse, Version, newer
from tests.recording.canaries import MARK, ORDERS, nested, texts

SAME = "Just now, by the same rules 2.1: the same, byte for byte."


def test_every_event_of_whatever_can_happen_is_explained(recording: Recording) -> None:
    told(recording.log)
    kinds: set[type[Data]] = set()

    for head in list(recording.log.heads()):
        for version in range(1, head.version + 1):
            one = explained(recording, version, order=OrderKey(head.provider, head.order_id))
            kinds.add(type(one.event.data))

            assert one.agrees, (head.order_id, version, one.why)
            assert words(one)["Why"], type(one.event.data)
            assert msgspec.json.decode(msgspec.json.encode(line(one)))["version"] == version
    assert kinds == set(KINDS.values()) - {LogSealed, BoundStretched, BoundRestored}, "of no order"


def test_an_inferred_step_is_said_to_be_on_every_way(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "complete")

    why = words(explained(recording, 3))

    assert "Nobody saw the order in executing." in why["Why"]
    assert (
        "The ways are: new → executing → complete; new → pending → executing → complete; "
        "new → stale → executing → complete" in why["Why"]
    )
    assert "Whether it was in pending or stale as well nobody can know" in why["Why"]
    assert why["Judged again"] == SAME


def test_a_plain_step_names_its_transition(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "pending")

    why = words(explained(recording, 3))["Why"]

    assert "has a step from there to pending, called fund." in why


def test_a_first_look_infers_nothing(recording: Recording) -> None:
    recording.state(1, "complete")

    found = words(explained(recording, 2))

    assert "It is the first state that any answer showed." in found["Why"]
    assert found["When"].startswith("By 2026-01-01 00:01:01.000, when the look ended.")


@pytest.mark.parametrize(("moved", "said"), [(1, "less than a millisecond"), (2_500_000, "2.5 s")])
def test_an_interval_across_a_stepped_clock_says_by_how_much_it_is_widened(
    recording: Recording, moved: int, said: str
) -> None:
    for minutes, word, offset in [(1, "new", 0), (2, "pending", moved)]:
        body = {"id": key(ORDER).order_id, "state": word}
        recording.look(minutes, body, clock=Clock("ours", offset))

    when = words(explained(recording, 3))["When"]

    assert f"widened by {said}: the looks were timed by different or stepped clocks." in when


def test_a_contradiction_says_what_was_possible_and_what_can_be_done(recording: Recording) -> None:
    recording.state(1, "executing")
    recording.state(2, "new")

    found = words(explained(recording, 3))

    assert "no way of Xverse's lifecycle leads from there to new" in found["Why"]
    assert "new lies behind executing" in found["Why"]
    assert "only come to complete, failed or refunded" in found["Why"]
    assert f"ordertrail adopt {ORDER} --state new" in found["Why"]
    assert "the order is in new" in found["The look"]


def test_a_contradiction_that_is_settled_says_by_what(recording: Recording) -> None:
    recording.state(1, "executing")
    recording.state(2, "new")
    recording.state(3, "executing")

    assert "It is settled: version 4 agrees again." in words(explained(recording, 3))["Why"]


def test_an_unknown_word_says_what_is_known(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "queued")

    assert "Known are new, pending, executing" in words(explained(recording, 3))["Why"]


def test_a_word_that_todays_rules_know_is_said_so(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "queued")

    one = explained(recording, 3, version=Version(recording, newer()))

    assert "Today's rules know it" in words(one)["Why"]
    assert (
        "today's rules make: StateChanged new → pending (inferred), StateChanged pending → queued"
        in (words(one)["Judged again"])
    )
    assert one.verdict is Verdict.OTHER_RULES
    assert one.agrees


def test_a_rejected_body_says_what_is_wrong_with_it(recording: Recording) -> None:
    recording.look(1, b"<html>")

    found = words(explained(recording, 2))

    assert "is no JSON that can be trusted" in found["Why"]
    assert "not shown (6 bytes)" in found["The evidence"]


def test_what_was_lost_from_sight_says_how_often_it_was_missed(recording: Recording) -> None:
    recording.state(1, "new")
    for minutes in range(2, 12):
        recording.look(minutes, Failed("timeout"))
        recording.state(minutes + 0.5, "new", order=OTHER)

    one = explained(recording, 3)

    assert "looks in a row failed, the last one as timeout" in words(one)["Why"]
    assert one.verdict is Verdict.NO_LOOK


def test_a_correction_lists_what_it_strikes_and_the_states(recording: Recording) -> None:
    recording.state(1, "failed")
    recording.state(2, "refunded")
    version = Version(recording, newer(StricterXverse))
    version.apply()

    corrected, following = (explained(recording, at, version=version) for at in (4, 5))

    why = words(corrected)["Why"]
    assert "version 3 no longer holds: StateChanged failed → refunded" in why
    assert "failed, by 2026-01-01 00:01:01.000" in why
    assert "With it came version 5 (Contradicted unreachable: refunded)" in why
    assert corrected.verdict is following.verdict is Verdict.SAME
    assert "It came with the correction of version 4" in words(following)["Why"]


def test_what_was_struck_says_by_which_correction(recording: Recording) -> None:
    recording.state(1, "complete")
    recording.state(2, "executing")
    version = Version(recording, newer())
    version.apply()

    assert (
        "It holds no more: version 4 corrects it." in words(explained(recording, 3, version=version))["Why"]
    )


def test_an_adopted_state_says_who_why_and_against_what(recording: Recording) -> None:
    recording.state(1, "complete")
    recording.state(2, "failed")
    Version(recording).adopt("failed")

    one = explained(recording, 4)

    assert "u-17 decided that the order is in failed, because: they said so by mail" in words(one)["Why"]
    assert "in version 3; the order was in complete until then" in words(one)["Why"]
    assert one.verdict is Verdict.SAME
    assert "in version 4 a person adopted failed" in words(explained(recording, 3))["Why"]


def test_a_version_that_is_not_there_is_named_with_those_that_are(recording: Recording) -> None:
    recording.state(1, "new")

    with pytest.raises(UnknownVersion, match="there are 1 to 2"):
        explained(recording, 3)


def test_what_comes_before_an_event_that_can_not_be_read_is_explained(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "pending")
    rows = recording.log.stream(stream_name(recording.log, key(ORDER)))
    newer_kind = [*rows[:2], rows[2]._replace(topic="ordertrail.new.v9")]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording.log, "stream", lambda name: newer_kind)

        assert explained(recording, 2).verdict is Verdict.SAME
        with pytest.raises(UnknownEvent):
            explained(recording, 3)


@pytest.mark.parametrize("slug", PROVIDERS)
def test_no_secret_is_in_any_explanation(recording: Recording, slug: str) -> None:
    order = f"{slug}/{ORDERS[slug]}"
    recording.look(1, texts(slug), order=order)
    recording.look(2, nested(slug), order=order)
    [head] = recording.log.heads()

    for version in range(1, head.version + 1):
        shown = msgspec.json.encode(line(explained(recording, version, order=order))).decode()

        assert MARK not in shown
