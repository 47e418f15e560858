"""Replies that were lost with their topic, put on their way again from the log."""

from ordertrail.replies import UNKEYED
from ordertrail.republishing import queue_replies
from tests.commands.sending import answers, command, commander, record
from tests.fixtures.recording import START, Recording


def answered(recording: Recording, *ids: str) -> None:
    boss = commander(recording)
    for id in ids:
        boss.handle(record(command("track", id, f"runa/{id}")))


def published(recording: Recording) -> int:
    """The id up to which the outbox was published and trimmed."""
    last = recording.log.last_outbox()
    recording.log.trim_outbox(last)
    return last


def test_replies_are_queued_again_as_they_were(recording: Recording) -> None:
    answered(recording, "a", "b")
    commander(recording).handle(record(b"no command"))
    before = [row[1:] for row in recording.log.outbox(0, 10)]
    outbox = published(recording)

    assert queue_replies(recording.log, outbox, since=START) == 3

    again = [row[1:] for row in recording.log.outbox(outbox, 10)]
    assert [(topic, key, value) for topic, key, value, _ in sorted(again)] == [
        (topic, key, value) for topic, key, value, _ in sorted(before)
    ]
    assert UNKEYED in [key for _, key, _, _ in again]


def test_a_reply_that_waits_is_not_queued_twice(recording: Recording) -> None:
    answered(recording, "a")
    outbox = published(recording)
    answered(recording, "b")

    assert queue_replies(recording.log, outbox, since=START) == 1

    assert sorted(id for id, _, _ in answers(recording)) == ["a", "b"]


def test_replies_to_commands_that_are_too_old_stay_away(recording: Recording) -> None:
    answered(recording, "a")

    assert queue_replies(recording.log, published(recording), since=START + 1_000_000) == 0
