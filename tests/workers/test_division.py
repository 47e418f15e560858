from collections import Counter
from random import Random

import pytest

from adapters.kafka.partition import SHARES
from adapters.kafka.topics import TOPIC, Name
from adapters.membership import ALL, NONE
from ordertrail.budget import Window
from ordertrail.ownership import Division, share

ORDERS = [f"order-{number}" for number in range(5000)]


def division(*windows: str) -> Division:
    return Division({"runa": [Window.parse(text) for text in windows]})


def test_the_ownership_topic_has_as_many_partitions_as_there_are_shares() -> None:
    assert TOPIC[Name.OWNERSHIP].partitions == SHARES == 48


def test_orders_are_spread_over_all_partitions() -> None:
    found = Counter(division("300/min").partition("runa", order) for order in ORDERS)

    assert found.keys() == ALL
    assert max(found.values()) < 2 * min(found.values())


@pytest.mark.parametrize("windows", [("2/s",), ("300/min", "2/s"), ("79/day",)])
def test_a_small_budget_belongs_to_one_partition_as_a_whole(windows: tuple[str, ...]) -> None:
    small = division(*windows)
    [partition] = {small.partition("runa", order) for order in ORDERS}

    assert small.limits("runa", [partition]) == [Window.parse(text).limit for text in windows]
    assert not any(small.limits("runa", ALL - {partition}))


def test_small_budgets_of_several_providers_belong_to_different_partitions() -> None:
    both = Division({slug: [Window(2, 1.0)] for slug in ("xverse", "ordinalsbot", "runa", "xmrto")})

    assert len({both.partition(slug, "any") for slug in ("xverse", "ordinalsbot", "runa", "xmrto")}) > 1


@pytest.mark.parametrize("limit", [80, 97, 300, 1000, 5000])
@pytest.mark.parametrize("workers", [1, 2, 3, 7, 48])
def test_the_shares_of_all_workers_add_up_to_the_budget(limit: int, workers: int) -> None:
    rng = Random(f"{limit}/{workers}")
    owners = [rng.randrange(workers) for _ in range(SHARES)]

    shares = [share(limit, [at for at in ALL if owners[at] == worker]) for worker in range(workers)]

    assert sum(shares) == limit


def test_who_owns_everything_has_the_whole_budget_and_who_owns_nothing_none() -> None:
    assert division("300/min", "1000/h").limits("runa", ALL) == [300, 1000]
    assert division("300/min", "1000/h").limits("runa", NONE) == [0, 0]


def test_without_windows_there_is_nothing_to_share() -> None:
    assert Division({"runa": []}).limits("runa", ALL) == []
