from dataclasses import replace

import pytest

from ordertrail.quota.fleets import Fleet, FleetError
from ordertrail.quota.outlook import OURS, Outlook, outlook
from ordertrail.quota.picture import bars, duration, rows
from tests.quota.fleets import SMALL

FEW = 100.0


def played(fleet: Fleet = SMALL, bound: float | None = None) -> list[Outlook]:
    return list(outlook(fleet, 1, lambda share: None, changes=FEW, bound=bound))


@pytest.fixture(scope="module")
def found() -> list[Outlook]:
    return played()


def test_the_same_seed_gives_the_same_outlook(found: list[Outlook]) -> None:
    assert [one.line(1) for one in played()] == [one.line(1) for one in found]


@pytest.mark.parametrize("policy", [OURS, "round_robin", "best_cadence"])
def test_twice_the_budget_is_never_worse(found: list[Outlook], policy: str) -> None:
    whole = [one for one in found if one.policy == policy and one.state is None]

    means = [one.score.mean for one in sorted(whole, key=lambda one: one.budget_per_min)]

    assert len(means) == 3
    assert means == sorted(means, reverse=True)


def test_every_state_that_is_entered_is_told_for_every_budget(found: list[Outlook]) -> None:
    told = {(one.state, one.budget_per_min) for one in found if one.policy == OURS}

    assert told == {
        (state, budget) for state in (None, "pending", "stale", "complete") for budget in (6.0, 12.0, 24.0)
    }


def test_our_schedule_is_better_than_taking_turns(found: list[Outlook]) -> None:
    late = {one.policy: one.score.mean for one in found if one.state is None and one.budget_per_min == 12}

    assert late[OURS] < late["round_robin"]


def test_a_bound_binds_our_schedule_alone(found: list[Outlook]) -> None:
    bound = played(bound=60.0)

    differs = {then.policy for now, then in zip(found, bound, strict=True) if now.line(1) != then.line(1)}
    assert differs == {OURS}


def test_percentiles_are_around_the_mean(found: list[Outlook]) -> None:
    for one in found:
        assert one.score.p50 <= one.score.p99
        assert one.utilisation == 1


@pytest.mark.parametrize(
    ("budget", "why"), [(1_000_000.0, "no schedule is needed"), (0.0005, "that is no watching")]
)
def test_a_budget_beyond_reason_is_refused(budget: float, why: str) -> None:
    with pytest.raises(FleetError, match=why):
        played(SMALL.under(budget))


def test_a_fleet_without_orders_is_refused() -> None:
    with pytest.raises(FleetError, match=r"no orders|hardly an order"):
        played(replace(SMALL, per_minute=1e-6))


def test_people_see_a_line_for_each_state_and_budget_and_a_bar_for_each_policy(found: list[Outlook]) -> None:
    assert len(rows(found)) == 4 * 3
    assert rows(found)[0][:3] == ["xverse", "any state", "6/min"]
    assert len(list(bars(found))) == 1 + 3 * 3


def test_durations_have_three_digits_and_the_unit_that_fits() -> None:
    seconds = [0.5, 42.04, 210, 5400, 200_000, float("nan")]

    assert [duration(each) for each in seconds] == ["0.50 s", "42.0 s", "3.50 min", "1.50 h", "2.31 d", ""]
