"""`ordertrail execute` as people use it."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Ordertrail, logging_as_before, ordertrail, place
from tests.cli.polls import Line
from tests.cli.processes import line_with, started
from tests.execution.twin import FUNDING, ORDER

__all__ = ["logging_as_before", "ordertrail", "place"]
KEY = f"xverse/{ORDER}"
ASK = ("execute", KEY, "--funding-transaction", FUNDING)


def seen(ordertrail: Ordertrail, place: Path, state: str) -> None:
    """The order is known, and stands so by its only look."""
    body = {"id": ORDER, "orderType": "rune_mint", "state": state}
    poll: Line = {
        "provider": "xverse",
        "order_id": ORDER,
        "asked_at": "2026-03-02T09:00:00Z",
        "answered_at": "2026-03-02T09:00:01Z",
        "http_status": 200,
        "content_type": "application/json",
        "body": json.dumps(body),
    }
    (place / "polls.jsonl").write_text(json.dumps(poll) + "\n")
    assert ordertrail("import", "polls.jsonl").status == 0


def test_it_waits_for_a_worker_and_is_asked_for_once(ordertrail: Ordertrail, place: Path) -> None:
    seen(ordertrail, place, "new")

    first = ordertrail(*ASK, "--by", "u-17", "--json")
    second = ordertrail(*ASK)

    assert (first.status, first.lines) == (0, [{"order": KEY, "asked": True}])
    assert (second.status, "waits for a worker" in second.err) == (1, True)


def test_an_order_that_is_done_is_not_executed(ordertrail: Ordertrail, place: Path) -> None:
    seen(ordertrail, place, "complete")

    answer = ordertrail(*ASK)

    assert answer.status == 1
    assert "it is complete: there is nothing left to execute" in answer.err


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (ASK, 1, "unknown to this log"),
        (("execute", "runa/O-1", "--funding-transaction", FUNDING), 2, "Runa orders are not executed"),
        (("execute", KEY, "--funding-transaction", "ab"), 2, "64 hexadecimal digits"),
        (("execute", KEY), 2, "either --funding-transaction TXID, or --settle"),
        ((*ASK, "--settle", "--by", "u-1"), 2, "either --funding-transaction TXID, or --settle"),
        (("execute", KEY, "--settle"), 2, "needs --by ACTOR"),
        ((*ASK, "--by", ""), 2, "128 characters at most"),
    ],
)
def test_wrong_use_is_refused(
    ordertrail: Ordertrail, arguments: tuple[str, ...], status: int, says: str
) -> None:
    answer = ordertrail(*arguments)

    assert (answer.status, says in answer.err) == (status, True)


def test_only_an_uncertain_one_can_be_settled(ordertrail: Ordertrail, place: Path) -> None:
    seen(ordertrail, place, "new")

    answer = ordertrail("execute", KEY, "--settle", "--by", "u-17")

    assert (answer.status, "it was never asked for" in answer.err) == (1, True)


def test_a_running_worker_executes_and_whoever_waits_is_told(ordertrail: Ordertrail, place: Path) -> None:
    simulator = started("simulate", "xverse", "--orders", "4", "--scale", "0.2", "--json")
    waiting = worker = None
    try:
        url = json.loads(line_with(simulator.stdout, "url"))["url"]
        (place / "ordertrail.toml").write_text(
            f'pace = 0.01\n[providers.xverse]\nurl = "{url}"\napi_key = "any"\nwindows = ["50/s"]\n'
        )
        key = f"xverse/{ORDER}"
        ordertrail("track", key)
        waiting = started(*ASK, "--wait", "--json")
        line_with(waiting.stderr, "waits for a worker to begin")
        worker = started("run", "poll")
        answer = json.loads(line_with(waiting.stdout, "outcome"))
        status = waiting.wait(30)
        again = ordertrail(*ASK)
    finally:
        for process in (waiting, worker, simulator):
            if process is not None:
                process.terminate()
                process.communicate()

    assert (status, answer["outcome"]) == (0, "accepted")
    assert again.status == 1
    events = [line["event"] for line in ordertrail("history", key, "--json").lines]
    assert [event for event in events if event.startswith("Execution")] == [
        "ExecutionRequested",
        "ExecutionAccepted",
    ]
