from pathlib import Path

from tests.cli.conftest import Ordertrail
from tests.cli.polls import written, xverse


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


def test_without_a_log_nothing_is_known(ordertrail: Ordertrail) -> None:
    assert ordertrail("providers", "--json").lines == []
