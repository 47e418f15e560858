"""What a provider had never said before is counted, with the first look that showed it."""

from domain.rows import Drift
from tests.fixtures.recording import OTHER, Recording, minute

SECOND_AFTER = 1_000_000


def news(recording: Recording) -> list[Drift]:
    recording.recorder.radars.write()
    return [row for row in recording.log.drift("xverse") if row.news]


def test_new_fields_and_words_are_counted_with_their_first_look(any_recording: Recording) -> None:
    any_recording.state(1, "new", colour="red")
    any_recording.state(2, "new", order=OTHER, colour="blue")
    any_recording.state(3, "paused")

    field, word = news(any_recording)

    first = any_recording.log.looks(any_recording.log.registered("xverse", OTHER.partition("/")[2]) or "")
    assert (field.what, field.path, field.seen, field.times) == ("field", "colour", "text", 2)
    assert (field.first_at, field.last_at) == (minute(1) + SECOND_AFTER, minute(2) + SECOND_AFTER)
    assert field.look not in [look.look for look in first]
    assert (word.what, word.seen, word.times) == ("word", "paused", 1)


def test_the_same_answer_again_is_not_counted(recording: Recording) -> None:
    for minutes in (1, 2, 3):
        recording.state(minutes, "new", colour="red")

    [field] = news(recording)

    assert field.times == 1


def test_what_is_written_is_counted_on_by_whoever_comes_next(any_recording: Recording) -> None:
    any_recording.state(1, "new", colour="red")
    news(any_recording)
    any_recording.recorder = any_recording.another_recorder()
    any_recording.state(2, "new", colour="green")

    [field] = news(any_recording)

    assert (field.times, field.first_at) == (2, minute(1) + SECOND_AFTER)


def test_the_value_of_a_field_that_nobody_listed_is_not_kept(recording: Recording) -> None:
    recording.state(1, "new", voucher="https://pay.example/money")

    assert "money" not in str(recording.log.drift("xverse")) + str(news(recording))
