import json
from pathlib import Path

import pytest

from tests.cli.conftest import Ordertrail


def test_tracking_twice_changes_nothing(ordertrail: Ordertrail) -> None:
    first = ordertrail("track", "xmrto/xmrto-VkT2yM", "--ref", "invoice-17", "--json")
    second = ordertrail("track", "xmrto/xmrto-VkT2yM", "--json")

    assert first.lines == [{"order": "xmrto/xmrto-VkT2yM", "new": True, "changed": True}]
    assert second.lines == [{"order": "xmrto/xmrto-VkT2yM", "new": False, "changed": False}]
    assert [line["ref"] for line in ordertrail("orders", "--ref", "invoice-17", "--json").lines] == [
        "invoice-17"
    ]


def test_an_option_that_is_given_changes_and_the_rest_stays(ordertrail: Ordertrail) -> None:
    ordertrail("track", "runa/O-1", "--ref", "r", "--priority", "7")

    ordertrail("track", "runa/O-1", "--deadline", "2030-01-01T01:00:00+01:00")

    [tracked, changed] = ordertrail("history", "runa/O-1", "--json").lines
    assert (tracked["data"]["ref"], tracked["data"]["priority"]) == ("r", 7)
    assert changed["data"]["changes"] == {
        "deadline": {"before": None, "after": "2030-01-01T00:00:00.000000Z"}
    }


def test_a_file_holds_orders_and_json_lines(place: Path, ordertrail: Ordertrail) -> None:
    file = place / "orders.txt"
    file.write_text(
        '# ours\nruna/O-1\n\n{"order": "runa/O-2", "ref": "r", "priority": 9}\n{"order": 3}\nfoo/bar\n'
    )

    answer = ordertrail("track", "--file", str(file))

    assert answer.status == 1
    assert [line.partition(":")[0] for line in answer.err.splitlines()] == ["line 5", "line 6"]
    found = {line["order"]: line["ref"] for line in ordertrail("orders", "--json").lines}
    assert found == {"runa/O-1": None, "runa/O-2": "r"}


def test_bad_json_lines_say_what_is_wrong(place: Path, ordertrail: Ordertrail) -> None:
    bad = [
        {"order": "runa/O-1", "priority": 10},
        {"order": "runa/O-1", "deadline": "soon"},
        {"oder": "runa/O-1"},
        {"order": "runa/O-1", "ref": "half of a pair: \ud800"},
        {"order": "runa/O-1", "tenant": "a\x00b"},
        {"order": "runa/O-1", "deadline": "0001-01-01T00:00:00+23:00"},
        {"order": "runa/O-2"},
    ]
    (place / "f").write_text("".join(json.dumps(line) + "\n" for line in bad))

    errors = ordertrail("track", "--file", "f").err.splitlines()

    assert "0 to 9" in errors[0]
    assert "RFC 3339" in errors[1]
    assert "unknown key 'oder'" in errors[2]
    assert "ref holds a control character, or bytes that are no UTF-8" in errors[3]
    assert "tenant holds a control character" in errors[4]
    assert "'0001-01-01T00:00:00+23:00' is" in errors[5]
    assert [line["order"] for line in ordertrail("orders", "--json").lines] == ["runa/O-2"]


def test_a_stopped_order_goes_on_in_the_same_history(ordertrail: Ordertrail) -> None:
    ordertrail("track", "runa/O-1")

    stopped = ordertrail("stop", "runa/O-1", "--reason", "settled by hand", "--by", "u-7", "--json")
    again = ordertrail("track", "runa/O-1", "--json")

    assert stopped.lines == [{"order": "runa/O-1", "stopped": True}]
    assert again.lines == [{"order": "runa/O-1", "new": False, "changed": True}]
    events = ordertrail("history", "runa/O-1", "--json").lines
    assert [line["event"] for line in events] == ["OrderTracked", "TrackingStopped", "OrderTracked"]


def test_only_watched_orders_can_be_refreshed(ordertrail: Ordertrail) -> None:
    ordertrail("track", "runa/O-1")

    assert ordertrail("refresh", "runa/O-1", "--json").lines == [{"order": "runa/O-1", "asked": True}]
    ordertrail("stop", "runa/O-1", "--reason", "done")
    for order in ("runa/O-1", "runa/O-2"):
        assert ordertrail("refresh", order).status == 1


def test_a_log_serves_one_environment_of_a_provider(
    ordertrail: Ordertrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordertrail("track", "runa/O-1")

    monkeypatch.setenv("ORDERTRAIL_PROVIDERS__RUNA__URL", "https://playground.runa.io")
    answer = ordertrail("track", "runa/O-2")

    assert answer.status == 2
    assert "api.runa.io" in answer.err
    assert "playground.runa.io" in answer.err
