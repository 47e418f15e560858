import pytest

from domain.log import Log, PositionMoved
from domain.rows import Change, ModelRow, OutboxRow, Parked, Queued


def change(key: str, value: bytes | None, position: int = 1, **columns: str | None) -> Change:
    return Change("orders", key, value, b"fold", columns, position)


def test_a_batch_stores_rows_outbox_and_position_together(log: Log) -> None:
    log.project("orders", 0, 7, [change("runa/A", b"a", 5), change("runa/B", b"b", 7)], [])

    assert log.position("orders") == 7
    assert log.model_rows("orders", ["runa/A", "runa/C"]) == {"runa/A": ModelRow("runa/A", b"a", b"fold")}
    assert [row[1:] for row in log.outbox(0, 10)] == [
        ("orders", "runa/A", b"a", 5),
        ("orders", "runa/B", b"b", 7),
    ]


def test_a_second_runner_from_the_same_position_stores_nothing(log: Log, other: Log) -> None:
    other.project("orders", 0, 7, [change("runa/A", b"a")], [])

    for start in (0, 3):
        with pytest.raises(PositionMoved, match="orders is no longer at position"):
            log.project("orders", start, 9, [change("runa/B", b"b")], [Parked("runa/C", 1, "why")])

    assert log.position("orders") == 7
    assert len(log.outbox(0, 10)) == 1
    assert log.parked("orders") == []
    assert log.model_rows("orders", ["runa/B"]) == {}


def test_projections_have_positions_of_their_own(log: Log) -> None:
    log.project("orders", 0, 7, [], [])
    log.project("providers", 0, 3, [], [])
    log.project("orders", 7, 8, [], [])

    assert (log.position("orders"), log.position("providers"), log.position("none")) == (8, 3, 0)


def test_the_outbox_keeps_every_change_in_order_and_the_model_the_last(log: Log) -> None:
    log.project("orders", 0, 3, [change("k", b"1", 1), change("k", None, 2), change("k", b"3", 3)], [])
    log.project("orders", 3, 4, [change("k", None, 4)], [])

    assert [row.value for row in log.outbox(0, 10)] == [b"1", None, b"3", None]
    assert log.model_rows("orders", ["k"]) == {}


def test_rows_are_told_again_as_they_are_stored_a_page_at_a_time(log: Log, other: Log) -> None:
    rows = [change(key, b'{"position":%d}' % at, at) for at, key in enumerate("abc", start=1)]
    log.project("orders", 0, 3, [*rows, change("erased", b"", 3)], [])
    log.trim_outbox(log.last_outbox())

    first = log.queue_again("orders", "orders", "", 2)
    other.project("orders", 3, 4, [change("c", b'{"position":4}', 4)], [])
    last = log.queue_again("orders", "orders", str(first.last), 3)

    assert (first, last) == (Queued(2, "b"), Queued(1, None))
    told = [(row.key, row.value, row.position) for row in log.outbox(0, 10)]
    newest = ("c", b'{"position":4}', 4)
    assert told == [("a", b'{"position":1}', 1), ("b", b'{"position":2}', 2), newest, newest]


def test_how_far_the_outbox_was_published_is_known_until_topics_begin_anew(log: Log, other: Log) -> None:
    log.project("orders", 0, 2, [change("a", b"1", 1), change("b", b"2", 2)], [])
    log.report((), [("runa", b"{}")])
    rows = log.outbox(0, 10)
    assert log.trimmed_outbox() == 0

    log.trim_outbox(rows[0].id)
    assert other.trimmed_outbox() == rows[0].id
    log.begin_outbox(0, drop=rows[2].id, spare=rows[2].topic)

    assert other.trimmed_outbox() == 0
    assert other.outbox(0, 10) == rows[2:]


