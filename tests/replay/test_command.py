import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Ordertrail


@pytest.fixture
def two_tracked(ordertrail: Ordertrail) -> None:
    ordertrail("track", "xmrto/a", "xmrto/b")


@pytest.mark.usefixtures("two_tracked")
def test_the_whole_log_goes_to_stdout_an_event_a_line(ordertrail: Ordertrail) -> None:
    outcome = ordertrail("replay", "--json")

    assert outcome.status == 0
    assert [line["subject"] for line in outcome.lines] == ["xmrto/a", "xmrto/b"]
    assert "2 events replayed, positions 1 to 2" in outcome.err


@pytest.mark.usefixtures("two_tracked")
def test_an_order_and_a_span_narrow_it(ordertrail: Ordertrail) -> None:
    assert [line["id"] for line in ordertrail("replay", "xmrto/b").lines] == ["xmrto/b@1"]
    assert [line["position"] for line in ordertrail("replay", "--to", "1").lines] == ["1"]
    assert ordertrail("replay", "--from", "2999-01-01T00:00:00Z").lines == []


@pytest.mark.usefixtures("two_tracked")
@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["--from", "3"], 1, "no position 3: they go from 1 to 2"),
        (["--to", "0"], 1, "no position 0"),
        (["--to", "99999999999999999999999"], 1, "they go from 1 to 2"),
        (["xmrto/nobody"], 1, "xmrto/nobody is not in the log"),
        (["--from", "2", "--to", "1"], 2, "ends before it begins"),
        (["--from", "yesterday"], 2, "neither a position nor an RFC 3339 time"),
        (["--from", "-1"], 2, "neither a position nor an RFC 3339 time"),
        (["--from", "2026-13-01T00:00:00Z"], 2, "month must be in 1..12"),
        (["nonsense"], 2, "is no order"),
        (["--sink", "kafka:elsewhere"], 2, "no Kafka is set"),
        (["--sink", "kafka:"], 2, "has no name"),
        (["--sink", ""], 2, "has no name"),
        (["--sink", "nowhere/file"], 2, "there is no folder nowhere"),
        (["--sink", ".", "--force"], 2, "is no file"),
        (["--force"], 2, "--force goes with a file"),
    ],
)
def test_what_can_not_be_is_said(
    ordertrail: Ordertrail, arguments: list[str], status: int, says: str
) -> None:
    outcome = ordertrail("replay", *arguments)

    assert (outcome.status, outcome.out) == (status, "")
    assert says in outcome.err


@pytest.mark.parametrize(("arguments", "status"), [([], 0), (["--from", "1"], 1), (["xmrto/a"], 1)])
def test_without_a_log_there_is_nothing_to_tell(
    ordertrail: Ordertrail, arguments: list[str], status: int
) -> None:
    assert ordertrail("replay", *arguments).status == status


@pytest.mark.usefixtures("two_tracked")
def test_a_file_holds_the_same_bytes_as_stdout(ordertrail: Ordertrail, place: Path) -> None:
    outcome = ordertrail("replay", "--sink", "all.jsonl", "--json")

    assert outcome.lines == [{"events": 2, "first": 1, "last": 2, "sink": "all.jsonl"}]
    assert (place / "all.jsonl").read_text() == ordertrail("replay").out


@pytest.mark.usefixtures("two_tracked")
def test_a_file_is_overwritten_by_force_only(ordertrail: Ordertrail, place: Path) -> None:
    (place / "mine").write_text("precious")

    refused = ordertrail("replay", "--sink", "mine")

    assert (refused.status, (place / "mine").read_text()) == (2, "precious")
    assert ordertrail("replay", "--sink", "mine", "--force").status == 0
    assert (place / "mine").read_text().count("\n") == 2


@pytest.mark.usefixtures("two_tracked")
def test_a_failed_replay_leaves_no_file(ordertrail: Ordertrail, place: Path) -> None:
    before = set(place.iterdir())

    ordertrail("replay", "xmrto/nobody", "--sink", "part.jsonl")

    assert set(place.iterdir()) == before


@pytest.mark.parametrize("topic", ["ordertrail.events", "mine.orders", "__consumer_offsets"])
def test_a_topic_of_ours_or_of_kafka_is_no_sink(
    ordertrail: Ordertrail, monkeypatch: pytest.MonkeyPatch, topic: str
) -> None:
    monkeypatch.setenv("ORDERTRAIL_KAFKA", "127.0.0.1:9")
    monkeypatch.setenv("ORDERTRAIL_TOPICS__PREFIX", "mine.")

    outcome = ordertrail("replay", "--sink", f"kafka:{topic}")

    assert outcome.status == 2
    assert "own" in outcome.err


@pytest.mark.usefixtures("two_tracked")
def test_a_reader_that_has_had_enough_is_no_failure() -> None:
    reading, writing = os.pipe()
    os.close(reading)

    command = [sys.executable, "-m", "ordertrail", "replay"]
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)

    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")
