"""Two recorders on one log: whoever loses judges again on what the winner wrote."""

from collections.abc import Callable

import msgspec
import pytest

from domain.instants import HOUR, SECOND
from domain.log import LogUnreachable
from domain.order import Tracking
from domain.readings import NotFound
from domain.rows import Entry, Outcome
from domain.watch import Watch, settled, unchanged
from ordertrail.observation import Seen
from ordertrail.orders import fold, watch_of
from ordertrail.record import Recorder
from tests.fixtures.recording import ORDER, OTHER, Came, Recording, key, minute
from tests.recording.telling import body, kept, observation, seen_by, stream_of, told


def test_the_loser_is_judged_again_on_what_the_winner_wrote(any_recording: Recording) -> None:
    winner, loser = any_recording.another_recorder(), any_recording.another_recorder()
    seen_by(winner, any_recording, 1, "new")
    seen_by(loser, any_recording, 2, "new")
    seen_by(winner, any_recording, 3, "executing")

    seen = seen_by(loser, any_recording, 4, "complete")

    assert [event.data.TOPIC for event in seen.events] == ["ordertrail.state-changed.v1"]
    assert told(any_recording)[1:] == ["StateChanged new", "StateChanged executing", "StateChanged complete"]


def test_what_the_winner_told_already_is_not_told_again(any_recording: Recording) -> None:
    winner, loser = any_recording.another_recorder(), any_recording.another_recorder()
    for minutes, recorder in enumerate((winner, loser)):
        seen_by(recorder, any_recording, minutes, "new")
    seen_by(winner, any_recording, 3, "complete")

    seen = seen_by(loser, any_recording, 4, "complete")

    assert (seen.events, seen.order.state) == ([], "complete")
    assert told(any_recording).count("StateChanged complete") == 1


def test_recorders_that_take_turns_tell_one_story(any_recording: Recording) -> None:
    recorders = [any_recording.another_recorder() for _ in range(2)]
    words = ["new", "new", "pending", "pending", "executing", "executing", "complete", "complete"]

    for minutes, word in enumerate(words):
        seen_by(recorders[minutes % 2], any_recording, minutes, word)

    assert told(any_recording)[1:] == [f"StateChanged {word}" for word in words[::2]]
    order = fold(any_recording.log.stream(stream_of(any_recording)))
    assert (order.state, order.attention) == ("complete", [])


def test_an_answer_that_looks_unchanged_to_a_stale_recorder_is_judged_all_the_same(
    any_recording: Recording,
) -> None:
    stale, other = any_recording.another_recorder(), any_recording.another_recorder()
    seen_by(stale, any_recording, 1, "new")
    seen_by(other, any_recording, 2, "executing")

    seen_by(stale, any_recording, 3, "new")

    assert told(any_recording)[-2:] == ["StateChanged executing", "Contradicted regressed"]


def test_a_stale_watch_of_the_callers_own_gives_way_to_what_the_winner_wrote(
    any_recording: Recording,
) -> None:
    stale, other = any_recording.another_recorder(), any_recording.another_recorder()
    own = seen_by(stale, any_recording, 1, "new").watch
    seen_by(other, any_recording, 5, "executing")

    look = observation(any_recording, 3, body("new", novelty=1))
    [seen] = stale.observe([msgspec.structs.replace(look, watch=own)])

    assert told(any_recording)[-1] == "StateChanged executing"
    assert (seen.order.state, seen.watch.given) == ("executing", minute(5) + SECOND)


def test_not_found_counts_again_once_another_worker_has_seen_the_order(any_recording: Recording) -> None:
    """OrdinalsBot says it within HTTP 200, and with the same bytes each time."""
    order = "ordinalsbot/5f0c6b9e-0000-4000-8000-000000000003"
    queued = {"status": "ok", "id": key(order).order_id, "state": "queued"}
    absent = {"status": "error", "error": "no such order"}
    any_recording.look(0, queued, order=order)
    own = any_recording.look(1, absent, order=order).watch
    any_recording.look(2, queued, order=order)

    restarted = any_recording.another_recorder()
    look = observation(any_recording, 3, absent, order=order)
    [seen] = restarted.observe([msgspec.structs.replace(look, watch=own)])

    assert isinstance(seen.reading, NotFound)
    assert seen.watch.unseen == 1
    [row] = any_recording.log.watches([seen.stream]).values()
    assert watch_of(row.watch).counts == {"not_found": 2}


