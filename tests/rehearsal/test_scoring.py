"""What the scorer finds in records that are wrong on purpose."""

import pytest

from domain.identity import OrderKey
from domain.instants import SECOND
from ordertrail.rehearsal.ideal import Entered, Honest, Life
from ordertrail.rehearsal.oddities import Sort
from ordertrail.rehearsal.process import Process, Tide
from ordertrail.rehearsal.recorded import Change, Odd, Recorded
from ordertrail.rehearsal.scoring import Score, Scorer
from ordertrail.rehearsal.truth import truth_of
from ordertrail.rehearsal.virtual import EPOCH, VirtualClock, VirtualTime
from ordertrail.rehearsal.wire import Came, Taken
from simulators import Fault
from simulators.message import Told

KEY = OrderKey("xverse", "a")
LIFE = Life([Entered("new", 0), Entered("executing", 15 * SECOND), Entered("complete", 18 * SECOND)], False)
PROCESS = Process("main", VirtualClock(VirtualTime(), "a"), Tide())


def look(second: int, state: str | None, fault: Fault | None = None) -> Taken:
    """Half a second long."""
    started = second * SECOND
    told = None if state is None else Told(KEY.order_id, 0.0, state)
    taken = Taken(KEY, PROCESS, started, EPOCH + started, "a", started + SECOND // 2, Came.BODY)
    taken.fault, taken.told = fault, told
    return taken


def changed(version: int, target: str, low: Taken | None, high: Taken, *, inferred: bool = False) -> Change:
    not_before = None if low is None else low.asked
    return Change(version, target, inferred, not_before, high.answered, high.asked, high.answered)


def scored(looks: list[Taken], recorded: Recorded) -> Score:
    honest, score = Honest("xverse", {KEY.order_id: LIFE}), Score()
    for each in looks:
        honest.take(each)
    Scorer(score, KEY, truth_of(LIFE, (), looks), recorded).judge(honest.ideal)
    return score


FIRST, SECOND_LOOK, LAST = look(5, "new"), look(10, "new"), look(20, "complete")
LOOKS = [FIRST, SECOND_LOOK, LAST]
RIGHT = [
    changed(2, "new", None, FIRST),
    changed(3, "executing", SECOND_LOOK, LAST, inferred=True),
    changed(4, "complete", SECOND_LOOK, LAST),
]


def test_an_honest_record_is_found_right() -> None:
    score = scored(LOOKS, Recorded(RIGHT))

    assert (score.shown, score.recorded, score.certain, score.inferred) == (2, 2, 1, 1)
    assert score.problems == []


@pytest.mark.parametrize(
    ("changes", "figure"),
    [
        pytest.param(RIGHT[:1] + RIGHT[2:], "missed", id="a certain step left out"),
        pytest.param([*RIGHT, changed(5, "failed", LAST, LAST)], "forged", id="a step no look shows"),
        pytest.param([*RIGHT[:2], changed(4, "complete", FIRST, LAST)], "wider", id="an older look"),
        pytest.param([*RIGHT[:2], changed(4, "complete", LAST, LAST)], "outside", id="after the change"),
    ],
)
def test_a_wrong_record_is_found_out(changes: list[Change], figure: str) -> None:
    score = scored(LOOKS, Recorded(changes))

    assert getattr(score, figure) == 1
    assert len(score.problems) == 1


def test_a_stale_look_that_admits_nothing_is_counted_apart() -> None:
    stale = look(19, "new", Fault.STALE)
    recorded = Recorded(
        [
            RIGHT[0],
            *(
                changed(each.version, str(each.target), stale, LAST, inferred=each.inferred)
                for each in RIGHT[1:]
            ),
        ]
    )

    score = scored([*LOOKS[:2], stale, LAST], recorded)

    assert (score.outside, dict(score.uncounted)) == (0, {"stale_without_age": 2})


def test_an_oddity_needs_a_trace_while_it_lasts() -> None:
    odd, again = look(12, "new", Fault.MALFORMED), look(16, "new", Fault.MALFORMED)
    resolved = Recorded(RIGHT, [Odd(Sort.REJECTED, "malformed", odd.ended, odd.ended + SECOND)])
    lasting = Recorded(RIGHT, [Odd(Sort.REJECTED, "malformed", odd.ended, None)])

    assert scored([*LOOKS[:2], odd, again, LAST], resolved).oddities_recorded == 1
    assert scored([*LOOKS[:2], odd, again, LAST], lasting).oddities_recorded == 2


def test_failures_need_to_be_counted() -> None:
    cut = look(12, None)
    cut.came = Came.CUT

    assert scored([*LOOKS[:2], cut, LAST], Recorded(RIGHT)).oddities_recorded == 0
    assert scored([*LOOKS[:2], cut, LAST], Recorded(RIGHT, counts={"cut": 1})).oddities_recorded == 1
