"""Coverage: spans of looks no further apart than the gap."""

import msgspec

from domain.instants import HOUR, MINUTE, SECOND
from domain.readings import Look
from domain.watch import MAX_SPANS, Span, Watch, looked, unchanged
from tests.domain.judging import START


def look(at: int, took: int = SECOND) -> Look:
    return Look("look", START + at, START + at + took)


def watched(*times: int, counted: str | None = None) -> Watch:
    watch = Watch()
    for at in times:
        watch = looked(watch, look(at), HOUR, counted)
    return watch


def test_looks_close_together_make_one_span() -> None:
    watch = watched(0, MINUTE, 31 * MINUTE)

    [span] = watch.spans
    assert span == Span(START, START + 31 * MINUTE + SECOND, 3, 30 * MINUTE, {})


def test_a_gap_begins_a_new_span() -> None:
    first, second = watched(0, MINUTE, 2 * HOUR).spans

    assert (first.looks, first.longest_gap) == (2, MINUTE)
    assert (second.first, second.looks, second.longest_gap) == (START + 2 * HOUR, 1, 0)


def test_failures_are_counted_by_kind() -> None:
    watch = looked(watched(0, MINUTE, counted="timeout"), look(2 * MINUTE), HOUR, "late")

    assert watch.spans[0].failures == {"timeout": 2, "late": 1}
    assert watch.looks == 3


def test_beyond_64_spans_the_oldest_merge() -> None:
    watch = watched(*(number * 2 * HOUR for number in range(100)))

    assert len(watch.spans) == MAX_SPANS
    assert sum(span.looks for span in watch.spans) == 100
    assert watch.spans[0].first == START
    assert watch.spans[0].longest_gap == 2 * HOUR - SECOND
    assert all(one.last < other.first for one, other in zip(watch.spans, watch.spans[1:], strict=False))


def test_an_unchanged_good_answer_proves_the_state_until_its_start() -> None:
    good = msgspec.structs.replace(Watch(), good=True)

    assert unchanged(good, look(MINUTE), HOUR).shown_from == START + MINUTE
    assert unchanged(Watch(), look(MINUTE), HOUR).shown_from is None


def test_a_watch_survives_being_stored() -> None:
    watch = watched(0, 2 * HOUR, 5 * HOUR, counted="timeout")

    assert msgspec.json.decode(msgspec.json.encode(watch), type=Watch) == watch
