from collections import Counter
from collections.abc import Callable

import pytest

from domain.identity import OrderKey
from domain.readings import Failed
from domain.rows import LookRow
from ordertrail.rejudging import Verdict
from tests.description.course import told
from tests.fixtures.recording import ORDER, OTHER, Recording, key
from tests.proof.judging import again, stream_name, verdicts


def test_whatever_can_happen_is_judged_again_to_the_same_bytes(recording: Recording) -> None:
    told(recording.log)
    found: Counter[Verdict] = Counter()

    for head in list(recording.log.heads()):
        found.update(one.verdict for one in again(recording, OrderKey(head.provider, head.order_id)))

    assert set(found) <= {Verdict.SAME, Verdict.NO_LOOK, Verdict.ERASED, Verdict.OTHER_RULES}
    assert found[Verdict.SAME] > 150
    assert found[Verdict.OTHER_RULES] == 2, "what newer rules corrected"


def test_what_no_look_told_is_said_to_have_none(recording: Recording) -> None:
    recording.state(1, "new")
    recording.recorder.stop(key(ORDER), "enough", by="actor-1")

    found = verdicts(again(recording))

    assert found == {1: Verdict.NO_LOOK, 2: Verdict.SAME, 3: Verdict.NO_LOOK}


def test_looks_that_told_nothing_are_judged_as_well(recording: Recording) -> None:
    recording.state(1, "new", reason="a")
    recording.state(2, "complete")
    recording.state(3, "new")
    recording.state(4, "new", reason="b")

    silent = [one for one in again(recording) if one.version is None]

    assert [one.verdict for one in silent] == [Verdict.SAME]


def test_another_answer_of_the_reader_is_a_difference(recording: Recording) -> None:
    recording.state(1, "new")

    [_, found] = again(recording, read=lambda order_id, answer: Failed("timeout"))

    assert (found.version, found.verdict) == (2, Verdict.DIFFERS)
    assert found.why == "judged again it tells nothing; recorded is StateChanged"


ALTERATIONS: dict[str, Callable[[LookRow], LookRow]] = {
    "answered_at": lambda look: look._replace(answered_at=look.answered_at + 1),
    "http_status": lambda look: look._replace(http_status=404),
    "truncated": lambda look: look._replace(truncated=True),
    "look": lambda look: look._replace(look=look.look[::-1]),
}


@pytest.mark.parametrize("column", ALTERATIONS)
def test_an_altered_look_is_found(recording: Recording, column: str) -> None:
    recording.state(1, "new")
    recording.state(2, "pending")
    looks = recording.log.looks(stream_name(recording.log, key(ORDER)))

    found = verdicts(again(recording, looks=list(map(ALTERATIONS[column], looks))))

    assert {Verdict.DIFFERS, Verdict.LOST} & set(found.values())


def test_a_look_that_is_gone_is_lost(recording: Recording) -> None:
    recording.state(1, "new")

    [_, found] = again(recording, looks=[])

    assert (found.version, found.verdict) == (2, Verdict.LOST)


def test_evidence_that_does_not_open_is_lost(recording: Recording) -> None:
    recording.state(1, "new")
    [look] = recording.log.looks(stream_name(recording.log, key(ORDER)))

    [_, found] = again(recording, looks=[look._replace(evidence="ab" * 32)])

    assert (found.version, found.verdict) == (2, Verdict.LOST)


def test_events_of_other_rules_are_only_named(recording: Recording) -> None:
    recording.state(1, "new")
    rows = recording.log.stream(stream_name(recording.log, key(ORDER)))
    older = [row._replace(state=row.state.replace(b'"rules":"2.1"', b'"rules":"0.9"')) for row in rows]

    found = verdicts(again(recording, rows=older))

    assert found == {1: Verdict.NO_LOOK, 2: Verdict.OTHER_RULES}


def test_an_event_moved_to_another_version_is_a_difference(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "pending")
    first, second, third = recording.log.stream(stream_name(recording.log, key(ORDER)))

    found = verdicts(again(recording, rows=[first, third._replace(version=2)]))

    assert found[2] is Verdict.DIFFERS
    assert second.version == 2


def test_what_this_version_can_not_read_ends_the_judging(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "pending")
    first, second, third = recording.log.stream(stream_name(recording.log, key(ORDER)))

    found = verdicts(again(recording, rows=[first, second._replace(topic="ordertrail.new.v9"), third]))

    assert found[2] is found[3] is Verdict.UNREADABLE


def test_looks_are_judged_again_alike_on_each_database(any_recording: Recording) -> None:
    any_recording.state(1, "new", order=OTHER)
    any_recording.look(2, Failed("timeout"), order=OTHER)
    any_recording.state(3, "complete", order=OTHER)

    found = verdicts(again(any_recording, OTHER))

    assert set(found.values()) == {Verdict.NO_LOOK, Verdict.SAME}
