"""What orders' lives hold when it is asked for, and the marks of what is shown."""

from datetime import datetime
from itertools import pairwise

import pytest

from ordertrail.rehearsal.lives import EDGES, certain
from simulators import Fate
from simulators.core import Simulator
from simulators.details import details
from tests.simulators.asking import PROVIDERS, START, YEAR, quiet, read, shown_state
from tests.simulators.asking import body as body_of

DAY = 86_400.0


def lives(provider: str, *fates: Fate, seed: int = 1) -> list[list[str]]:
    simulator = quiet(provider, seed, fates=fates)
    simulator.seed_orders(200, START)
    return [[step["state"] for step in truth["states"]] for truth in simulator.truth(START + YEAR)]


def lawless_steps(provider: str, states: list[str]) -> list[tuple[str, str]]:
    return [(one, other) for one, other in pairwise(states) if other not in EDGES[provider].get(one, ())]


def share_of(provider: str, state: str, *fates: Fate) -> float:
    return sum(state in states for states in lives(provider, *fates)) / 200


@pytest.mark.parametrize("provider", PROVIDERS)
def test_lives_keep_to_the_law_unless_told_otherwise(provider: str) -> None:
    lawful = [lawless_steps(provider, states) for states in lives(provider)]
    lawless = [lawless_steps(provider, states) for states in lives(provider, Fate.LAWLESS_STEPS)]

    assert not any(lawful)
    assert sum(map(bool, lawless)) > 40


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("seed", range(5))
def test_whoever_has_seen_any_earlier_state_is_told_nothing_wrong(provider: str, seed: int) -> None:
    """Else no honest record could be right: what is certain between two states really was between them."""
    for states in lives(provider, *Fate, seed=seed):
        for begin, source in enumerate(states):
            for end in range(begin + 1, len(states)):
                must = certain(provider, source, states[end]) if source != states[end] else ()
                assert set(must) <= set(states[begin + 1 : end + 1])


@pytest.mark.parametrize(
    ("provider", "fate", "state"),
    [
        ("xverse", Fate.LATE_REFUNDS, "refunded"),
        ("ordinalsbot", Fate.LATE_REFUNDS, "refunded"),
        ("ordinalsbot", Fate.LATE_PAYMENTS, "waiting-refund"),
        ("xverse", Fate.LATE_PAYMENTS, "stale"),
    ],
)
def test_a_fate_makes_likely_what_is_rare(provider: str, fate: Fate, state: str) -> None:
    assert share_of(provider, state, fate) > 2 * share_of(provider, state) > 0


def test_xmr_to_orders_are_paid_after_their_time_is_out() -> None:
    paid_late = [states for states in lives("xmrto", Fate.LATE_PAYMENTS) if "TIMED_OUT" in states[:-1]]

    assert len(paid_late) > 10
    assert all(states[-2:] == ["PAID", "BTC_SENT"] for states in paid_late)


def test_refunds_may_take_weeks() -> None:
    simulator = quiet("xverse", fates=[Fate.LATE_REFUNDS], time_scale=4.0)
    simulator.seed_orders(200, START)

    truths = simulator.truth(START + YEAR)
    waits = [wait(truth["states"], "failed", "refunded") for truth in truths if len(truth["states"]) > 2]

    assert max(waits) > 10 * DAY


def wait(states: list[dict[str, str]], begin: str, end: str) -> float:
    """Seconds, 0 where it did not come to that."""
    entered = {step["state"]: datetime.fromisoformat(step["entered_at"]) for step in states}
    if begin not in entered or end not in entered:
        return 0.0
    return (entered[end] - entered[begin]).total_seconds()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_purged_order_is_known_no_more(provider: str) -> None:
    simulator = quiet(provider, fates=[Fate.PURGED])
    simulator.seed_orders(50, START)
    gone = [truth["id"] for truth in simulator.truth(START) if truth["gone_at"] is not None]

    answers = [simulator.handle(read(provider, order_id), START + YEAR) for order_id in gone]

    assert len(gone) > 5
    assert all(answer.told is None for answer in answers)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_marks_of_an_answer_are_what_its_body_shows(provider: str) -> None:
    simulator = quiet(provider, fates=list(Fate))
    for order_id in simulator.seed_orders(20, START):
        for days in (0.01, 0.1, 1, 10):
            answer = simulator.handle(read(provider, order_id), START + days * DAY)
            if answer.told is not None:
                shown = body_of(answer)
                assert answer.told.details == details(shown, simulator.watched)
                assert shown_state(provider, shown) in (answer.told.state, None)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_appeared_by_then_is_what_is_shown_then(provider: str) -> None:
    simulator = quiet(provider, fates=list(Fate))

    for order_id in simulator.seed_orders(20, START):
        for days in (0.01, 0.1, 1, 10):
            at = START + days * DAY
            answer = simulator.handle(read(provider, order_id), at)
            if answer.told is not None:
                assert answer.told.details == appeared(simulator, order_id, at)


def appeared(simulator: Simulator, order_id: str, at: float) -> dict[str, object]:
    found: dict[str, object] = {}
    for one in simulator.appearances(order_id, at, "v2"):
        found.pop(one.path, None)
        if not one.gone:
            found[one.path] = one.value
    return found
