import pytest

from domain.instants import DAY, HOUR, MINUTE, SECOND, instant
from domain.phases import Phase
from ordertrail.policy import BOUND, PlainPolicy, Standing

NOW = instant("2026-01-01T00:00:00Z")
POLICY = PlainPolicy()


def gap(standing: Standing, policy: PlainPolicy = POLICY) -> int:
    return policy.due(standing, NOW) - NOW


def test_an_order_never_looked_at_is_due_at_once() -> None:
    assert gap(Standing(None, None, None)) == 0


@pytest.mark.parametrize(
    ("phase", "seconds"), [(Phase.AWAITING_PAYMENT, 60), (Phase.CONFIRMING, 120), (Phase.PROCESSING, 30)]
)
def test_each_phase_has_its_cadence(phase: Phase, seconds: int) -> None:
    assert gap(Standing(phase, NOW, NOW)) == seconds * SECOND


def test_older_orders_are_looked_at_less_often_up_to_a_bound() -> None:
    assert gap(Standing(Phase.PROCESSING, NOW - HOUR, NOW)) == 3 * MINUTE
    assert gap(Standing(Phase.PROCESSING, NOW - 30 * DAY, NOW)) == BOUND


def test_after_a_final_phase_the_gap_doubles_from_an_hour_to_a_day() -> None:
    at, gaps = NOW, []
    for _ in range(7):
        due = POLICY.due(Standing(Phase.FULFILLED, NOW, at), at)
        gaps.append((due - at) // HOUR)
        at = due

    assert gaps == [1, 2, 4, 8, 16, 24, 24]


def test_every_phase_has_a_gap() -> None:
    for phase in (None, *Phase):
        assert SECOND <= gap(Standing(phase, NOW, NOW)) <= DAY


def test_pace_scales_the_gaps() -> None:
    assert gap(Standing(Phase.AWAITING_PAYMENT, NOW, NOW), PlainPolicy(pace=0.01)) == 600_000


def test_the_more_important_the_order_the_sooner() -> None:
    gaps = [gap(Standing(Phase.PROCESSING, NOW, NOW, priority=priority)) for priority in (9, 5, 1, 0)]

    assert gaps == sorted(gaps)
    assert len(set(gaps)) == 4


def test_a_deadline_that_passes_is_looked_at_just_after() -> None:
    standing = Standing(Phase.AWAITING_PAYMENT, NOW, NOW, deadline=NOW + 20 * SECOND)

    assert gap(standing) == 21 * SECOND


def test_a_deadline_long_past_changes_nothing() -> None:
    assert gap(Standing(Phase.AWAITING_PAYMENT, NOW, NOW, deadline=NOW - SECOND)) == MINUTE


def test_a_failing_order_is_tried_again_soon_and_keeps_its_place() -> None:
    gaps = [gap(Standing(Phase.CONFIRMING, NOW, NOW, failures=failures)) for failures in range(1, 9)]

    assert gaps[:3] == [5 * SECOND, 10 * SECOND, 20 * SECOND]
    assert gaps[-1] == 2 * MINUTE


def test_watching_ends_ninety_days_after_a_final_phase() -> None:
    def ended(phase: Phase, days: int) -> bool:
        return POLICY.ended(Standing(phase, NOW - days * DAY, NOW), NOW)

    assert ended(Phase.REFUNDED, 90)
    assert not ended(Phase.REFUNDED, 89)
    assert not ended(Phase.CONFIRMING, 900)
