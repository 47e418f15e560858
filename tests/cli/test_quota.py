import json
from pathlib import Path

import pytest

from tests.cli.conftest import Ordertrail
from tests.cli.polls import Line, poll, written

FEW = ("--changes", "20")
FLEET = """
[[fleet]]
provider = "xverse"
arrivals = "2/min"
budget = "12/min"

[[fleet.kind]]
first = "new"

[[fleet.kind.state]]
name = "new"
leaves = [{ to = "executing", share = 0.8, median = "5min", sigma = 0.5 }]
deadline = "30min"
late = "stale"

[[fleet.kind.state]]
name = "executing"
leaves = [{ to = "complete", scale = "5min" }]
"""
WRONG = {
    "quota": "there is no log to learn a fleet from: describe one with --fleet FILE",
    "quota --fleet nowhere.toml": "nowhere.toml",
    "quota --fleet fleet.toml --budget 0/min": "'0/min' is no rate",
    "quota --fleet fleet.toml --budget -3/min": "'-3/min' is no rate",
    "quota --fleet fleet.toml --budget plenty": "write COUNT/TIME such as 300/min",
    "quota --fleet fleet.toml --budget 999999/s": "no schedule is needed",
    "quota --fleet fleet.toml --budget 1/31day": "that is no watching",
    "quota --fleet fleet.toml --provider rune": "did you mean runa?",
    "quota --fleet fleet.toml --provider runa": "nothing is known of runa: there is xverse",
    "quota --fleet fleet.toml --seed -1": "--seed",
    "quota --fleet bad.toml": "unknown state 'complet'; did you mean complete?",
    "quota --fleet empty.toml": "fleet: Field required",
}


@pytest.fixture
def fleet(place: Path) -> Path:
    (place / "fleet.toml").write_text(FLEET)
    (place / "bad.toml").write_text(FLEET.replace('"complete"', '"complet"'))
    (place / "empty.toml").write_text("")
    return place


@pytest.mark.parametrize("command", WRONG)
def test_a_budget_or_a_fleet_that_makes_no_sense_is_explained(
    ordertrail: Ordertrail, fleet: Path, command: str
) -> None:
    answer = ordertrail(*command.split())

    assert (answer.status, answer.out) == (2, "")
    assert WRONG[command] in answer.err


def test_the_answer_is_lines_for_programs_and_a_drawing(ordertrail: Ordertrail, fleet: Path) -> None:
    answer = ordertrail("quota", "--fleet", "fleet.toml", "--json", "--svg", "q.svg", *FEW)

    whole = [line for line in answer.lines if line["state"] is None]
    assert answer.status == 0
    assert {(line["budget_per_min"], line["policy"]) for line in whole} == {
        (budget, policy) for budget in (6, 12, 24) for policy in ("ordertrail", "round_robin", "best_cadence")
    }
    assert all(line["p50_s"] <= line["p99_s"] for line in whole)
    assert "<svg" in (fleet / "q.svg").read_text()


def test_people_get_a_table_and_bars(ordertrail: Ordertrail, fleet: Path) -> None:
    answer = ordertrail("quota", "--fleet", "fleet.toml", "--budget", "20/min", *FEW)

    assert answer.out.startswith("provider  changes to")
    assert "20/min" in answer.out
    assert "█" in answer.out


def test_without_a_file_the_fleet_is_what_the_log_has_seen(ordertrail: Ordertrail, place: Path) -> None:
    assert ordertrail("import", written(place / "polls.jsonl", captured())).status == 0

    answer = ordertrail("quota", "--budget", "6/min", "--json", *FEW)

    assert answer.status == 0
    assert {line["state"] for line in answer.lines} == {None, "COMPLETED"}
    assert all(line["provider"] == "runa" for line in answer.lines)


def test_a_log_with_next_to_nothing_in_it_says_so(ordertrail: Ordertrail, place: Path) -> None:
    ordertrail("track", "runa/O-1")

    answer = ordertrail("quota")

    assert (answer.status, answer.out) == (2, "")
    assert "fewer than 5 orders of each provider" in answer.err


def captured() -> list[Line]:
    """Ten payouts, one a minute, each processed for twenty to twenty-nine minutes."""
    polls = []
    for number in range(10):
        order = f"runa/O-{number}"
        polls.append(poll(order, number, body(number, "PROCESSING")))
        polls.append(poll(order, number + 20 + number, body(number, "COMPLETED")))
    return polls


def body(number: int, status: str) -> str:
    return json.dumps({"id": f"O-{number}", "status": status})


def test_a_bound_that_is_set_counts(
    ordertrail: Ordertrail, fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("quota", "--fleet", "fleet.toml", "--json", *FEW)
    before = ordertrail(*command).lines
    monkeypatch.setenv("ORDERTRAIL_PROVIDERS__XVERSE__BOUND", "60")

    assert ordertrail(*command).lines != before
