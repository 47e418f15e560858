"""What a look tells of an order's state: certain steps, contradictions, at-least states."""

from domain.events import Agreed, Contradicted, SnapshotRejected
from domain.instants import text
from domain.ordinalsbot import ORDINALSBOT
from domain.phases import Phase
from domain.readings import Rejected, Unrecognised, Why, WrongOrder
from domain.xmrto import XMRTO
from tests.domain.judging import START, Trial, names, shown, steps


def test_the_first_look_infers_nothing() -> None:
    trial = Trial()

    [event] = trial.state("complete", 10)

    assert steps([event]) == [(None, None, "complete", False)]
    assert event.not_before is None
    assert (event.state, event.phase) == ("complete", Phase.FULFILLED)


def test_a_single_edge_names_its_transition() -> None:
    trial = Trial()
    trial.state("new", 10)

    assert steps(trial.state("pending", 20)) == [("fund", "new", "pending", False)]


def test_skipped_steps_are_told_only_when_certain() -> None:
    trial = Trial()
    trial.state("new", 10)

    assert steps(trial.state("complete", 20)) == [
        ("execute", "new", "executing", True),
        ("finish", "executing", "complete", False),
    ]


def test_a_jump_over_doubtful_steps_has_no_transition() -> None:
    trial = Trial(XMRTO)
    trial.state("UNPAID", 10)

    assert steps(trial.state("BTC_SENT", 20)) == [(None, "UNPAID", "BTC_SENT", False)]


def test_the_same_answer_again_tells_nothing() -> None:
    trial = Trial()
    trial.state("new", 10)

    assert trial.state("new", 20) == []
    assert trial.judgement is not None
    assert not trial.judgement.keep


def test_events_of_one_look_share_its_interval_and_count_its_looks_once() -> None:
    trial = Trial()
    trial.state("new", 10)
    trial.state("new", 20)

    inferred, seen = trial.state("refunded", 30)

    assert (inferred.not_before, inferred.not_after) == (seen.not_before, seen.not_after)
    assert (inferred.looks, seen.looks) == (2, 0)
    assert inferred.look == seen.look == "look-3"
    assert inferred.evidence == seen.evidence


def test_a_state_that_lies_behind_has_regressed() -> None:
    trial = Trial()
    trial.state("executing", 10)

    [event] = trial.state("new", 20)

    assert event.data == Contradicted("new", "regressed")
    assert (event.state, event.phase) == ("executing", Phase.PROCESSING)
    assert trial.order.attention == ["regressed"]


def test_a_state_with_no_way_to_it_is_unreachable() -> None:
    trial = Trial()
    trial.state("complete", 10)

    [event] = trial.state("failed", 20)

    assert event.data == Contradicted("failed", "unreachable")


def test_an_answer_about_another_order_is_a_contradiction() -> None:
    trial = Trial()
    trial.state("new", 10)

    [event] = trial.see(WrongOrder("complete", b"other"), 20)

    assert event.data == Contradicted("complete", "wrong_order")
    assert trial.order.state == "new"


def test_each_contradiction_is_told_once_until_the_provider_agrees() -> None:
    trial = Trial()
    trial.state("executing", 10)

    told = [names(trial.state(word, at)) for at, word in enumerate(["new", "pending", "new", "pending"], 20)]
    agreed = trial.state("executing", 30)
    again = trial.state("new", 40)

    assert told == [["Contradicted"], ["Contradicted"], [], []]
    assert [event.data for event in agreed] == [Agreed([3, 4])]
    assert names(again) == ["Contradicted"]


def test_agreement_may_come_with_a_step() -> None:
    trial = Trial()
    trial.state("executing", 10)
    trial.state("new", 20)

    agreed, step = trial.state("complete", 30)

    assert (agreed.data, agreed.state) == (Agreed([3]), "executing")
    assert step.state == "complete"
    assert trial.order.attention == []


def test_an_unknown_word_is_told_once_and_changes_nothing() -> None:
    trial = Trial()
    trial.state("new", 10)

    first = trial.see(Unrecognised("on-hold", b"1"), 20)
    again = trial.see(Unrecognised("on-hold", b"2"), 30)
    other = trial.see(Unrecognised("thinking", b"3"), 40)

    assert [names(events) for events in (first, again, other)] == [
        ["StatusUnrecognised"],
        [],
        ["StatusUnrecognised"],
    ]
    assert trial.order.state == "new"
    assert trial.order.attention == ["unrecognised"]


def test_a_body_that_cannot_be_trusted_is_told_once_for_each_reason() -> None:
    trial = Trial()

    first = trial.see(Rejected(Why.MALFORMED, "the body is empty"), 10)
    again = trial.see(Rejected(Why.MALFORMED, "no JSON"), 20)
    other = trial.see(Rejected(Why.WRONG_TYPE, "state"), 30)

    assert [event.data for event in first] == [SnapshotRejected("malformed", "the body is empty")]
    assert again == []
    assert names(other) == ["SnapshotRejected"]
    assert trial.order.state is None


def test_a_different_odd_body_is_kept_even_if_it_tells_nothing() -> None:
    trial = Trial()
    trial.see(Unrecognised("on-hold", b"1"), 10)

    trial.see(Unrecognised("on-hold", b"2"), 20)

    assert trial.judgement is not None
    assert trial.judgement.keep


def test_an_at_least_state_that_lies_behind_agrees() -> None:
    trial = Trial(ORDINALSBOT)
    trial.state("queued", 10)
    trial.see(Unrecognised("odd", b"1"), 15)

    events = trial.see(shown("prep", at_least=True), 20)

    assert names(events) == ["Agreed"]
    assert trial.order.state == "queued"


def test_an_at_least_state_that_lies_ahead_is_a_step() -> None:
    trial = Trial(ORDINALSBOT)
    trial.state("waiting-payment", 10)

    events = trial.see(shown("queued", at_least=True), 20)

    assert [target for _, _, target, _ in steps(events)] == ["prep", "queued"]


def test_an_at_least_state_behind_proves_nothing_of_the_present() -> None:
    trial = Trial(ORDINALSBOT)
    trial.state("queued", 10)
    trial.see(shown("prep", at_least=True), 20)

    [step] = trial.state("completed", 30)

    assert step.not_before == text(START + 10_000_000)


def test_the_providers_own_time_belongs_to_its_step() -> None:
    trial = Trial()
    trial.state("new", 10)
    reading = shown("complete")
    claims = {"complete": START + 15_000_000}

    inferred, seen = trial.see(type(reading)(reading.state, {}, reading.meaning, claims=claims), 20)

    assert inferred.provider_time is None
    assert seen.provider_time == text(START + 15_000_000)
