from dataclasses import replace

import numpy as np
import pytest

from ordertrail.quota.fleets import Exit, FleetError, Kind, Stay, slower
from ordertrail.quota.known_fleets import FLEETS
from ordertrail.quota.laws import LogNormal, Numbers
from ordertrail.quota.paths import Paths, Shock, draw_paths, residence
from tests.quota.fleets import PAYING, SMALL, memoryless

DAY = 86400.0


def ages(paths: Paths, code: int) -> Numbers:
    """How long each stay in the first class lasted that ended by going to another."""
    first = np.array(paths.first[:-1])[np.diff(np.array(paths.first)) > 0]
    chosen = np.array(paths.to)[first] == code
    owners = np.searchsorted(np.array(paths.first), first[chosen], side="right") - 1
    return np.asarray(np.array(paths.at)[first[chosen]] - np.array(paths.known)[owners])


def test_the_same_seed_draws_the_same_paths() -> None:
    one, same, other = (draw_paths(SMALL, DAY, seed) for seed in (1, 1, 2))

    assert (one.at, one.to, one.arrives) == (same.at, same.to, same.arrives)
    assert one.at != other.at


def test_as_many_orders_are_open_from_the_beginning_as_arrivals_times_dwell() -> None:
    paths = draw_paths(memoryless(mean=3600, per_minute=10, budget=60), DAY, 1)

    held, left = residence(paths)

    assert sum(at == 0 for at in paths.arrives) == pytest.approx(600, rel=0.15)
    assert held.sum() == pytest.approx(600, rel=0.08)
    assert left.sum() * 60 == pytest.approx(10, rel=0.05)


def test_who_has_not_paid_by_the_deadline_is_late_and_nobody_else() -> None:
    paths = draw_paths(SMALL, DAY, 1)
    stale = [state for _, state in SMALL.classes].index("stale")
    paid = [state for _, state in SMALL.classes].index("pending")

    assert ages(paths, paid).max() <= 3600
    assert ages(paths, stale).min() >= 3600
    assert ages(paths, stale).max() <= 3605


def test_a_change_weighs_as_much_as_the_state_that_it_leaves() -> None:
    paths = draw_paths(FLEETS["runa"].part(0.2), DAY, 1)
    claimed = [state for _, state in paths.fleet.classes].index("claimed")

    light = paths.weight[np.array(paths.to) == claimed]
    heavy = paths.weight[np.array(paths.to) != claimed]

    assert set(light) == {0.1}
    assert set(heavy) == {1.0}


def test_a_fleet_that_slows_down_does_so_for_states_entered_from_then_on() -> None:
    fleet = memoryless(mean=600, per_minute=20, budget=60)

    paths = draw_paths(fleet, DAY, 1, Shock(DAY / 2, slower=10))

    begun = np.array(paths.known)[np.diff(np.array(paths.first)) > 0]
    dwell = np.array(paths.at) - begun
    assert dwell[begun < DAY / 2].mean() == pytest.approx(600, rel=0.1)
    assert dwell[begun >= DAY / 2].mean() > 3000
    assert slower(fleet, 10).kinds[0].stays["executing"].exits[0].dwell.mean == 6000


def test_many_at_once_arrive_at_once() -> None:
    paths = draw_paths(SMALL, DAY, 1, Shock(DAY / 2, burst=500))

    assert sum(at == DAY / 2 for at in paths.arrives) == 500


def test_states_in_a_circle_are_refused() -> None:
    circle = Kind("k", 1, "new", {"new": _to("pending"), "pending": _to("new")})

    with pytest.raises(FleetError, match="leads back to itself"):
        draw_paths(replace(SMALL, kinds=(circle,)), DAY, 1)


def test_orders_that_would_stay_for_ever_are_refused() -> None:
    stuck = replace(PAYING, stays={"new": Stay((Exit(0.5, "complete", LogNormal(60, 1)),))})

    with pytest.raises(FleetError, match="stay in new for ever"):
        draw_paths(replace(SMALL, kinds=(stuck,)), DAY, 1)


def _to(state: str) -> Stay:
    return Stay((Exit(1.0, state, LogNormal(60, 1)),))
