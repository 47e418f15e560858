"""The benchmarks in virtual time, small: that they run, and that their lines say what they should."""

from bench import bounds, freshness, lifecycles, shocks
from bench.cells import Size

KEYS = {"case", "fleet", "seed", "n", "budget_per_min", "policy", "mean_s", "p50_s", "p99_s", "open_mean_s"}
KEYS |= {
    "changes",
    "looks",
    "utilisation",
    "longest_gap_s",
    "baseline",
    "baseline_s",
    "ratio",
    "goal",
    "holds",
}


def test_told_rates_come_near_the_optimum_and_every_line_is_whole() -> None:
    cells = list(freshness.run(Size(seed=5, orders=60, days=1.0, only=("two-class",))))

    assert [cell.case for cell in cells] == ["told"]
    assert cells[0].ratio is not None
    assert cells[0].ratio < 1.2
    assert cells[0].line().keys() == KEYS | {"optimum_s"}


def test_a_small_fleet_is_held_against_everything_there_is() -> None:
    size = Size(seed=5, orders=100, days=0.2, only=("runa",))
    (fleet,) = lifecycles.chosen(size)

    cells = list(lifecycles.steady(fleet, 1.0, size))

    held_against = [cell.baseline for cell in cells]
    assert held_against == ["lower_bound", "told", "round_robin", "cadence", "best_cadence", "ladder"]
    assert all(cell.utilisation > 0.95 for cell in cells)


def test_what_is_said_of_bounds_counts() -> None:
    kept, stretched = bounds.run(Size(seed=5, orders=60, days=1.0, only=("log-normal",)))

    assert kept.bound_promised_s == kept.bound_effective_s
    assert stretched.bound_effective_s is not None
    assert stretched.bound_promised_s is not None
    assert stretched.bound_effective_s > stretched.bound_promised_s


def test_no_fleet_asked_for_is_no_shock() -> None:
    assert list(shocks.run(Size(only=("none",)))) == []
