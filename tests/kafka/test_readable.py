"""What offsets and timestamps tell of when records became readable."""

from collections.abc import Sequence

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


def told(found: Sequence[Found], gaps: Sequence[tuple[int, int]] = WHOLE) -> list[Telling]:
    """Of a log that has an event at each position up to 9."""
    return tellings(found, range(1, 10), gaps, NOW)


def test_a_later_transaction_in_the_partition_bounds_the_one_before() -> None:
    found = events([(1, 0), (2, 0)], [(3, 0)])

    assert told(found) == [Telling(0, 2, 0, 100 + MILLISECOND), Telling(2, 3, 100, NOW)]


def test_it_bounds_what_came_earlier_in_other_partitions() -> None:
    found = events([(1, 1), (2, 0)], [(3, 0)])

    assert told(found)[0] == Telling(0, 2, 0, 100 + MILLISECOND)


def test_records_without_a_marker_between_them_are_of_one_transaction() -> None:
    found = events([(1, 0), (2, 0), (3, 1)])

    assert told(found) == [Telling(0, 3, 0, NOW)]


def test_only_the_gaps_are_told() -> None:
    found = events([(1, 0)], [(2, 0)], [(3, 0)], [(4, 0)])

    assert told(found, [(1, 2), (3, 4)]) == [
        Telling(1, 2, 100, 200 + MILLISECOND),
        Telling(3, 4, 300, NOW),
    ]


def test_what_is_no_longer_on_the_topic_stays_unknown() -> None:
    assert told(events([(5, 0)]), [(0, 3)]) == []


def test_an_event_that_stands_otherwise_on_the_topic_stays_unknown() -> None:
    found = events([(1, 0)], [(0, 0)], [(3, 0)])

    assert told(found) == [Telling(0, 1, 0, NOW), Telling(2, 3, 200, NOW)]


def test_what_the_log_has_no_event_for_is_no_hole() -> None:
    assert tellings(events([(1, 0), (4, 0)]), [1, 4], WHOLE, NOW) == [Telling(0, 4, 0, NOW)]


def test_beyond_a_record_of_others_nothing_is_taken_for_the_end_of_a_transaction() -> None:
    theirs = Found(0, 0, 1, 50)
    between = [Found(1, 0, 0, 40), theirs, Found(2, 0, 3, 60)]  # offset 2 is the marker of theirs
    elsewhere = [Found(3, 1, 0, 70), Found(4, 1, 2, 90)]

    assert told(between) == [Telling(0, 2, 40, NOW)]
    assert told([*between, *elsewhere]) == [Telling(0, 3, 40, 90 + MILLISECOND), Telling(3, 4, 90, NOW)]


def test_an_event_told_again_or_late_is_not_the_log_s() -> None:
    found = [Found(1, 0, 0, 10), Found(3, 0, 1, 10), Found(1, 0, 5, 90), Found(2, 0, 6, 90)]

    assert told(found) == [Telling(0, 1, 10, NOW), Telling(2, 3, 10, NOW)]
