import math

import pytest

from domain.instants import DAY, instant
from domain.phases import Phase
from ordertrail.policy import Freshest
from ordertrail.scheduling.documents import EXPECTED
from ordertrail.scheduling.facts import Facts

NOW = instant("2026-01-01T00:00:00Z")


def gap(
    policy: Freshest, rate: float | None, state: str, *, priority: int = 5, watching: bool = False
) -> float:
    """Seconds to the second look at the only order there is."""
    schedule = policy.schedule("xverse", rate, seed=1)
    schedule.add("a", Facts("", None, 0.0), 0.0)
    schedule.tend(0.0)
    schedule.take(0.0)
    schedule.looked("a", Facts(state, None, 0.0, watching=watching), (), 0.0)
    schedule.tend(60.0)
    return schedule.next_due()


def test_a_boundless_budget_is_spent_up_to_the_shortest_gap() -> None:
    assert gap(Freshest(), None, "mint/new") == pytest.approx(5.0, abs=1.0)
    assert gap(Freshest(), None, "mint/failed", watching=True) == pytest.approx(60.0, abs=1.0)


def test_pace_scales_the_gaps() -> None:
    assert gap(Freshest(pace=0.01), None, "mint/new") == pytest.approx(0.05, abs=0.02)


def test_a_small_budget_makes_gaps_wide() -> None:
    assert gap(Freshest(), 1 / 3600, "mint/new") > 300


def test_a_bound_holds_whatever_the_state() -> None:
    assert gap(Freshest(bound=900.0), 1 / 60, "mint/refunded", watching=True) <= 900


@pytest.mark.parametrize("watching", [False, True])
def test_a_bound_below_the_shortest_gap_holds_too(watching: bool) -> None:
    assert gap(Freshest(bound=4.0), None, "mint/refunded", watching=watching) <= 4


def test_watching_ends_ninety_days_after_a_final_phase() -> None:
    def ended(phase: Phase, days: int) -> bool:
        return Freshest().ended(phase, NOW - days * DAY, NOW)

    assert ended(Phase.REFUNDED, 90)
    assert not ended(Phase.REFUNDED, 89)
    assert not ended(Phase.CONFIRMING, 900)


@pytest.mark.parametrize("provider", EXPECTED)
def test_what_documents_let_expect_is_likely_at_most_once(provider: str) -> None:
    for expected in EXPECTED[provider].values():
        assert 0 < expected.dwell < math.inf
        assert sum(expected.then.values()) <= 1
        assert sum(expected.after_deadline.values()) <= 1
