from domain.log import Log
from domain.rows import Telling

TOPIC = "ordertrail.events"


def test_each_position_is_told_by_the_transaction_that_carried_it(log: Log) -> None:
    first, second = Telling(0, 4, 100, 110), Telling(4, 9, 200, 220)
    log.tell(TOPIC, [first])
    log.tell(TOPIC, [second])

    assert log.tellings(TOPIC, [1, 4, 5, 9, 10]) == {1: first, 4: first, 5: second, 9: second}
    assert log.tellings("other.events", [1]) == {}


def test_what_lies_in_a_gap_is_not_told(log: Log) -> None:
    log.tell(TOPIC, [Telling(0, 4, 100, 110), Telling(6, 9, 200, 220)])

    assert log.tellings(TOPIC, [5, 6, 7]) == {7: Telling(6, 9, 200, 220)}
    assert log.untold(TOPIC, 12) == [(4, 6), (9, 12)]
    assert log.untold(TOPIC, 9) == log.untold(TOPIC, 0) == [(4, 6)]


def test_before_the_first_telling_there_is_a_gap_too(log: Log) -> None:
    assert log.untold(TOPIC, 3) == [(0, 3)]

    log.tell(TOPIC, [Telling(2, 3, 100, 110)])

    assert log.untold(TOPIC, 3) == [(0, 2)]


def test_a_telling_is_kept_as_it_was_told_first(log: Log, other: Log) -> None:
    log.tell(TOPIC, [Telling(0, 4, 100, 110)])

    other.tell(TOPIC, [Telling(0, 4, 300, 310)])

    assert log.tellings(TOPIC, [4])[4].not_after == 110
