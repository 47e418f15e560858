"""What offsets and timestamps tell of when records became readable."""

from adapters.kafka.readable import MILLISECOND, Found, tellings
from domain.rows import Telling

NOW = 1_000_000
WHOLE = [(0, 9)]


def events(*transactions: list[tuple[int, int]]) -> list[Found]:
    """Transactions a hundred apart, each of (position, partition); a marker follows in each partition."""
    offsets = {0: 0, 1: 0}
    found: list[Found] = []
    for number, transaction in enumerate(transactions):
        for position, partition in transaction:
            found.append(Found(position, partition, offsets[partition], number * 100))
            offsets[partition] += 1
        for partition in {partition for _, partition in transaction}:
            offsets[partition] += 1
    return found


def test_a_later_transaction_in_the_partition_bounds_the_one_before() -> None:
    found = events([(1, 0), (2, 0)], [(3, 0)])

    assert tellings(found, WHOLE, NOW) == [Telling(0, 2, 0, 100 + MILLISECOND), Telling(2, 3, 100, NOW)]


def test_it_bounds_what_came_earlier_in_other_partitions() -> None:
    found = events([(1, 1), (2, 0)], [(3, 0)])

    assert tellings(found, WHOLE, NOW)[0] == Telling(0, 2, 0, 100 + MILLISECOND)


def test_records_without_a_marker_between_them_are_of_one_transaction() -> None:
    found = events([(1, 0), (2, 0), (3, 1)])

    assert tellings(found, WHOLE, NOW) == [Telling(0, 3, 0, NOW)]


def test_only_the_gaps_are_told() -> None:
    found = events([(1, 0)], [(2, 0)], [(3, 0)], [(4, 0)])

    assert tellings(found, [(1, 2), (3, 4)], NOW) == [
        Telling(1, 2, 100, 200 + MILLISECOND),
        Telling(3, 4, 300, NOW),
    ]


def test_what_is_no_longer_on_the_topic_stays_unknown() -> None:
    assert tellings(events([(5, 0)]), [(0, 3)], NOW) == []
