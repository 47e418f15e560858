from domain.instants import MINUTE
from ordertrail.answered import MOST, Answered

GAP = 5 * MINUTE


def test_answers_close_together_are_one_span() -> None:
    answered = Answered(GAP)
    for at in range(0, 20 * MINUTE, 4 * MINUTE):
        answered.add(at, at + 1)

    [span] = answered.spans

    assert (span.first, span.last, span.looks) == (0, 16 * MINUTE + 1, 5)
    assert span.longest_gap == 4 * MINUTE - 1


def test_a_longer_silence_begins_another() -> None:
    answered = Answered(GAP)
    answered.add(0, 1)
    answered.add(6 * MINUTE, 6 * MINUTE + 1)

    assert [(span.first, span.last) for span in answered.spans] == [(0, 1), (6 * MINUTE, 6 * MINUTE + 1)]


def test_there_are_never_too_many_and_no_gap_is_lost() -> None:
    answered = Answered(GAP)
    for number in range(3 * MOST):
        answered.add(number * 10 * MINUTE, number * 10 * MINUTE + 1)

    spans = answered.spans

    assert len(spans) == MOST
    assert spans[0].longest_gap == 10 * MINUTE - 1
    assert sum(span.looks for span in spans) == 3 * MOST


def test_a_worker_started_anew_goes_on() -> None:
    before = Answered(GAP)
    before.add(0, 1)
    after = Answered(GAP)
    after.resume(before.spans)
    after.add(60 * MINUTE, 60 * MINUTE + 1)

    assert [span.first for span in after.spans] == [0, 60 * MINUTE]
