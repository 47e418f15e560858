from contextlib import closing
from pathlib import Path

import pytest

from adapters.log import open_log
from ordertrail.machine import now
from ordertrail.reports import stored
from tests.cli.conftest import Ordertrail
from tests.cli.polls import written, xverse
from tests.reports.saying import report


def test_providers_are_told_one_a_line(place: Path, ordertrail: Ordertrail) -> None:
    ordertrail(
        "import", written(place / "polls", [xverse(0, "new"), xverse(5, "executing"), xverse(9, "paused")])
    )

    answer = ordertrail("providers", "--json")

    told = {line["provider"]: line for line in answer.lines}
    assert answer.status == 0
    assert list(told) == ["xverse", "ordinalsbot", "runa", "xmrto"]
    assert told["xverse"]["health"] == "unwatched"
    assert [(one["what"], one["seen"]) for one in told["xverse"]["drift"]] == [("word", "paused")]


def test_people_read_it_in_words(place: Path, ordertrail: Ordertrail) -> None:
    ordertrail("import", written(place / "polls", [xverse(0, "new"), xverse(5, "paused")]))

    answer = ordertrail("providers")

    assert "No worker is running." in answer.out
    assert "paused" in answer.out


@pytest.mark.parametrize(
    ("price", "worth"),
    [(45.0, "45 s of weighted lateness"), (1e14, "more than a year of lateness"), (1e-6, "nothing")],
)
def test_people_see_queue_oldest_look_budget_and_price(
    place: Path, ordertrail: Ordertrail, price: float, worth: str
) -> None:
    ordertrail("import", written(place / "polls", [xverse(0, "new")]))
    with closing(open_log(f"sqlite:///{place}/ordertrail.db", create=False, now=now(), new_id="")) as log:
        log.report([stored(report("one", now(), price=price), "xverse", now())], ())

    answer = ordertrail("providers")

    for words in (
        "queue        2 due, 1 never looked at, 0 asked about",
        "oldest look  30 min ago",
        "budget       98 % used, 20 of 150 left in 60 s",
        f"a request    is worth {worth}",
    ):
        assert words in answer.out


def test_without_a_log_nothing_is_known(ordertrail: Ordertrail) -> None:
    assert ordertrail("providers", "--json").lines == []
