import numpy as np
import pytest

from ordertrail.quota.laws import Between, Gamma, Law, LogNormal, Slowed, Weighed

LAWS: list[Law] = [
    LogNormal(480, 1.2),
    Gamma(30, 1, 600),
    Gamma(60, 6, 600),
    Gamma(600, 144, 600),
    Gamma(0, 0.5, 60),
    Between(900, 905),
    Slowed(LogNormal(60, 0.7), 10),
    Weighed(((0, 10, 1.0), (100, 130, 3.0))),
]


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_draws_follow_the_law_that_is_computed(law: Law) -> None:
    drawn = np.sort(law.sample(np.random.default_rng(1), 20_000))

    shares = law.cdf(drawn)

    assert np.abs(shares - np.linspace(0, 1, len(drawn))).max() < 0.015
    assert drawn.mean() == pytest.approx(law.mean, rel=0.05)


def test_three_blocks_come_within_a_time_as_poisson_counts_them() -> None:
    within = np.array([1800.0])

    share = Gamma(0, 3, 600).cdf(within)[0]

    assert share == pytest.approx(1 - np.exp(-3) * (1 + 3 + 9 / 2), abs=1e-9)