BOTS = "ordinalsbot/5f0c6b9e-0000-4000-8000-000000000003"
ABSENT = {"status": "error", "error": "no such order"}


def queued(**more: str) -> Came:
    return {"status": "ok", "id": key(BOTS).order_id, "state": "queued", **more}


def looked(recorder: Recorder, recording: Recording, minutes: float, came: Came, watch: Watch | None) -> Seen:
    """By a worker that holds this watch of an OrdinalsBot order."""
    look = observation(recording, minutes, came, order=BOTS)
    [seen] = recorder.observe([msgspec.structs.replace(look, watch=watch)])
    return seen


def test_a_body_without_the_order_that_another_worker_stored_last_counts_all_the_same(
    any_recording: Recording,
) -> None:
    first, other = any_recording.another_recorder(), any_recording.another_recorder()
    own = looked(first, any_recording, 0, queued(), None).watch
    theirs = looked(other, any_recording, 1, queued(batch="b"), None).watch
    looked(other, any_recording, 2, ABSENT, theirs)
    own = unchanged(own, observation(any_recording, 3, queued()).look, HOUR)
    first.save_watches({stream_of(any_recording, BOTS): own})

    own = settled(own)
    for minutes in (4, 10, 16):
        seen = looked(any_recording.another_recorder(), any_recording, minutes, ABSENT, own)
        own = seen.watch

    assert told(any_recording, BOTS)[-1] == "OrderForgotten"


def test_looks_without_the_order_are_in_a_row_only_if_no_other_worker_saw_it_meanwhile(
    any_recording: Recording,
) -> None:
    first, other = any_recording.another_recorder(), any_recording.another_recorder()
    own = looked(first, any_recording, 0, queued(), None).watch
    own = looked(first, any_recording, 1, ABSENT, own).watch
    looked(other, any_recording, 5, queued(), None)

    for minutes in (6, 12):
        own = looked(any_recording.another_recorder(), any_recording, minutes, ABSENT, own).watch

    assert "OrderForgotten" not in told(any_recording, BOTS)
    looked(any_recording.another_recorder(), any_recording, 30, ABSENT, own)
    assert told(any_recording, BOTS)[-1] == "OrderForgotten"


def test_an_order_that_is_forgotten_is_found_by_the_very_body_that_was_seen_before(
    any_recording: Recording,
) -> None:
    first = any_recording.another_recorder()
    own = looked(first, any_recording, 0, queued(), None).watch
    for minutes in (1, 7, 13):
        looked(first, any_recording, minutes, ABSENT, None)
    assert told(any_recording, BOTS)[-1] == "OrderForgotten"

    looked(any_recording.another_recorder(), any_recording, 14, queued(), own)

    assert told(any_recording, BOTS)[-1].startswith("Agreed")


def test_a_stale_watch_makes_no_interval_wrong(any_recording: Recording) -> None:
    stale, other = any_recording.another_recorder(), any_recording.another_recorder()
    own = seen_by(stale, any_recording, 1, "new").watch
    seen_by(other, any_recording, 5, "executing")

    look = observation(any_recording, 8, body("complete"))
    [seen] = stale.observe([msgspec.structs.replace(look, watch=own)])

    assert seen.events[0].not_before == "2026-01-01T00:05:00.000000Z"


def test_an_unknown_order_seen_by_two_at_once_is_registered_once(any_recording: Recording) -> None:
    first, second = any_recording.another_recorder(), any_recording.another_recorder()
    looks = [observation(any_recording, minutes, body("new")) for minutes in (1, 2)]
    forestalled(second, lambda: first.observe(looks[:1]))

    [seen] = second.observe(looks[1:])

    assert seen.stream == stream_of(any_recording)
    assert told(any_recording) == ["OrderTracked", "StateChanged new"]
    [evidence] = kept(any_recording, body("new"))
    assert any_recording.vault.open(evidence)


