import io
import json
from random import Random

from domain.events import ContactLost
from domain.identity import OrderKey, contact_stream
from domain.instants import instant
from domain.providers import PROVIDERS
from domain.readings import Failed
from ordertrail.captured import Reader
from ordertrail.history import history
from ordertrail.importing import BATCH_LOOKS, Import, Imported
from tests.fixtures.recording import ORDER, OTHER, Recording, key, minute_text

BODY_LIMIT = 1000

NOW = instant("2027-01-01T00:00:00Z")


def poll(minutes: float, word: str, *, order: str = ORDER, **changes: object) -> dict[str, object]:
    return {
        "provider": "xverse",
        "order_id": key(order).order_id,
        "asked_at": minute_text(minutes),
        "answered_at": minute_text(minutes + 0.01),
        "http_status": 200,
        "content_type": "application/json",
        "body": json.dumps({"id": key(order).order_id, "state": word}),
        **changes,
    }


def lines(*polls: dict[str, object] | bytes) -> bytes:
    return b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in polls)


def imported(recording: Recording, content: bytes, refusals: list[tuple[int, str]]) -> Imported:
    normalise = {slug: provider.normalise for slug, provider in PROVIDERS.items()}
    reader = Reader(normalise, Random(1), BODY_LIMIT, "import", lambda: NOW)
    run = Import(
        recording.another_recorder(),
        reader,
        refuse=lambda number, why: refusals.append((number, why)),
        progress=lambda done: None,
    )
    return run.run(io.BytesIO(content))


def told(recording: Recording, order: OrderKey) -> list[object]:
    return [line["event"] for line in history(recording.log, order)]


def test_captured_polls_become_history(any_recording: Recording) -> None:
    file = lines(poll(1, "new"), poll(2, "new"), poll(5, "complete"), poll(1, "failed", order=OTHER))

    done = imported(any_recording, file, [])

    assert done == Imported(lines=4, looks=4, events=4, skipped=0, refused=0)
    assert told(any_recording, key(ORDER)) == ["OrderTracked", *["StateChanged"] * 3]
    tracked, _, _, complete = history(any_recording.log, key(ORDER))
    assert tracked["not_after"] == minute_text(1)
    assert (complete["not_before"], complete["not_after"]) == (minute_text(2), minute_text(5.01))


def test_the_same_file_twice_adds_nothing(any_recording: Recording) -> None:
    timed_out = poll(3, "", body=None, error="timeout")
    file = lines(poll(1, "new"), poll(2, "odd"), timed_out, poll(4, "complete"))
    imported(any_recording, file, [])
    before = any_recording.log.tail()

    done = imported(any_recording, file, [])

    assert done == Imported(lines=4, looks=0, events=0, skipped=4, refused=0)
    assert any_recording.log.tail() == before


def test_a_longer_file_adds_only_what_is_new(recording: Recording) -> None:
    file = lines(poll(1, "new"), poll(2, "executing"))
    imported(recording, file, [])

    done = imported(recording, file + b"\n" + lines(poll(3, "complete")), [])

    assert (done.looks, done.skipped, done.events) == (1, 2, 1)


def test_bad_lines_are_reported_and_the_rest_goes_on(recording: Recording) -> None:
    refusals: list[tuple[int, str]] = []
    file = lines(poll(1, "new"), b"", b"nonsense", poll(2, "new", provider="amazon"), poll(3, "executing"))

    done = imported(recording, file, refusals)

    assert done == Imported(lines=4, looks=2, events=2, skipped=0, refused=2)
    assert [number for number, _ in refusals] == [3, 4]


def test_a_body_beyond_the_limit_is_rejected_as_too_large(recording: Recording) -> None:
    imported(recording, lines(poll(1, "new"), poll(2, "new", body="{" + " " * BODY_LIMIT + "}")), [])

    last = history(recording.log, key(ORDER))[-1]

    assert last["event"] == "SnapshotRejected"
    assert last["data"] == {"why": "too_large", "example": "the body"}


def test_many_looks_at_one_order_may_share_a_batch(recording: Recording) -> None:
    polls = [poll(number, "new" if number < 600 else "executing") for number in range(BATCH_LOOKS + 200)]

    done = imported(recording, lines(*polls), [])

    assert (done.looks, done.events) == (BATCH_LOOKS + 200, 2)


def test_an_empty_file_is_no_trouble(recording: Recording) -> None:
    assert imported(recording, b"\n\n", []) == Imported()


def test_an_order_that_others_answer_beside_is_lost_within_one_file(recording: Recording) -> None:
    fails = [poll(minutes, "", body=None, http_status=None, error="timeout") for minutes in range(2, 9)]
    answers = [poll(minutes + 0.5, "new", order=OTHER) for minutes in range(1, 9)]

    imported(recording, lines(poll(1, "new"), *answers, *fails, poll(9, "new")), [])

    assert told(recording, key(ORDER)) == ["OrderTracked", "StateChanged", "ContactLost", "ContactRestored"]
    assert not recording.log.stream(contact_stream("xverse"))


def test_what_was_captured_tells_nothing_of_reaching_the_provider_today(any_recording: Recording) -> None:
    fails = [poll(minutes, "", body=None, http_status=None, error="timeout") for minutes in range(2, 9)]
    imported(any_recording, lines(poll(1, "new"), *fails), [])

    assert not any_recording.log.stream(contact_stream("xverse"))

    for minutes in range(20, 27):
        any_recording.look(minutes, Failed("timeout"), order=OTHER)
    imported(any_recording, lines(poll(10, "executing")), [])

    assert [row.topic for row in any_recording.log.stream(contact_stream("xverse"))] == [ContactLost.TOPIC]
