import sqlite3
from pathlib import Path

from tests.cli.conftest import Ordertrail
from tests.cli.polls import XVERSE, written, xverse


def told(place: Path, ordertrail: Ordertrail) -> None:
    ordertrail("import", written(place / "polls", [xverse(0, "new"), xverse(5, "complete")]))
    ordertrail("orders")


def folded_otherwise(place: Path) -> None:
    """As if an older version had written the state in capitals."""
    connection = sqlite3.connect(place / "ordertrail.db")
    connection.execute(
        "UPDATE read_models SET value = CAST(replace(value, '\"complete\"', '\"COMPLETE\"') AS BLOB) "
        "WHERE model = 'orders'"
    )
    connection.commit()
    connection.close()


def test_a_dry_run_shows_what_would_change_and_changes_nothing(place: Path, ordertrail: Ordertrail) -> None:
    told(place, ordertrail)
    folded_otherwise(place)

    answer = ordertrail("rebuild", "orders", "--dry-run", "--json")

    difference, orders, attention = answer.lines
    assert (difference["key"], difference["live"]["state"], difference["rebuilt"]["state"]) == (
        XVERSE,
        "COMPLETE",
        "complete",
    )
    assert (orders["model"], orders["changed"], orders["switched"]) == ("orders", 1, False)
    assert (attention["model"], attention["changed"]) == ("attention", 0)
    assert ordertrail("orders", "--json").lines[0]["state"] == "COMPLETE"


def test_a_rebuild_serves_what_the_log_says(place: Path, ordertrail: Ordertrail) -> None:
    told(place, ordertrail)
    folded_otherwise(place)

    answer = ordertrail("rebuild", "orders")

    assert answer.status == 0
    assert f"{XVERSE} differs in state" in answer.err
    assert ordertrail("orders", "--json").lines[0]["state"] == "complete"
    assert "nothing differs" in ordertrail("rebuild", "attention").err


def test_a_report_is_no_projection(ordertrail: Ordertrail) -> None:
    answer = ordertrail("rebuild", "providers")

    assert answer.status == 2
    assert "providers is a report, not a projection" in answer.err


def test_an_unknown_read_model_is_answered_with_those_there_are(ordertrail: Ordertrail) -> None:
    answer = ordertrail("rebuild", "order")

    assert answer.status == 2
    assert "did you mean orders" in answer.err


def test_without_a_log_there_is_nothing_to_rebuild(ordertrail: Ordertrail) -> None:
    assert ordertrail("rebuild", "orders").status == 1
