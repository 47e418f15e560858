import math

import pytest

from ordertrail.quota.observed import Lived, Visit, fleet_of
from ordertrail.quota.paths import draw_paths

HOUR = 3600.0


def lived(begin: float, *stays: tuple[str, float]) -> Lived:
    """Looked at every ten seconds; the last state goes on."""
    visits: list[Visit] = []
    at = begin
    for state, lasts in stays:
        if visits:
            visits[-1].end_after, visits[-1].end_by, visits[-1].to = at - 5, at + 5, state
        visits.append(Visit(state, at - 5, at + 5))
        at += lasts
    return Lived("order", visits)


def minted(count: int) -> list[Lived]:
    return [
        lived(60.0 * n, ("new", 300.0 + n), ("pending", 600.0), ("executing", 900.0), ("complete", 0.0))
        for n in range(count)
    ]


def test_orders_of_the_log_become_a_fleet_that_arrives_and_lasts_as_they_did() -> None:
    fleet = fleet_of("xverse", minted(61), last=3 * HOUR, budget=100, watch_for=90 * 24 * HOUR)

    new = fleet.kinds[0].stays["new"]
    assert fleet.per_minute == pytest.approx(61 / 60)
    assert new.targets == ("pending",)
    assert new.exits[0].dwell.mean == pytest.approx(330, rel=0.05)
    assert fleet.kinds[0].order == ("new", "pending", "executing", "complete")


def test_orders_that_are_not_through_yet_make_those_that_stayed_longer_count_for_more() -> None:
    quick, slow = lived(0, ("new", 100.0), ("pending", 1.0)), lived(0, ("new", 1000.0), ("pending", 1.0))
    waiting = lived(0, ("new", 500.0))

    fleet = fleet_of("xverse", [quick, slow, waiting], last=500.0, budget=100, watch_for=HOUR)

    new = fleet.kinds[0].stays["new"]
    assert new.exits[0].dwell.mean == pytest.approx((100 + 2 * 1000) / 3, rel=0.01)


def test_those_still_waiting_longest_are_watched_as_long_as_they_were_seen_to_wait() -> None:
    paid, waiting = lived(0, ("new", 100.0), ("pending", 1.0)), lived(0, ("new", 500.0))

    fleet = fleet_of("xverse", [paid, waiting], last=500.0, budget=100, watch_for=HOUR)

    new = fleet.kinds[0].stays["new"]
    assert new.exits[0].share == pytest.approx(0.5)
    assert new.watch_for == pytest.approx(505)


def test_a_way_back_is_left_out() -> None:
    orders = [lived(0, ("UNPAID", 60.0), ("UNDERPAID", 60.0), ("PAID", 60.0)) for _ in range(3)]
    back = lived(0, ("UNPAID", 60.0), ("UNDERPAID", 60.0), ("UNPAID", 60.0), ("PAID", 1.0))

    fleet = fleet_of("xmrto", [*orders, back], last=600.0, budget=100, watch_for=HOUR)

    assert fleet.kinds[0].stays["UNDERPAID"].targets == ("PAID",)
    assert len(draw_paths(fleet, HOUR, 1)) > 0


def test_what_followed_a_final_state_is_watched() -> None:
    failed = lived(0, ("new", 60.0), ("failed", 6000.0), ("refunded", 1.0))

    fleet = fleet_of("xverse", [failed], last=7000.0, budget=100, watch_for=HOUR)

    stays = fleet.kinds[0].stays
    assert (stays["failed"].watched, stays["failed"].watch_for) == (True, HOUR)
    assert stays["refunded"].over
    assert math.isinf(stays["new"].watch_for)
