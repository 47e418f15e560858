import logging

import pytest

from ordertrail.rehearsal.scenario import FAULTS, World
from simulators import Fault
from tests.rehearsal.rehearsing import rehearsed


def test_without_faults_the_log_says_all_that_the_looks_show() -> None:
    outcome = rehearsed()

    told = outcome.told()
    assert outcome.score.problems == [], told
    assert told["shown"] == told["recorded"] != 0
    assert told["over_budget"] == 0


def test_spoilt_answers_leave_a_trace_and_nothing_else() -> None:
    outcome = rehearsed(*Fault, World.PROVIDER_DOWN, World.CLOCK_STEPS)

    told = outcome.told()
    assert outcome.score.problems == [], told
    assert told["oddities"] == told["oddities_recorded"] != 0


def test_a_killed_process_takes_nothing_with_it_that_was_recorded(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        outcome = rehearsed(World.KILLED, Fault.CUT_OFF)

    assert outcome.score.problems == [], outcome.told()
    assert caplog.records == []


def test_the_same_seed_gives_the_same_events_byte_for_byte_also_with_all_parts_in_one_log() -> None:
    first, other = (rehearsed(*FAULTS, seed=seed, orders=4).told() for seed in (5, 6))
    again = rehearsed(*FAULTS, seed=5, orders=4, one_log=True).told()

    assert first == again
    assert first["digest"] != other["digest"]
