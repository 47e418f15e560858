"""Coverage: spans of looks no further apart than the gap."""

import msgspec

from domain.instants import HOUR, MINUTE, SECOND
from domain.readings import Look
from domain.watch import (
    MAX_SPANS,
    Span,
    Watch,
    continued,
    covered,
    current,
    looked,
    proof,
    settled,
    unchanged,
)
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
    assert span == Span(START, START + 31 * MINUTE + SECOND, 3, 30 * MINUTE - SECOND, {})


def test_a_gap_begins_a_new_span() -> None:
    first, second = watched(0, MINUTE, 2 * HOUR).spans

    assert (first.looks, first.longest_gap) == (2, MINUTE - SECOND)
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


def test_nobody_was_watching_while_nothing_was_answered() -> None:
    watch = watched(0)
    for at in range(MINUTE, 3 * HOUR, MINUTE):
        watch = looked(watch, look(at), HOUR, "connect", answered=False)
    watch = looked(watch, look(3 * HOUR), HOUR)

    before, after = watch.spans
    assert (before.last, before.looks, before.failures) == (START + SECOND, 180, {"connect": 179})
    assert (after.first, after.looks) == (START + 3 * HOUR, 1)


def test_failures_before_any_answer_are_counted_with_the_first_one() -> None:
    silent = looked(Watch(), look(0), HOUR, "timeout", answered=False)

    assert (silent.spans, silent.unanswered, silent.last) == ([], {"timeout": 1}, START + SECOND)
    [span] = looked(silent, look(MINUTE), HOUR).spans
    assert span == Span(START + MINUTE, START + MINUTE + SECOND, 2, 0, {"timeout": 1})


def test_what_two_workers_saw_adds_up_in_whatever_order_it_is_stored() -> None:
    one = watched(0, 20 * MINUTE, 5 * HOUR, counted="late")
    other = watched(10 * MINUTE, 50 * MINUTE, 9 * HOUR)
    silent = looked(Watch(), look(HOUR), HOUR, "timeout", answered=False)

    together = covered(silent, covered(one, other, HOUR), HOUR)

    first, second, third = together.spans
    assert (first.first, first.last, first.looks) == (START, START + 50 * MINUTE + SECOND, 4)
    assert (second.looks, third.looks) == (1, 2)
    assert (first.failures, third.failures) == ({"late": 2}, {"timeout": 1})
    assert covered(other, covered(one, silent, HOUR), HOUR).spans[0] == first


def test_storing_bit_by_bit_is_storing_at_once() -> None:
    times = [number * 7 * MINUTE + (number // 9) * 3 * HOUR for number in range(60)]
    stored, own = Watch(), Watch()
    for number, at in enumerate(times):
        own = looked(own, look(at), HOUR)
        if number % 4 == 3:
            stored, own = covered(own, stored, HOUR), settled(own)

    assert covered(own, stored, HOUR).spans == watched(*times).spans


def test_what_others_stored_does_not_take_what_is_not_stored_yet() -> None:
    own = watched(0, MINUTE)
    theirs = msgspec.structs.replace(watched(HOUR), digest=b"theirs", given=9)

    assert continued(own, theirs).spans == own.spans
    assert continued(own, theirs).digest == b"theirs"
    assert current(own, theirs) == continued(own, theirs)
    assert continued(None, theirs) == settled(theirs)


def test_of_the_same_state_the_latest_proof_counts_whoever_has_it() -> None:
    early, late = (msgspec.structs.replace(watched(at), **proof(look(at))) for at in (0, MINUTE))

    assert current(early, late).shown_from == current(late, early).shown_from == START + MINUTE
    assert current(early, late).spans == early.spans


def test_the_body_that_was_judged_last_is_the_one_that_is_stored() -> None:
    own = msgspec.structs.replace(watched(MINUTE), digest=b"a", meaning=b"a")
    theirs = msgspec.structs.replace(watched(0), digest=b"b", meaning=b"b")

    assert current(own, theirs).digest == b"b"
    assert current(own, msgspec.structs.replace(theirs, meaning=b"a")).digest == b"a"
