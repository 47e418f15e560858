import json
from pathlib import Path

import pytest

from tests.cli.conftest import Ordertrail
from tests.cli.polls import PAYOUT, XVERSE, runa_paid_out, written, xverse


@pytest.fixture
def captured(place: Path, ordertrail: Ordertrail) -> str:
    """Two orders' polls, imported."""
    polls = [xverse(0, "new"), xverse(5, "executing"), xverse(9, "complete"), runa_paid_out(3)]
    file = written(place / "polls.jsonl", polls)
    assert ordertrail("import", file).status == 0
    return file


def test_an_empty_list_is_an_answer(ordertrail: Ordertrail) -> None:
    for verb in ("orders", "attention"):
        answer = ordertrail(verb, "--json")

        assert (answer.status, answer.out) == (0, "")


def test_imported_polls_become_history(ordertrail: Ordertrail, captured: str) -> None:
    events = ordertrail("history", XVERSE, "--json").lines

    assert [line["data"]["target"] for line in events if line["event"] == "StateChanged"] == [
        "new",
        "executing",
        "complete",
    ]
    assert events[-1]["not_before"] == "2026-01-01T00:05:00.000000Z"


def test_the_same_file_twice_adds_nothing(ordertrail: Ordertrail, captured: str) -> None:
    before = ordertrail("history", XVERSE).out

    again = ordertrail("import", captured, "--json")

    assert again.lines == [{"lines": 4, "looks": 0, "events": 0, "skipped": 4, "refused": 0}]
    assert ordertrail("history", XVERSE).out == before


def test_a_bad_line_is_named_and_the_rest_goes_on(place: Path, ordertrail: Ordertrail) -> None:
    file = place / "polls.jsonl"
    file.write_text("nonsense\n" + json.dumps(xverse(0, "new")) + "\n")

    answer = ordertrail("import", str(file))

    assert answer.status == 1
    assert "line 1: " in answer.err
    assert len(ordertrail("orders", "--json").lines) == 1


def test_orders_are_filtered(ordertrail: Ordertrail, captured: str) -> None:
    for filters in (
        ["--provider", "runa"],
        ["--state", "COMPLETED"],
        ["--provider", "runa", "--phase", "fulfilled"],
    ):
        assert [line["order"] for line in ordertrail("orders", "--json", *filters).lines] == ["runa/O-1"]
    assert ordertrail("orders", "--attention", "--json").lines == []
    assert ordertrail("orders", "--since", "2026-01-01T00:09:00Z", "--json").lines[0]["order"] == XVERSE


def test_an_order_stood_where_it_stood(ordertrail: Ordertrail, captured: str) -> None:
    certain = ordertrail("order", XVERSE, "--json", "--as-of", "2026-01-01T00:09:01Z").lines
    between = ordertrail("order", XVERSE, "--json", "--as-of", "2026-01-01T00:07:00+00:00").lines

    assert certain[0]["state"] == "complete"
    assert between[0]["state"] is None
    assert between[0]["possible"] == ["executing", "complete"]


def test_people_get_aligned_text_in_a_pipe(ordertrail: Ordertrail, captured: str) -> None:
    head, *rows = ordertrail("orders").out.splitlines()

    assert head.split()[:3] == ["order", "ref", "state"]
    assert [row.split()[0] for row in rows] == ["runa/O-1", XVERSE]


def test_evidence_is_masked_unless_raw_and_raw_goes_on_record(ordertrail: Ordertrail, captured: str) -> None:
    sha256 = ordertrail("history", "runa/O-1", "--json").lines[-1]["evidence"]

    masked, raw = ordertrail("evidence", sha256), ordertrail("evidence", sha256, "--raw", "--by", "u-7")

    assert PAYOUT not in masked.out
    assert PAYOUT in raw.out
    last = ordertrail("history", "runa/O-1", "--json").lines[-1]
    assert (last["event"], last["data"]) == ("EvidenceShown", {"evidence": sha256, "by": "u-7"})


def test_what_is_unknown_is_a_no(ordertrail: Ordertrail, captured: str) -> None:
    for command in (["order", "runa/O-2"], ["history", "runa/O-2"], ["evidence", "00"]):
        answer = ordertrail(*command)

        assert (answer.status, answer.out) == (1, "")
        assert "`ordertrail" in answer.err
