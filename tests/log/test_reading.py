from adapters.log import reading
from domain.log import Log
from domain.rows import Entry, Head, Registration, Row, WatchRow
from tests.log.entries import event, events, tracked


def test_events_are_read_under_the_names_of_their_orders(log: Log) -> None:
    log.commit([tracked("runa-1", "A"), events("_provider-runa", 1, state=b'{"why":"timeout"}')])

    rows = log.read(0, 10)

    assert [(row.order, row.version) for row in rows] == [("runa/A", 1), ("runa/A", 2), ("_provider-runa", 1)]
    assert rows[2] == Row(3, "_provider-runa", "_provider-runa", 1, rows[2].topic, b'{"why":"timeout"}')


def test_reading_goes_on_after_a_position(log: Log) -> None:
    log.commit([events("runa-1", 1, 2, 3, 4)])

    first = log.read(0, 3)
    rest = log.read(first[-1].position, 3)

    assert [row.version for row in first + rest] == [1, 2, 3, 4]
    assert log.read(log.tail(), 3) == []


def test_a_stream_is_read_from_a_version_on(log: Log) -> None:
    log.commit([events("runa-1", 1, 2, 3), events("runa-2", 1)])

    assert [row.version for row in log.stream("runa-1")] == [1, 2, 3]
    assert [row.version for row in log.stream("runa-1", after_version=2)] == [3]
    assert log.stream("runa-9") == []


def test_many_streams_are_read_at_once(log: Log) -> None:
    log.commit([tracked("runa-1", "A"), tracked("runa-2", "B"), events("runa-2", 3)])

    streams = log.streams(["runa-2", "runa-1", "runa-9"])

    assert {name: [row.version for row in rows] for name, rows in streams.items()} == {
        "runa-1": [1, 2],
        "runa-2": [1, 2, 3],
    }
    assert log.streams([]) == {}


def test_a_head_is_the_last_event_of_an_orders_stream_with_its_watch(log: Log) -> None:
    log.commit([tracked("runa-1", "A"), events("_log", 1), events("_provider-runa", 1)])
    log.commit([Entry(events=[event("xverse-1", 1)], registration=Registration("xverse", "X", "xverse-1"))])
    log.commit([events("runa-1", 3, state=b'{"n":3}')])
    log.save_watches([WatchRow("runa-1", 9, b"seen")])

    heads = list(log.heads())

    assert [(head.stream, head.version, head.watch) for head in heads] == [
        ("runa-1", 3, b"seen"),
        ("xverse-1", 1, None),
    ]
    assert heads[0] == Head("runa-1", "runa", "A", 3, heads[0].topic, b'{"n":3}', b"seen")
    assert [head.order_id for head in log.heads("xverse")] == ["X"]


def test_heads_come_page_by_page_and_none_twice(log: Log) -> None:
    count = reading.PAGE + 3
    names = [f"runa-{number:05}" for number in range(count)]
    log.commit([Entry([event(name, 1)], Registration("runa", name, name)) for name in names])

    assert [head.stream for head in log.heads()] == names


def test_an_order_without_events_has_no_head(log: Log) -> None:
    log.commit([Entry(registration=Registration("runa", "A", "runa-1")), tracked("runa-2", "B")])

    assert [head.stream for head in log.heads()] == ["runa-2"]


def test_what_is_not_there_is_none(log: Log) -> None:
    assert log.registered("runa", "A") is None
    assert log.watch("runa-1") is None
    assert log.look("look") is None
    assert log.key("runa-1") is None
    assert log.looks("runa-1") == []
    assert log.evidence("sha") == []


def test_case_and_accents_of_names_are_kept_apart(log: Log) -> None:
    log.commit([Entry(registration=Registration("runa", "a", "runa-1"))])

    assert log.registered("runa", "A") is None
    assert log.registered("runa", "a") == "runa-1"
