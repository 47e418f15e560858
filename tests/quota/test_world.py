from collections.abc import Sequence

import pytest

from ordertrail.quota.baselines import Cadence, best_cadence, round_robin
from ordertrail.quota.fleets import Exit, Fleet, Kind, Stay
from ordertrail.quota.laws import Gamma
from ordertrail.quota.paths import draw_paths
from ordertrail.quota.score import score
from ordertrail.quota.world import Trial, play
from tests.quota.fleets import SMALL, WAY, memoryless, paths_of


class Told(Cadence):
    """A round that keeps what it was told."""

    def __init__(self) -> None:
        super().__init__("told", [60.0] * 4)
        self.shown: list[tuple[int, list[int], float]] = []
        self.failures = 0

    def changed(self, order: int, codes: Sequence[int], now: float, entered: float) -> None:
        self.shown.append((order, list(codes), now))
        super().changed(order, codes, now, entered)

    def failed(self, order: int, now: float) -> None:
        self.failures += 1
        super().failed(order, now)


def test_a_change_is_late_until_a_look_shows_it_or_what_came_after() -> None:
    paths = paths_of([[30, 61]], until=600)

    played = play(paths, Told(), Trial(budget=1))

    assert list(played.seen) == [60, 120]
    assert score(played).mean == pytest.approx((30 + 59) / 2)


def test_a_skipped_state_is_late_as_well() -> None:
    policy = Told()

    played = play(paths_of([[30, 50]], until=600), policy, Trial(budget=1))

    assert policy.shown == [(0, WAY, 60.0)]
    assert list(played.seen) == [60, 60]


def test_what_is_never_seen_is_late_until_the_end() -> None:
    played = play(paths_of([[590]], until=600), Told(), Trial(budget=1))

    assert score(played).mean == 10


def test_what_comes_before_the_warm_up_is_over_does_not_count() -> None:
    played = play(paths_of([[30], [250]], until=600), Told(), Trial(budget=2, warm=200))

    assert score(played, first=200).changes == 1


def test_while_the_provider_is_away_looks_show_nothing() -> None:
    policy = Told()

    played = play(paths_of([[30]], until=600), policy, Trial(budget=1, away=((0, 240),)))

    assert policy.failures == 4
    assert list(played.seen) == [240]


def test_the_longest_gap_leaves_out_the_time_in_which_nobody_answered() -> None:
    calm = play(paths_of([[30], []], until=3600), Told(), Trial(budget=1))
    broken = play(paths_of([[30], []], until=3600), Told(), Trial(budget=1, away=((600, 2400),)))

    assert calm.longest_gap == 120
    assert broken.longest_gap == 120


def test_every_slot_is_used_as_long_as_there_are_orders() -> None:
    played = play(draw_paths(SMALL, 86400, 1), round_robin(draw_paths(SMALL, 86400, 1), 12), Trial(12))

    assert played.utilisation == 1


def test_orders_of_one_rate_are_late_by_half_a_round_in_turn() -> None:
    fleet = memoryless(mean=36_000, per_minute=1, budget=20)
    paths = draw_paths(fleet, 4 * 86400, 1)

    played = play(paths, round_robin(paths, 20), Trial(20))

    assert score(played).mean == pytest.approx(played.tracked / 20 * 60 / 2, rel=0.08)


def test_the_best_cadence_looks_more_often_where_more_changes() -> None:
    quick, slow = (
        Stay((Exit(1.0, "executing", Gamma(0, 1, 300)),)),
        Stay((Exit(1.0, "complete", Gamma(0, 1, 9000)),)),
    )
    kind = Kind("order", 1.0, "pending", {"pending": quick, "executing": slow})
    paths = draw_paths(Fleet("two", "xverse", 2.0, 12.0, (kind,)), 86400, 1)

    best, turns = best_cadence(paths, 12), round_robin(paths, 12)

    assert best.gaps[1] / best.gaps[0] == pytest.approx(30**0.5, rel=0.1)
    assert score(play(paths, best, Trial(12))).mean < score(play(paths, turns, Trial(12))).mean
