"""verify and erase, as people and scripts call them."""

import sqlite3
from pathlib import Path

from tests.cli.conftest import Ordertrail
from tests.cli.polls import PAYOUT, XVERSE, runa_paid_out, written, xverse

POLLS = [xverse(1, "new"), xverse(2, "executing"), runa_paid_out(3)]


def test_a_whole_log_agrees(ordertrail: Ordertrail, place: Path) -> None:
    ordertrail("import", written(place / "polls.jsonl", POLLS))

    done = ordertrail("verify", "--json")

    assert done.status == 0
    [summary] = done.lines
    assert (summary["what"], summary["agrees"], summary["findings"]) == ("summary", True, 0)
    assert (summary["orders"], summary["looks"], summary["bodies"]) == (2, 3, 3)


def test_an_altered_byte_is_named_and_the_status_is_one(ordertrail: Ordertrail, place: Path) -> None:
    ordertrail("import", written(place / "polls.jsonl", POLLS))
    with sqlite3.connect(place / "ordertrail.db") as log:
        log.execute("UPDATE stored_events SET state = replace(state, 'new', 'NEW') WHERE position = 2")

    done, told = ordertrail("verify", "--json"), ordertrail("verify")

    assert (done.status, told.status) == (1, 1)
    first, *_, summary = done.lines
    assert (first["what"], first["position"]) == ("altered", 2)
    assert (summary["agrees"], summary["findings"]) == (False, len(done.lines) - 1)
    assert "altered: it is not the event that was stored (" in told.out


def test_with_another_logs_evidence_key_nothing_is_verified_and_it_says_why(
    ordertrail: Ordertrail, place: Path
) -> None:
    ordertrail("import", written(place / "polls.jsonl", POLLS))
    (place / "ordertrail.db.key").write_text("ab" * 32)

    done = ordertrail("verify")

    assert done.status == 2
    assert "the evidence key in settings does not fit: evidence_key_file names another log's key" in done.err
    assert done.out == ""


def test_one_altered_evidence_key_is_a_finding_of_its_own(ordertrail: Ordertrail, place: Path) -> None:
    ordertrail("import", written(place / "polls.jsonl", POLLS))
    with sqlite3.connect(place / "ordertrail.db") as log:
        log.execute(f"UPDATE evidence_keys SET wrapped = zeroblob(60) WHERE stream LIKE '{XVERSE[:6]}%'")

    done = ordertrail("verify", "--json")

    assert done.status == 1
    assert "altered" in {line["what"] for line in done.lines}


def test_without_a_log_there_is_nothing_to_verify(ordertrail: Ordertrail) -> None:
    done = ordertrail("verify")

    assert done.status == 1
    assert "no log yet" in done.err


def test_nothing_was_interrupted_and_it_says_so(ordertrail: Ordertrail, place: Path) -> None:
    ordertrail("import", written(place / "polls.jsonl", POLLS))

    assert "no verification was interrupted" in ordertrail("verify", "--resume").err


def test_an_erased_order_says_so_wherever_it_is_asked_for(ordertrail: Ordertrail, place: Path) -> None:
    ordertrail("import", written(place / "polls.jsonl", POLLS))
    [*_, last] = ordertrail("history", XVERSE, "--json").lines

    done = ordertrail("erase", XVERSE, "--reason", "asked for", "--by", "u-1", "--json")

    assert done.lines == [{"order": XVERSE, "erased": True, "count": 2}]
    assert "still watched" in done.err
    assert ordertrail("order", XVERSE, "--json").lines[0]["erased"] is True
    assert [row.get("erased") for row in ordertrail("orders", "--json").lines] == [None, True]
    assert "erased" in ordertrail("orders").out
    gone = ordertrail("evidence", last["evidence"])
    assert gone.status == 1
    assert "was erased" in gone.err
    assert ordertrail("verify", "--json").lines[-1]["erased"] == 2


def test_erasing_twice_says_that_nothing_was_kept_since(ordertrail: Ordertrail, place: Path) -> None:
    ordertrail("import", written(place / "polls.jsonl", POLLS))
    ordertrail("erase", XVERSE, "--reason", "asked for", "--by", "u-1")

    again = ordertrail("erase", XVERSE, "--reason", "asked for", "--by", "u-1")

    assert "was erased before" in again.out


def test_an_unknown_order_is_not_erased(ordertrail: Ordertrail, place: Path) -> None:
    ordertrail("import", written(place / "polls.jsonl", POLLS))

    assert ordertrail("erase", "runa/nobody", "--reason", "r", "--by", "u-1").status == 1
    assert ordertrail("erase", XVERSE, "--reason", " ", "--by", "u-1").status == 2
    assert ordertrail("erase", XVERSE, "--reason", "r").status == 2


def test_no_secret_is_in_what_a_verification_says(ordertrail: Ordertrail, place: Path) -> None:
    ordertrail("import", written(place / "polls.jsonl", POLLS))
    with sqlite3.connect(place / "ordertrail.db") as log:
        log.execute("UPDATE looks SET asked_at = asked_at + 1")
        log.execute("UPDATE evidence SET size = size + 1")

    done = ordertrail("verify")

    assert done.status == 1
    assert PAYOUT not in done.out + done.err


def test_a_large_import_is_sealed_to_its_end(ordertrail: Ordertrail, place: Path) -> None:
    polls = []
    for number in range(600):
        poll = xverse(1, "new")
        order_id = f"5f0c6b9e-0000-4000-8000-{number:012}"
        body = poll["body"].replace(poll["order_id"], order_id)
        polls.append({**poll, "order_id": order_id, "body": body})
    ordertrail("import", written(place / "polls.jsonl", polls))

    [summary] = ordertrail("verify", "--json").lines

    assert summary["agrees"]
    assert (summary["events"], summary["seals"], summary["unsealed"]) == (1202, 2, 0)


def test_a_small_import_is_sealed_once(ordertrail: Ordertrail, place: Path) -> None:
    for _ in range(2):
        ordertrail("import", written(place / "polls.jsonl", POLLS))

    [summary] = ordertrail("verify", "--json").lines

    assert (summary["seals"], summary["unsealed"]) == (1, 0)
