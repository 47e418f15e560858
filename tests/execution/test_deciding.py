"""What may be executed, and what an answer tells; and what a later look makes of it."""

import pytest

from domain.events import Data, Event
from domain.execution import (
    Accepted,
    Outcome,
    Refused,
    Uncertain,
    ended,
    funding_transaction,
    obstacle,
    requested,
    settled,
)
from domain.ordinalsbot import ORDINALSBOT
from domain.tracking import stop
from domain.xverse import XVERSE
from tests.domain.judging import START, Trial, names

FUNDING = "ab" * 32


def seen(state: str = "new") -> Trial:
    trial = Trial()
    trial.state(state, 1)
    return trial


def asked(trial: Trial, request: str = "r-1") -> Trial:
    event = requested(trial.order, FUNDING, request, by="u-1", at=START, rules="2.1", worker="main")
    trial._append([event])
    return trial


def told(trial: Trial, outcome: Outcome, request: str = "r-1") -> list[Event[Data]]:
    return trial._append(ended(trial.order, request, outcome, XVERSE, at=START, rules="2.1", worker="main"))


@pytest.mark.parametrize("words", ["", "ab" * 31, "ab" * 33, "zz" * 32, "0x" + "ab" * 31, "ab" * 32 + "\n"])
def test_what_has_not_64_hexadecimal_digits_is_no_transaction(words: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        funding_transaction(words)


def test_a_transaction_is_written_in_lower_case() -> None:
    assert funding_transaction("AB" * 32) == FUNDING


@pytest.mark.parametrize("state", ["new", "stale", "pending"])
def test_an_order_that_may_wait_for_its_funding_can_be_executed(state: str) -> None:
    assert obstacle(seen(state).order, XVERSE) is None


@pytest.mark.parametrize("state", ["executing", "complete", "failed", "refunded"])
def test_an_order_that_is_further_on_cannot(state: str) -> None:
    assert obstacle(seen(state).order, XVERSE) == f"it is {state}: there is nothing left to execute"


def test_nothing_speaks_against_an_order_that_was_never_seen() -> None:
    assert obstacle(Trial().order, XVERSE) is None


def test_an_order_that_is_not_watched_or_of_another_provider_cannot() -> None:
    trial = seen()
    trial._append(stop(trial.order, "asked", by=None, at=START, rules="2.1", worker="main"))

    assert "not watched" in (obstacle(trial.order, XVERSE) or "")
    assert "are not executed" in (obstacle(seen().order, ORDINALSBOT) or "")


@pytest.mark.parametrize("outcome", [None, Accepted(None), Uncertain("timeout")])
def test_it_is_not_asked_for_twice_while_it_may_have_been_taken(outcome: Outcome | None) -> None:
    trial = asked(seen())
    if outcome is not None:
        told(trial, outcome)

    assert obstacle(trial.order, XVERSE) is not None


def test_it_may_be_asked_for_again_once_it_is_refused_or_settled() -> None:
    refused, decided = asked(seen()), asked(seen())
    told(refused, Refused("bad request", 400))
    told(decided, Uncertain("cut"))
    events = settled(decided.order, by="u-1", at=START, rules="2.1", worker="main")
    decided._append(events)

    assert names(events) == ["ExecutionSettled"]
    assert obstacle(refused.order, XVERSE) is None
    assert obstacle(decided.order, XVERSE) is None


def test_only_an_uncertain_one_can_be_settled() -> None:
    trial = asked(seen())

    assert settled(trial.order, by="u-1", at=START, rules="2.1", worker="main") == []


def test_an_uncertain_one_needs_attention_until_the_order_has_moved_on() -> None:
    trial = asked(seen())
    told(trial, Uncertain("timeout"))
    attention = trial.order.attention

    events = trial.state("pending", 5)

    assert attention == ["execution_uncertain"]
    assert names(events) == ["StateChanged", "ExecutionSettled"]
    assert trial.order.attention == []
    assert trial.order.execution is not None
    assert trial.order.execution.stage == "settled"


def test_going_stale_or_standing_still_settles_nothing() -> None:
    trial = asked(seen("pending"))
    told(trial, Uncertain("timeout"))
    still = trial.state("pending", 5)
    other = asked(seen())
    told(other, Uncertain("timeout"))

    assert still == []
    assert names(other.state("stale", 5)) == ["StateChanged"]
    assert trial.order.uncertain
    assert other.order.uncertain


def test_an_order_that_moved_on_before_the_answer_was_lost_settles_it_at_once() -> None:
    trial = asked(seen())
    trial.state("executing", 5)

    assert names(told(trial, Uncertain("cut"))) == ["ExecutionUncertain", "ExecutionSettled"]


def test_an_answer_that_comes_after_all_is_told() -> None:
    trial = asked(seen())
    told(trial, Uncertain("left behind"))

    assert names(told(trial, Accepted(FUNDING))) == ["ExecutionAccepted"]
    assert told(trial, Uncertain("again")) == []
    assert told(trial, Refused("no", 400)) == []


def test_an_answer_to_an_earlier_attempt_tells_nothing() -> None:
    trial = asked(asked(seen(), "r-1"), "r-2")

    assert told(trial, Accepted(None), "r-1") == []
