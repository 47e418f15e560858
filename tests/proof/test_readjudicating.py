from collections.abc import Sequence

import pytest

from domain.events import Corrected, Data, Event
from domain.identity import OrderKey
from domain.order import Order
from ordertrail.orders import fold
from ordertrail.readjudicating import Finding
from ordertrail.rejudging import Verdict
from tests.description.course import told
from tests.description.deciding import MISREAD
from tests.fixtures.recording import ORDER, Recording, key, minute_text
from tests.proof.judging import again, stream_name, verdicts
from tests.proof.newer import StricterXverse, Version, newer


def names(events: Sequence[Event[Data]]) -> list[str]:
    return [type(event.data).__name__ for event in events]


def corrected(finding: Finding) -> Corrected:
    data = finding.events[0].data
    assert isinstance(data, Corrected)
    return data


def standing(recording: Recording, order: str = ORDER) -> Order:
    return fold(recording.log.stream(stream_name(recording.log, key(order))))


def states(finding: Finding) -> list[tuple[str, bool]]:
    return [(step.target, step.inferred) for step in corrected(finding).steps]


def without_evidence(version: Version, sha256: str | None) -> Finding:
    """As the log would be without that body."""
    log = version.recording.log
    evidence = log.evidence
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log, "evidence", lambda digest: [] if digest == sha256 else evidence(digest))
        return version.show()


def test_todays_rules_make_of_every_story_what_is_recorded(recording: Recording) -> None:
    told(recording.log)
    version = Version(recording)

    for head in recording.log.heads():
        order = OrderKey(head.provider, head.order_id)
        if order == key(MISREAD):
            continue  # corrected by rules newer than today's
        finding = version.readjudication.show(order, at=recording.at, worker="main")

        assert (finding.events, finding.blocked) == ([], ""), order


def test_a_word_that_is_known_now_becomes_a_step(recording: Recording) -> None:
    recording.state(1, "pending")
    recording.state(2, "queued")

    finding = Version(recording, newer()).apply()

    assert names(finding.events) == ["Corrected"]
    assert corrected(finding).replaces == [3]
    assert states(finding) == [("pending", False), ("queued", False)]
    assert (corrected(finding).from_rules, corrected(finding).to_rules) == ("2.1", "2.2")
    after = standing(recording)
    assert (after.state, after.not_before, after.not_after) == (
        "queued",
        minute_text(1),
        "2026-01-01T00:02:01.000000Z",
    )
    assert after.attention == []


def test_a_contradiction_that_is_none_any_more_is_struck(recording: Recording) -> None:
    recording.state(1, "complete")
    recording.state(2, "executing")
    assert standing(recording).attention == ["regressed"]

    finding = Version(recording, newer()).apply()

    assert corrected(finding).replaces == [3]
    assert standing(recording).state == "executing"
    assert standing(recording).attention == []


def test_more_steps_may_be_certain_than_were(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "executing")

    finding = Version(recording, newer()).apply()

    assert states(finding) == [("new", False), ("pending", True), ("queued", True), ("executing", False)]


def test_a_new_contradiction_follows_with_the_look_that_shows_it(recording: Recording) -> None:
    recording.state(1, "failed")
    shown = recording.state(2, "refunded").events[0]

    finding = Version(recording, newer(StricterXverse)).apply()

    assert names(finding.events) == ["Corrected", "Contradicted"]
    assert (finding.events[1].look, finding.events[1].evidence) == (shown.look, shown.evidence)
    assert standing(recording).state == "failed"
    assert standing(recording).attention == ["unreachable"]


def test_a_state_that_is_none_any_more_leaves_no_state(recording: Recording) -> None:
    recording.state(1, "stale")

    finding = Version(recording, newer(StricterXverse)).apply()

    assert names(finding.events) == ["Corrected", "StatusUnrecognised"]
    after = standing(recording)
    assert (after.state, after.not_after, after.attention) == (None, None, ["unrecognised"])


def test_details_that_were_not_recorded_follow(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "queued", reason="waiting")

    finding = Version(recording, newer()).apply()

    assert names(finding.events) == ["Corrected", "DetailsChanged"]
    assert standing(recording).details == {"reason": "waiting"}


def test_correcting_twice_adds_nothing_the_second_time(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "queued", reason="waiting")
    recording.state(3, "complete")
    version = Version(recording, newer())

    first, second = version.apply(), version.apply()

    assert (first.applied, second.applied) == (True, False)
    assert second.events == []


def test_showing_appends_nothing(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "queued")

    shown = Version(recording, newer()).show()

    assert (len(shown.events), shown.applied) == (1, False)
    assert standing(recording).attention == ["unrecognised"]


def test_what_is_shown_is_what_is_appended(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "queued", reason="waiting")
    version = Version(recording, newer())

    assert version.show().events == version.apply().events


def test_going_back_to_the_rules_of_before_tells_their_story_again(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "queued", reason="waiting")
    before = standing(recording)
    Version(recording, newer()).apply()

    Version(recording).apply()

    after = standing(recording)
    assert (after.state, after.attention, after.details) == (before.state, before.attention, before.details)


def test_a_look_whose_evidence_is_gone_stays_as_it_is_recorded(recording: Recording) -> None:
    recording.state(1, "new")
    lost = recording.state(2, "pending").events[0]
    recording.state(3, "queued")
    version = Version(recording, newer())

    finding = without_evidence(version, lost.evidence)

    assert list(finding.unjudged) == [lost.look]
    assert finding.blocked == ""
    assert states(finding)[-1] == ("queued", False)


def test_an_order_is_not_corrected_if_evidence_after_the_difference_is_gone(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "queued")
    lost = recording.state(3, "executing").events[-1]
    version = Version(recording, newer())

    finding = without_evidence(version, lost.evidence)

    assert finding.events == []
    assert "not kept" in finding.blocked


def test_looks_after_a_correction_go_on_from_it(recording: Recording) -> None:
    recording.state(1, "pending")
    recording.state(2, "queued")
    version = Version(recording, newer())
    version.apply()
    recording.recorder = version.recorder

    seen = recording.state(3, "executing")

    assert names(seen.events) == ["StateChanged"]
    assert version.show().events == []


def test_a_correction_is_judged_again_to_the_same_bytes(recording: Recording) -> None:
    recording.state(1, "failed")
    recording.state(2, "refunded", reason="late")
    version = Version(recording, newer(StricterXverse))
    version.apply()

    found = verdicts(again(recording, provider=version.provider, read=version.read))

    assert found == {
        1: Verdict.NO_LOOK,
        2: Verdict.OTHER_RULES,
        3: Verdict.OTHER_RULES,
        4: Verdict.OTHER_RULES,
        5: Verdict.SAME,
        6: Verdict.SAME,
        7: Verdict.SAME,
    }


def test_another_correction_than_todays_rules_make_is_found(recording: Recording) -> None:
    recording.state(1, "pending")
    recording.state(2, "queued")
    Version(recording, newer()).apply()

    found = verdicts(again(recording, provider=newer(StricterXverse), read=Version(recording).read))

    assert found[4] is Verdict.DIFFERS
