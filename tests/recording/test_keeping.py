"""Which bodies are kept, how often, and that each opens to the same bytes."""

import json

from domain.identity import contact_stream
from domain.instants import HOUR, MINUTE
from domain.readings import Failed
from tests.fixtures.recording import ORDER, OTHER, Recording, key
from tests.recording.telling import body, kept, observation, stream_of, told, unwritten

XMRTO = "xmrto/xmrto-VkT2yM"
BAD_GATEWAY = b'{"statusCode": 502, "message": "Bad Gateway"}'


def unpaid(seconds: int, **fields: object) -> dict[str, object]:
    return {"uuid": "xmrto-VkT2yM", "state": "UNPAID", "seconds_till_timeout": seconds, **fields}


def test_equal_bodies_are_kept_once(any_recording: Recording) -> None:
    for minutes in range(1, 6):
        any_recording.state(minutes, "new")

    assert len(any_recording.log.looks(stream_of(any_recording))) == 1
    assert len(kept(any_recording, body("new"))) == 1


def test_bodies_that_differ_in_what_means_nothing_are_kept_once(any_recording: Recording) -> None:
    for minutes in range(1, 6):
        any_recording.look(minutes, unpaid(900 - minutes), order=XMRTO)
    any_recording.look(7, unpaid(300, btc_amount="0.2"), order=XMRTO)

    looks = any_recording.log.looks(stream_of(any_recording, XMRTO))
    assert len(looks) == 2
    assert kept(any_recording, unpaid(899))
    assert not kept(any_recording, unpaid(898))


def test_a_meaning_that_comes_back_is_a_look_of_its_own_with_the_same_evidence(
    any_recording: Recording,
) -> None:
    for minutes, word in enumerate(["new", "odd", "new"]):
        any_recording.state(minutes, word)

    first, odd, again = any_recording.log.looks(stream_of(any_recording))
    assert first.evidence == again.evidence != odd.evidence
    assert len(kept(any_recording, body("new"))) == 1


def test_a_meaning_without_an_event_is_kept_as_well(any_recording: Recording) -> None:
    any_recording.state(1, "new")

    seen = any_recording.state(2, "new", novelty=1)

    assert not seen.events
    assert len(any_recording.log.looks(seen.stream)) == 2


def test_the_vault_opens_what_was_kept_to_the_same_bytes(any_recording: Recording) -> None:
    raw = b'{ "id": "5F0C6B9E-0000-4000-8000-000000000001", "state": "new",\n "fee": 1.50, "s": "\xc3\xa9" }'

    seen = any_recording.look(1, raw)

    [look] = any_recording.log.looks(seen.stream)
    [evidence] = kept(any_recording, raw)
    assert (look.evidence, evidence.size) == (evidence.sha256, len(raw))
    assert any_recording.vault.open(evidence) == raw
    assert raw not in evidence.sealed


def test_each_order_seals_a_copy_of_its_own(any_recording: Recording) -> None:
    nothing = b"[]"
    any_recording.look(1, nothing)
    any_recording.look(1, nothing, order=OTHER)

    copies = kept(any_recording, nothing)

    assert [any_recording.vault.open(copy) for copy in copies] == [nothing] * 2
    assert len({copy.stream for copy in copies}) == 2


def test_several_looks_at_an_order_in_one_batch_are_judged_one_upon_the_other(
    any_recording: Recording,
) -> None:
    words = ["new", "new", "executing", "executing", "complete", "complete"]
    looks = [observation(any_recording, minutes, body(word)) for minutes, word in enumerate(words)]

    seen = any_recording.recorder.observe(looks)

    assert [len(one.events) for one in seen] == [1, 0, 1, 0, 1, 0]
    assert told(any_recording)[2:] == ["StateChanged executing", "StateChanged complete"]
    assert seen[4].events[0].not_before == "2026-01-01T00:03:00.000000Z"
    assert len(any_recording.log.looks(seen[0].stream)) == 3


def test_a_batch_leaves_the_same_as_its_looks_one_by_one(any_recording: Recording) -> None:
    words = ["new", "odd", "odd", "new", "new", "complete"]
    together = [
        observation(any_recording, minutes, body(word, OTHER), order=OTHER)
        for minutes, word in enumerate(words)
    ]

    any_recording.recorder.observe(together)
    for minutes, word in enumerate(words):
        any_recording.state(minutes, word)

    assert told(any_recording) == told(any_recording, OTHER)
    one, other = (any_recording.log.watch(stream_of(any_recording, order)) for order in (ORDER, OTHER))
    assert one is not None
    assert other is not None
    assert json.loads(one.watch)[3:] == json.loads(other.watch)[3:]


def test_the_same_bytes_under_an_errors_code_say_something_else(any_recording: Recording) -> None:
    any_recording.state(1, "new")

    failed = any_recording.look(2, body("new"), status=502)
    after = any_recording.state(3, "new")

    assert failed.reading == Failed("http_502")
    assert (failed.watch.failures, after.watch.failures) == (1, 0)
    assert failed.watch.shown_from != after.watch.shown_from


def test_a_failure_between_equal_answers_ends_with_the_next_of_them(any_recording: Recording) -> None:
    any_recording.state(1, "new")
    any_recording.look(2, Failed("timeout"))

    seen = any_recording.state(3, "new")

    known = any_recording.recorder.known(key(ORDER))
    assert known is not None
    assert (seen.watch.failures, known.watch.counts, seen.events) == (0, {"timeout": 1}, [])


def test_one_failed_answer_of_a_kind_and_hour_is_kept_under_the_providers_name(
    any_recording: Recording,
) -> None:
    for minutes in (1, 2, 3):
        any_recording.look(minutes, BAD_GATEWAY, status=502)
    any_recording.look(4, b"<html>", status=503)
    any_recording.look(5, b"<html>", order=XMRTO, status=502)
    any_recording.look(61, BAD_GATEWAY + b" ", status=502)

    looks = any_recording.log.looks(contact_stream("xverse"))
    assert [(look.http_status, look.answered_at // HOUR) for look in looks] == [
        (502, looks[0].answered_at // HOUR),
        (503, looks[0].answered_at // HOUR),
        (502, looks[0].answered_at // HOUR + 1),
    ]
    assert {look.order for look in looks} == {ORDER}
    assert len(any_recording.log.looks(contact_stream("xmrto"))) == 1
    assert any_recording.log.looks(stream_of(any_recording)) == []
    [evidence] = kept(any_recording, BAD_GATEWAY)
    assert any_recording.vault.open(evidence) == BAD_GATEWAY


def test_an_example_that_could_not_be_written_is_written_the_next_time(any_recording: Recording) -> None:
    look = observation(any_recording, 1, BAD_GATEWAY, status=502)

    unwritten(any_recording, lambda: any_recording.recorder.observe([look]))
    any_recording.recorder.observe([look])

    assert len(any_recording.log.looks(contact_stream("xverse"))) == 1


def test_a_failure_without_an_answer_has_nothing_to_keep(any_recording: Recording) -> None:
    any_recording.look(1, Failed("timeout"))

    assert any_recording.log.looks(contact_stream("xverse")) == []
    assert told(any_recording) == ["OrderTracked"]


def test_the_basis_says_what_beside_the_body_bore_on_the_judgement(any_recording: Recording) -> None:
    any_recording.state(1, "new")
    any_recording.state(2, "executing")

    first, second = (json.loads(look.basis) for look in any_recording.log.looks(stream_of(any_recording)))

    assert (first["version"], second["version"]) == (1, 2)
    assert second["patience"][1] == 5 * MINUTE
    assert second["worker"] == "main"
