import json
from pathlib import Path

import pytest

from ordertrail.quota.described import read_fleets
from ordertrail.quota.fleets import FleetError
from ordertrail.quota.laws import Gamma, LogNormal

DAY = 86400.0
FLEET = """
[[fleet]]
provider = "xverse"
budget = ["2/s", "100/min"]
arrivals = "600/h"

[[fleet.kind]]
name = "mint"
first = "new"

[[fleet.kind.state]]
name = "new"
leaves = [{ to = "executing", share = 0.9, median = "8min", sigma = 1.2 }]
deadline = "24h"
late = "stale"

[[fleet.kind.state]]
name = "executing"
leaves = [
    { to = "complete", share = 0.97, least = 5, scale = "10min" },
    { to = "failed", share = 0.03, median = 60 },
]

[[fleet.kind.state]]
name = "failed"
leaves = [{ to = "refunded", share = 0.9, median = "1d" }]
"""
WRONG = {
    ('provider = "xverse"', 'provider = "xvers"'): "unknown provider 'xvers'; did you mean xverse?",
    ('to = "complete"', 'to = "completed"'): "unknown state 'completed'; did you mean complete?",
    ('first = "new"', 'first = "pending"'): "its first state pending is not described",
    ('"600/h"', '"0/h"'): "fleet.0.arrivals: '0/h' is no rate: the count must be 1 to",
    ('"600/h"', '"-1/h"'): "'-1/h' is no rate: write COUNT/TIME such as 300/min",
    ('"100/min"', '"100/fortnight"'): "'100/fortnight' is no rate",
    ('"8min"', '"8 parsecs"'): "'8 parsecs' is no duration: write seconds, or such as 90s, 8min, 24h, 7d",
    ('"8min"', "-8"): "greater than 0",
    ("share = 0.97", "share = 0.98"): "executing: the shares of what it is left for add to more than 1",
    ('median = "8min", sigma = 1.2', "sigma = 1.2"): "by one of median, scale, between",
    ('late = "stale"', ""): "deadline says when, late says where to",
    ('name = "failed"', 'name = "pending"'): "nothing leads to pending",
    ("arrivals", "arrivels"): "fleet.0.arrivals: Field required",
    ("share = 0.9,", "share = 0,"): "fleet.0.kind.0.state.0.leaves.0.share: Input should be greater than 0",
    ('provider = "xverse"', "provider = xverse"): "is neither TOML nor JSON",
}


def written(path: Path, text: str) -> Path:
    file = path / "fleet.toml"
    file.write_text(text)
    return file


def test_a_description_becomes_a_fleet(tmp_path: Path) -> None:
    (fleet,) = read_fleets(written(tmp_path, FLEET), 90 * DAY, {})

    new, executing = (fleet.kinds[0].stays[state] for state in ("new", "executing"))
    assert (fleet.per_minute, fleet.budget) == (10, 100)
    assert new.exits[0].dwell == LogNormal(480, 1.2)
    assert (new.deadline, new.late) == (DAY, "stale")
    assert executing.exits[0].dwell == Gamma(5, 1, 600)


def test_what_follows_a_final_state_is_watched_for_as_long_as_is_set(tmp_path: Path) -> None:
    (fleet,) = read_fleets(written(tmp_path, FLEET), 30 * DAY, {})

    failed = fleet.kinds[0].stays["failed"]

    assert failed.watched
    assert failed.watch_for == 30 * DAY


def test_after_a_final_state_any_name_will_do(tmp_path: Path) -> None:
    text = FLEET.replace('to = "refunded"', 'to = "forgiven"')

    (fleet,) = read_fleets(written(tmp_path, text), 90 * DAY, {})

    assert fleet.kinds[0].stays["failed"].targets == ("forgiven",)


def test_without_a_budget_the_set_one_counts(tmp_path: Path) -> None:
    file = written(tmp_path, FLEET.replace('budget = ["2/s", "100/min"]', ""))

    (fleet,) = read_fleets(file, 90 * DAY, {"xverse": 30.0})

    assert fleet.budget == 30


def test_json_says_the_same(tmp_path: Path) -> None:
    state = {"name": "PROCESSING", "leaves": [{"to": "COMPLETED", "between": [1, "1min"]}]}
    table = {"provider": "runa", "arrivals": "3/min", "kind": [{"first": "PROCESSING", "state": [state]}]}

    (fleet,) = read_fleets(written(tmp_path, json.dumps({"fleet": [table]})), 90 * DAY, {"runa": 300.0})

    assert fleet.kinds[0].stays["PROCESSING"].exits[0].dwell.mean == 30.5


@pytest.mark.parametrize(("right", "wrong"), WRONG)
def test_a_wrong_description_is_refused_with_the_place_and_the_reason(
    tmp_path: Path, right: str, wrong: str
) -> None:
    assert right in FLEET

    with pytest.raises(FleetError) as refused:
        read_fleets(written(tmp_path, FLEET.replace(right, wrong)), 90 * DAY, {})

    assert WRONG[right, wrong] in str(refused.value)


@pytest.mark.parametrize("text", ["", "{}", "fleet = []"])
def test_a_file_without_a_fleet_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(FleetError, match="fleet"):
        read_fleets(written(tmp_path, text), 90 * DAY, {})
