import pytest

from domain.log import Log, PositionMoved
from domain.rows import Change, Comparison, Difference, Parked, Rebuild

PAIRS = (("orders", "orders~new"), ("attention", "attention~new"))
NAMES = [new for _, new in PAIRS]


def change(model: str, key: str, value: bytes | None, fold: bytes = b"fold", **columns: str | None) -> Change:
    return Change(model, key, value, fold, columns, 1)


def served(log: Log) -> None:
    rows = {"a": b"1", "b": b"2", "c": b"3"}
    log.project("live", 0, 7, [change("orders", key, value) for key, value in rows.items()], [])
    log.trim_outbox(log.outbox(0, 10)[-1].id)


def folded_anew(log: Log, *changes: Change) -> Rebuild:
    log.project("new", 0, 6, changes, [Parked("runa/P", 5, "why")], publish=False)
    return Rebuild("live", "new", PAIRS, 7, 6)


def test_rows_beside_the_live_ones_are_not_published(log: Log) -> None:
    served(log)

    folded_anew(log, change("orders~new", "a", b"other"))

    assert log.outbox(0, 10) == []
    assert log.model_rows("orders", ["a"])["a"].value == b"1"


def test_they_are_compared_row_by_row(log: Log) -> None:
    served(log)
    anew = [change("orders~new", "a", b"1"), change("orders~new", "b", b"B"), change("orders~new", "d", b"4")]

    compared = log.compare(folded_anew(log, *anew), 10, switch=False)

    first = [Difference("b", b"2", b"B"), Difference("c", b"3", None), Difference("d", None, b"4")]
    assert compared == [Comparison("orders", 1, 1, 1, 1, first), Comparison("attention", 0, 0, 0, 0, [])]
    assert log.model_rows("orders", ["b", "d"])["b"].value == b"2"
    assert log.outbox(0, 10) == []


def test_a_switch_serves_all_of_it_and_publishes_what_differs(log: Log) -> None:
    served(log)
    anew = [
        change("orders~new", "a", b"1", fold=b"another", state="new"),
        change("orders~new", "b", b"B", ref="r-1"),
        change("orders~new", "d", b"4"),
        change("attention~new", "b", b"look"),
    ]

    log.compare(folded_anew(log, *anew), 10, switch=True)

    assert [(row.key, row.value, row.fold) for row in log.select("orders", {})] == [
        ("a", b"1", b"another"),
        ("b", b"B", b"fold"),
        ("d", b"4", b"fold"),
    ]
    assert [row.key for row in log.select("orders", {"ref": "r-1"})] == ["b"]
    assert [row.key for row in log.select("orders", {"state": "new"})] == ["a"]
    assert {row[1:] for row in log.outbox(0, 10)} == {
        ("orders", "b", b"B", 7),
        ("orders", "c", None, 7),
        ("orders", "d", b"4", 7),
        ("attention", "b", b"look", 7),
    }


def test_nothing_of_it_is_left_beside_after_a_switch(log: Log) -> None:
    served(log)

    log.compare(folded_anew(log, change("orders~new", "a", b"1")), 10, switch=True)

    assert (log.position("live"), log.position("new")) == (7, 0)
    assert log.select("orders~new", {}) == []
    assert (log.parked("new"), log.parked("live")) == ([], [Parked("runa/P", 5, "why")])


def test_what_has_moved_on_is_neither_compared_nor_switched(log: Log, other: Log) -> None:
    served(log)
    rebuild = folded_anew(log, change("orders~new", "a", b"X"))
    other.project("live", 7, 8, [change("orders", "a", b"newer")], [])

    for switch in (False, True):
        with pytest.raises(PositionMoved, match="live is no longer at position 7"):
            log.compare(rebuild, 10, switch=switch)

    assert log.model_rows("orders", ["a"])["a"].value == b"newer"


def test_more_rows_than_a_page_are_all_published(log: Log) -> None:
    keys = [f"k{number:05}" for number in range(4100)]
    log.project("live", 0, 7, [change("orders", keys[0], b"v")], [])

    log.compare(folded_anew(log, *(change("orders~new", key, b"v") for key in keys)), 3, switch=True)

    assert {row.key for row in log.outbox(0, 9000)} == set(keys)


def test_what_is_dropped_leaves_the_live_rows_alone(log: Log) -> None:
    served(log)
    folded_anew(log, change("orders~new", "a", b"X"))

    log.drop("new", NAMES)

    assert (log.position("new"), log.select("orders~new", {}), log.parked("new")) == (0, [], [])
    assert len(log.select("orders", {})) == 3
