"""explain, adopt and readjudicate as people call them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from adapters.providers import ADAPTERS
from domain.providers import PROVIDERS
from tests.cli.conftest import Ordertrail
from tests.cli.polls import XVERSE, written, xverse
from tests.proof.newer import newer, reader_of

T = TypeVar("T")


@pytest.fixture
def contradicted(place: Path, ordertrail: Ordertrail) -> None:
    polls = [xverse(0, "pending"), xverse(5, "complete"), xverse(9, "failed")]
    assert ordertrail("import", written(place / "polls.jsonl", polls)).status == 0


@pytest.mark.usefixtures("contradicted")
def test_explain_tells_people_why(ordertrail: Ordertrail) -> None:
    answer = ordertrail("explain", XVERSE, "3")

    assert answer.status == 0
    assert answer.out.startswith(f"{XVERSE}, version 3: StateChanged pending → executing (inferred)\n\nWhy\n")
    assert "the same, byte for byte" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 102


@pytest.mark.usefixtures("contradicted")
def test_explain_tells_programs_the_same(ordertrail: Ordertrail) -> None:
    [line] = ordertrail("explain", XVERSE, "3", "--json").lines

    assert (line["event"], line["verdict"], line["agrees"]) == ("StateChanged", "same", True)
    assert line["path"]["certain"] == ["executing", "complete"]
    assert line["evidence"]["body"]["state"] == "complete"
    assert line["reading"]["state"] == "complete"
    assert line["before"]["state"] == "pending"


@pytest.mark.usefixtures("contradicted")
def test_what_is_not_there_can_not_be_explained(ordertrail: Ordertrail) -> None:
    for order, version, why in ((XVERSE, "9", "there are 1 to 5"), ("runa/O-2", "1", "unknown")):
        answer = ordertrail("explain", order, version)

        assert (answer.status, answer.out) == (1, "")
        assert why in answer.err


@pytest.mark.usefixtures("contradicted")
def test_a_version_is_a_number_from_one(ordertrail: Ordertrail) -> None:
    assert ordertrail("explain", XVERSE, "0").status == 2


@pytest.mark.usefixtures("contradicted")
def test_an_adopted_state_closes_the_contradiction(ordertrail: Ordertrail) -> None:
    answer = ordertrail("adopt", XVERSE, "--state", "failed", "--reason", "mail", "--by", "u-17", "--json")

    assert (answer.status, answer.lines) == (0, [{"order": XVERSE, "state": "failed", "version": 6}])
    assert ordertrail("attention", "--json").out == ""
    assert ordertrail("explain", XVERSE, "6").status == 0


@pytest.mark.usefixtures("contradicted")
def test_only_what_is_reported_can_be_adopted(ordertrail: Ordertrail) -> None:
    unknown = ordertrail("adopt", XVERSE, "--state", "gone", "--reason", "r", "--by", "u-17")
    elsewhere = ordertrail("adopt", XVERSE, "--state", "refunded", "--reason", "r", "--by", "u-17")
    stranger = ordertrail("adopt", "runa/O-2", "--state", "FAILED", "--reason", "r", "--by", "u-17")

    assert (unknown.status, elsewhere.status, stranger.status) == (2, 1, 1)
    assert "there are new, pending" in unknown.err
    assert "the provider reported failed" in elsewhere.err


@pytest.mark.usefixtures("contradicted")
def test_a_decision_needs_a_reason_and_somebody_who_made_it(ordertrail: Ordertrail) -> None:
    assert ordertrail("adopt", XVERSE, "--state", "failed", "--reason", " ", "--by", "u-17").status == 2
    assert ordertrail("adopt", XVERSE, "--state", "failed", "--reason", "mail").status == 2


@pytest.mark.usefixtures("contradicted")
def test_todays_rules_make_of_the_log_what_is_in_it(ordertrail: Ordertrail) -> None:
    for arguments in ((), ("--apply",), (XVERSE,), (XVERSE, "--apply")):
        answer = ordertrail("readjudicate", *arguments, "--json")

        assert (answer.status, answer.out) == (0, "")
        assert "1 orders judged anew: 0" in answer.err


def test_without_a_log_there_is_nothing_to_judge(ordertrail: Ordertrail) -> None:
    assert ordertrail("readjudicate", "--json").status == 0
    assert ordertrail("explain", XVERSE, "1").status == 1


def test_newer_rules_correct_what_older_ones_could_not_read(
    place: Path, ordertrail: Ordertrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordertrail("import", written(place / "polls.jsonl", [xverse(0, "pending"), xverse(5, "queued")]))
    _upgrade(monkeypatch)

    shown = ordertrail("readjudicate")
    [line] = ordertrail("readjudicate", "--apply", "--json").lines
    again = ordertrail("readjudicate", "--apply", "--json")

    assert shown.out == (
        f"{XVERSE}: rules 2.1 → 2.2\n  no longer holds: version 3\n  states: pending → queued\n"
    )
    assert (line["differs"], line["applied"], line["replaces"], line["state"]) == (True, True, [3], "queued")
    assert again.out == ""
    assert ordertrail("attention", "--json").out == ""
    assert "replaces 3; states pending → queued; rules 2.1 → 2.2" in ordertrail("history", XVERSE).out
    assert "3 no longer holds: StatusUnrecognised queued" in ordertrail("explain", XVERSE, "4").out


def _upgrade(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of ours whose rules for Xverse are newer."""
    provider, adapter = newer(), ADAPTERS["xverse"]
    monkeypatch.setitem(dict_of(PROVIDERS), "xverse", provider)
    monkeypatch.setitem(dict_of(ADAPTERS), "xverse", replace(adapter, read=reader_of(provider)))


def dict_of(table: Mapping[str, T]) -> dict[str, T]:
    assert isinstance(table, dict)
    return table