def test_ids_of_the_outbox_are_not_used_again_after_trimming(log: Log) -> None:
    log.project("orders", 0, 1, [change("a", b"1"), change("b", b"2")], [])
    last = log.outbox(0, 10)[-1].id
    log.trim_outbox(last)

    log.project("orders", 1, 2, [change("c", b"3", 2)], [])

    [row] = log.outbox(0, 10)
    assert row == OutboxRow(row.id, "orders", "c", b"3", 2)
    assert row.id > last
    assert log.outbox(row.id, 10) == []


def test_the_last_id_that_the_outbox_gave_is_known_though_its_row_is_trimmed(log: Log, other: Log) -> None:
    before = log.last_outbox()
    log.project("orders", 0, 1, [change("a", b"1"), change("b", b"2")], [])
    last = log.outbox(0, 10)[-1].id
    log.trim_outbox(last)

    trimmed = other.last_outbox()
    log.report((), [("runa", b"{}")])

    assert (before, trimmed) == (0, last)
    assert other.last_outbox() == log.outbox(0, 10)[-1].id > last


def test_rows_are_selected_by_their_columns_in_order_of_key(log: Log) -> None:
    rows = [
        change(
            "runa/B", b"b", provider="runa", state="PROCESSING", attention="yes", since="2026-01-02T00:00:00Z"
        ),
        change(
            "runa/a", b"a", provider="runa", state="COMPLETED", attention="", since="2026-01-03T00:00:00Z"
        ),
        change("xverse/C", b"c", provider="xverse", state="new", attention="", tenant="t1", ref="r1"),
    ]
    log.project("orders", 0, 1, rows, [])

    def keys(where: dict[str, str], since: str | None = None) -> list[str]:
        return [row.key for row in log.select("orders", where, since=since)]

    assert keys({}) == ["runa/B", "runa/a", "xverse/C"]
    assert keys({"provider": "runa"}) == ["runa/B", "runa/a"]
    assert keys({"provider": "runa", "attention": "yes"}) == ["runa/B"]
    assert keys({"tenant": "t1", "ref": "r1"}) == ["xverse/C"]
    assert keys({}, since="2026-01-03T00:00:00Z") == ["runa/a"]
    assert log.select("attention", {}) == []


def test_a_changed_row_has_its_new_columns_only(log: Log) -> None:
    log.project("orders", 0, 1, [change("k", b"1", state="new", ref="r")], [])

    log.project("orders", 1, 2, [change("k", b"2", state="executing")], [])

    assert log.select("orders", {"state": "new"}) == log.select("orders", {"ref": "r"}) == []
    assert [row.value for row in log.select("orders", {"state": "executing"})] == [b"2"]


def test_rows_are_selected_page_by_page(log: Log) -> None:
    log.project("orders", 0, 1, [change(f"k{number}", b"v") for number in range(5)], [])

    first = log.select("orders", {}, limit=3)
    rest = log.select("orders", {}, after=first[-1].key, limit=3)

    assert [row.key for row in first + rest] == ["k0", "k1", "k2", "k3", "k4"]


def test_an_unknown_filter_is_refused(log: Log) -> None:
    with pytest.raises(ValueError, match="can't be filtered by colour"):
        log.select("orders", {"colour": "red"})
    with pytest.raises(ValueError, match="can't be filtered by colour"):
        log.project("orders", 0, 1, [change("k", b"v", colour="red")], [])


def test_parked_orders_are_listed_until_their_projection_starts_anew(log: Log) -> None:
    log.project("orders", 0, 5, [], [Parked("runa/B", 4, "bad event"), Parked("runa/A", 5, "worse")])
    log.project("providers", 0, 5, [], [Parked("runa/C", 3, "bad too")])
    log.project("orders", 5, 6, [], [Parked("runa/B", 6, "later")])

    assert log.parked("providers") == [Parked("runa/C", 3, "bad too")]
    assert log.parked("orders") == [
        Parked("runa/B", 4, "bad event"),
        Parked("runa/A", 5, "worse"),
    ]
