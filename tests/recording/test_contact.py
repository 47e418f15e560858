"""Reaching a provider: what many failures tell of it, and of one order."""

from domain.identity import contact_stream
from domain.readings import Failed
from tests.fixtures.recording import ORDER, OTHER, Recording
from tests.recording.telling import told, told_of_provider

TIMEOUT = Failed("timeout")
NEW = ["OrderTracked", "StateChanged new"]


def failing(recording: Recording, *minutes: float, order: str = ORDER) -> None:
    for each in minutes:
        recording.look(each, TIMEOUT, order=order)


def test_five_failures_over_five_minutes_are_a_provider_out_of_reach(any_recording: Recording) -> None:
    any_recording.state(0, "new")

    failing(any_recording, 1, 2, 3, 4, 5)
    before = told_of_provider(any_recording)
    failing(any_recording, 6, 7)

    assert before == []
    assert told_of_provider(any_recording) == ["ContactLost timeout"]
    assert told(any_recording) == NEW


def test_many_failures_in_a_short_time_are_none(any_recording: Recording) -> None:
    failing(any_recording, *(minutes / 60 for minutes in range(20)))

    assert told_of_provider(any_recording) == []


def test_failures_of_different_orders_add_up_to_the_providers(any_recording: Recording) -> None:
    for minutes in range(1, 7):
        failing(any_recording, minutes, order=(ORDER, OTHER)[minutes % 2])

    assert told_of_provider(any_recording) == ["ContactLost timeout"]
    assert told_of_provider(any_recording, "runa") == []


def test_one_answer_in_between_begins_the_count_anew(any_recording: Recording) -> None:
    failing(any_recording, 1, 2, 3)
    any_recording.state(4, "new")
    failing(any_recording, 5, 6, 7, 8)

    assert told_of_provider(any_recording) == []


def test_any_answer_restores_the_contact_even_an_unchanged_one(any_recording: Recording) -> None:
    any_recording.state(0, "new")
    failing(any_recording, 1, 2, 3, 4, 5, 6)

    any_recording.state(10, "new")
    any_recording.state(11, "new")

    assert told_of_provider(any_recording) == ["ContactLost timeout", "ContactRestored"]
    assert told(any_recording) == NEW


def test_contact_that_was_lost_before_a_restart_is_restored_after_it(any_recording: Recording) -> None:
    failing(any_recording, 1, 2, 3, 4, 5, 6)
    any_recording.recorder = any_recording.another_recorder()

    any_recording.state(10, "new")

    assert told_of_provider(any_recording) == ["ContactLost timeout", "ContactRestored"]


def test_two_recorders_that_lose_contact_tell_it_once(any_recording: Recording) -> None:
    recorders = [any_recording.another_recorder() for _ in range(2)]
    for minutes in range(1, 9):
        for recorder in recorders:
            any_recording.recorder = recorder
            failing(any_recording, minutes)

    for recorder in recorders:
        any_recording.recorder = recorder
        any_recording.state(10, "new")

    assert told_of_provider(any_recording) == ["ContactLost timeout", "ContactRestored"]


def test_an_answer_from_before_the_loss_restores_nothing(any_recording: Recording) -> None:
    failing(any_recording, 3, 4, 5, 6, 7, 8)

    any_recording.state(2, "new", order=OTHER)
    before = told_of_provider(any_recording)
    any_recording.state(9, "new", order=OTHER)

    assert before == ["ContactLost timeout"]
    assert told_of_provider(any_recording) == ["ContactLost timeout", "ContactRestored"]


def test_a_loss_that_another_recorder_told_is_restored_once_it_is_known(any_recording: Recording) -> None:
    any_recording.state(0, "new")
    ours, any_recording.recorder = any_recording.recorder, any_recording.another_recorder()
    failing(any_recording, 1, 2, 3, 4, 5, 6, order=OTHER)

    any_recording.recorder = ours
    [lost] = any_recording.log.stream(contact_stream("xverse"))
    ours.told_elsewhere(lost.stream, lost.version)
    any_recording.state(10, "executing")

    assert told_of_provider(any_recording) == ["ContactLost timeout", "ContactRestored"]


def test_an_order_is_out_of_reach_only_while_others_answer(any_recording: Recording) -> None:
    for minutes in range(1, 8):
        any_recording.look(minutes, TIMEOUT)
        any_recording.state(minutes + 0.5, "new", order=OTHER)

    assert told(any_recording) == ["OrderTracked", "ContactLost timeout"]
    assert told(any_recording, OTHER) == NEW
    assert told_of_provider(any_recording) == []


def test_an_order_that_answers_again_says_so(any_recording: Recording) -> None:
    any_recording.state(0, "new")
    for minutes in range(1, 8):
        any_recording.look(minutes, TIMEOUT)
        any_recording.state(minutes + 0.5, "new", order=OTHER)

    any_recording.state(9, "new")

    assert told(any_recording)[2:] == ["ContactLost timeout", "ContactRestored"]


def test_an_order_unknown_to_its_provider_is_an_answer(any_recording: Recording) -> None:
    failing(any_recording, 1, 2, 3, 4, 5, 6)

    any_recording.look(7, {"statusCode": 404, "message": "Not Found"}, status=404)

    assert told_of_provider(any_recording) == ["ContactLost timeout", "ContactRestored"]


def test_a_providers_stream_belongs_to_no_order(any_recording: Recording) -> None:
    failing(any_recording, 1, 2, 3, 4, 5, 6)

    [row] = any_recording.log.stream(contact_stream("xverse"))

    assert row.order == "_provider-xverse"
    assert [head.stream for head in any_recording.log.heads("xverse")] != [row.stream]
