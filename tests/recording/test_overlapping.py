"""Portions of looks: each is judged while the one before is being committed."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from domain.log import LogUnreachable
from domain.rows import Entry, Outcome
from ordertrail.observation import Observation, Seen
from ordertrail.orders import fold
from ordertrail.record import Recorder
from tests.fixtures.recording import ORDER, OTHER, Recording
from tests.recording.telling import body, kept, observation, seen_by, stream_of, told
from tests.recording.test_races import unacknowledged

WORDS = ("new", "pending", "executing", "complete")


def looks(recording: Recording, order: str, words: Sequence[str] = WORDS) -> list[Observation]:
    return [
        observation(recording, minutes, body(word, order), order=order)
        for minutes, word in enumerate(words, start=1)
    ]


def observed(recorder: Recorder, *portions: Sequence[Observation]) -> list[Seen]:
    with ThreadPoolExecutor(1) as committing:
        return [one for seen in recorder.observe_all(portions, committing) for one in seen]


def test_a_portion_is_judged_while_the_one_before_is_committed(any_recording: Recording) -> None:
    next_asked, log, commit = Event(), any_recording.log, any_recording.log.commit
    waited: list[bool] = []

    def slow(entries: Sequence[Entry]) -> list[Outcome]:
        waited.append(next_asked.wait(20))
        return commit(entries)

    def portions() -> Iterator[list[Observation]]:
        yield looks(any_recording, ORDER)
        next_asked.set()
        yield looks(any_recording, OTHER)

    log.commit = slow  # type: ignore[method-assign] # the log itself stays real
    with ThreadPoolExecutor(1) as committing:
        seen = list(any_recording.recorder.observe_all(portions(), committing))

    assert waited == [True, True]
    assert [one.order.state for portion in seen for one in portion] == [*WORDS, *WORDS]
    assert told(any_recording) == told(any_recording, OTHER)


def test_an_order_in_every_portion_tells_what_it_tells_look_by_look(any_recording: Recording) -> None:
    portions = zip(looks(any_recording, ORDER), looks(any_recording, OTHER), strict=True)

    seen = observed(any_recording.recorder, *portions)

    for minutes, word in enumerate(WORDS, start=1):
        any_recording.state(minutes, word, order="xverse/one-by-one")
    assert told(any_recording) == told(any_recording, OTHER) == told(any_recording, "xverse/one-by-one")
    assert [one.order.state for one in seen] == [word for word in WORDS for _ in (ORDER, OTHER)]
    stream = any_recording.log.stream(stream_of(any_recording))
    assert seen[-2].order == fold(stream)


def test_a_portion_that_lost_its_race_leaves_no_gap_before_the_next(any_recording: Recording) -> None:
    winner, loser = any_recording.another_recorder(), any_recording.another_recorder()
    seen_by(loser, any_recording, 0, "new")
    seen_by(winner, any_recording, 0.5, "executing")
    late, finished = looks(any_recording, ORDER, ("executing", "complete"))

    seen = observed(loser, [late], [finished])

    assert [one.order.state for one in seen] == ["executing", "complete"]
    assert told(any_recording)[-2:] == ["StateChanged executing", "StateChanged complete"]
    versions = [row.version for row in any_recording.log.stream(stream_of(any_recording))]
    assert versions == list(range(1, len(versions) + 1))


@pytest.mark.parametrize("stored", [True, False])
def test_what_could_not_be_committed_is_not_built_upon(any_recording: Recording, stored: bool) -> None:
    recorder, log = any_recording.recorder, any_recording.log
    portions = [[one] for one in looks(any_recording, ORDER)]
    if stored:
        unacknowledged(any_recording)
    else:
        commit = log.commit
        log.commit = away  # type: ignore[method-assign] # the log itself stays real
    with pytest.raises(LogUnreachable):
        observed(recorder, *portions)
    if not stored:
        log.commit = commit  # type: ignore[method-assign] # as above

    observed(recorder, *portions)

    assert told(any_recording) == ["OrderTracked", *(f"StateChanged {word}" for word in WORDS)]
    assert any_recording.vault.open(kept(any_recording, body("new"))[0])


def away(entries: Sequence[Entry]) -> list[Outcome]:
    raise LogUnreachable("the server is away")
