"""When we were watching an order, and when we were blind: in what is asked, exact to the gap."""

from typing import Any

from domain.instants import HOUR, SECOND, text
from domain.order import Tracking
from domain.readings import Failed
from domain.watch import MAX_SPANS, Span, Watch
from ordertrail.coverage import Blind, blind, watching
from ordertrail.history import history
from ordertrail.order_at import order
from tests.fixtures.recording import ORDER, OTHER, START, Recording, key, minute, minute_text

SECOND_LATER = "2026-01-01T00:10:01.000000Z"


def watched(recording: Recording) -> None:
    """From minute 1 to minute 10, and again from minute 200 to 210; the provider was down in between."""
    recording.state(1, "new")
    recording.state(10, "new")
    for minutes in range(20, 200, 30):
        recording.look(minutes, Failed("connect"))
    recording.state(200, "executing")
    recording.state(210, "executing")


def standing(recording: Recording, minutes: float | None = None) -> dict[str, Any]:
    return order(recording.log, key(ORDER), as_of=None if minutes is None else minute(minutes))


def asked_as_of(recording: Recording, minutes: float) -> object:
    return standing(recording, minutes)["watching"]


def test_an_order_says_when_it_was_watched_and_when_nobody_answered(any_recording: Recording) -> None:
    watched(any_recording)

    line = standing(any_recording)

    first, second = line["coverage"]
    assert (first["last"], first["looks"], first["failures"]) == (SECOND_LATER, 8, {"connect": 6})
    assert (second["first"], second["looks"]) == (minute_text(200), 2)
    assert line["blind"] == [{"from": SECOND_LATER, "to": minute_text(200)}]
    assert line["exact_to"] == 3600


def test_whether_we_were_watching_has_an_answer_for_every_moment(recording: Recording) -> None:
    watched(recording)

    assert [asked_as_of(recording, minutes) for minutes in (0, 1, 5, 10)] == [False, True, True, True]
    assert [asked_as_of(recording, minutes) for minutes in (11, 100, 199)] == [False] * 3
    assert [asked_as_of(recording, minutes) for minutes in (200, 205, 300)] == [True, True, False]


def test_as_of_a_moment_of_blindness_it_lasts_until_then(recording: Recording) -> None:
    watched(recording)

    line = standing(recording, 120)

    assert line["blind"] == [{"from": SECOND_LATER, "to": minute_text(120)}]
    assert len(line["coverage"]) == 1


def test_after_the_last_look_nobody_watches(recording: Recording) -> None:
    watched(recording)

    line = standing(recording, 1000)

    assert line["blind"][1] == {"from": "2026-01-01T03:30:01.000000Z", "to": minute_text(1000)}


def test_an_order_that_is_watched_has_been_blind_since_its_last_answer(recording: Recording) -> None:
    recording.recorder.track([(key(OTHER), Tracking("https://provider.example"))])
    watched(recording)

    def blind_now(name: str) -> object:
        return order(recording.log, key(name), now=minute(1000))["blind"]

    assert blind_now(OTHER) == [{"from": minute_text(0), "to": minute_text(1000)}]
    assert blind_now(ORDER) == [
        {"from": SECOND_LATER, "to": minute_text(200)},
        {"from": "2026-01-01T03:30:01.000000Z", "to": minute_text(1000)},
    ]
    recording.recorder.stop(key(OTHER), "asked", by=None)
    assert blind_now(OTHER) == []


def test_a_shorter_gap_tells_more(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(10, "new")

    watch = order(recording.log, key(ORDER), gap=60 * SECOND)

    assert (watch["exact_to"], watch["blind"]) == (
        60,
        [{"from": minute_text(1), "to": SECOND_LATER, "longest": 539}],
    )


def test_history_says_before_which_event_we_were_blind(any_recording: Recording) -> None:
    watched(any_recording)

    lines = history(any_recording.log, key(ORDER))

    told = {line["event"]: line["blind"] for line in lines}
    assert told["OrderTracked"] == []
    assert lines[-1]["blind"] == [{"from": SECOND_LATER, "to": minute_text(200)}]
    assert [line["event"] for line in lines if line["blind"]] == ["StateChanged"]


def test_before_the_first_look_nobody_watched_what_was_tracked() -> None:
    watch = Watch(first=START + 3 * HOUR, seen=START + 4 * HOUR, last=START + 4 * HOUR, span_looks=2)

    assert blind(watch, since=START) == [Blind(START, START + 3 * HOUR)]
    assert blind(watch, since=START + 2 * HOUR + 1) == []


def test_of_merged_spans_only_the_longest_blindness_is_known() -> None:
    merged = Span(START, START + 50 * HOUR, 100, 5 * HOUR, {})
    watch = Watch(past=[merged], first=START + 60 * HOUR, seen=START + 61 * HOUR)

    assert [one.longest for one in blind(watch)] == [5 * HOUR, None]
    assert watching(watch, START + HOUR) is None
    assert (watching(watch, START + 55 * HOUR), watching(watch, START + 60 * HOUR)) == (False, True)


def test_what_is_stored_of_coverage_is_bounded(recording: Recording) -> None:
    for number in range(MAX_SPANS + 20):
        recording.state(number * 120, "new")

    line = standing(recording)

    assert len(line["coverage"]) == MAX_SPANS
    assert sum(span["looks"] for span in line["coverage"]) == MAX_SPANS + 20
    assert line["blind"][0] == {
        "from": text(START),
        "to": line["coverage"][0]["last"],
        "longest": 7199,
    }