def test_an_order_that_appears_between_two_questions_is_found(any_recording: Recording) -> None:
    first, second = any_recording.another_recorder(), any_recording.another_recorder()
    looks = [observation(any_recording, minutes, body("new")) for minutes in (1, 2)]
    asked = any_recording.log.registered
    answers = iter([None])

    def registered(provider: str, order_id: str) -> str | None:
        for late in answers:
            first.observe(looks[:1])
            return late
        return asked(provider, order_id)

    any_recording.log.registered = registered  # type: ignore[method-assign] # the log itself stays real
    [seen] = second.observe(looks[1:])

    assert seen.order.state == "new"
    assert told(any_recording) == ["OrderTracked", "StateChanged new"]


def test_the_other_orders_of_a_lost_batch_are_written_once(any_recording: Recording) -> None:
    winner, loser = any_recording.another_recorder(), any_recording.another_recorder()
    seen_by(loser, any_recording, 1, "new")
    seen_by(winner, any_recording, 2, "executing")

    batch = [
        observation(any_recording, 3, body("new", OTHER), order=OTHER),
        observation(any_recording, 3, body("complete")),
        observation(any_recording, 4, body("executing", OTHER), order=OTHER),
    ]
    seen = loser.observe(batch)

    assert [one.key for one in seen] == [key(OTHER), key(ORDER), key(OTHER)]
    assert told(any_recording, OTHER) == ["OrderTracked", "StateChanged new", "StateChanged executing"]
    assert told(any_recording)[-1] == "StateChanged complete"


def test_tracking_that_loses_its_race_finds_the_winners_order(any_recording: Recording) -> None:
    first, second = any_recording.another_recorder(), any_recording.another_recorder()
    wanted = Tracking(environment="https://provider.example")
    forestalled(second, lambda: first.track([(key(ORDER), wanted)]))

    [tracked] = second.track([(key(ORDER), wanted)])

    assert (tracked.stream, tracked.new, tracked.changed) == (stream_of(any_recording), False, False)
    assert told(any_recording) == ["OrderTracked"]


@pytest.mark.parametrize("known", [True, False])
def test_a_lost_acknowledgement_adds_nothing(any_recording: Recording, known: bool) -> None:
    recorder = any_recording.another_recorder()
    if known:
        seen_by(recorder, any_recording, 1, "new")
    look = observation(any_recording, 2, body("executing"))
    unacknowledged(any_recording)

    with pytest.raises(LogUnreachable):
        recorder.observe([look])
    tail = any_recording.log.tail()
    any_recording.at += 1
    [seen] = recorder.observe([look])

    assert seen.order.state == "executing"
    assert any_recording.log.tail() == tail
    assert told(any_recording).count("StateChanged executing") == 1
    assert len(any_recording.log.looks(seen.stream)) == 1 + known
    assert all(any_recording.vault.open(row) for row in kept(any_recording, body("executing")))


def forestalled(loser: object, winner: Callable[[], object]) -> None:
    """The winner writes just before the loser's next commit."""
    log = loser.log  # type: ignore[attr-defined] # a recorder's
    commit = log.commit

    def late(entries: list[Entry]) -> list[Outcome]:
        log.commit = commit
        winner()
        return commit(entries)  # type: ignore[no-any-return] # it is the log's own

    log.commit = late


def unacknowledged(recording: Recording) -> None:
    """The log's next commit is done, and nobody learns of it."""
    log, commit = recording.log, recording.log.commit

    def lost(entries: list[Entry]) -> list[Outcome]:
        log.commit = commit  # type: ignore[method-assign] # the log itself stays real
        commit(entries)
        raise LogUnreachable("the connection broke")

    log.commit = lost  # type: ignore[assignment, method-assign] # as above
