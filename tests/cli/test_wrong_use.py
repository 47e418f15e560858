from pathlib import Path

import pytest

from tests.cli.conftest import Ordertrail

WRONG = {
    "track foo/bar": "unknown provider 'foo'",
    "track xmrto": "PROVIDER/ORDER_ID",
    "track runa/O%20": "malformed order id",
    "track": "nothing to track",
    "track runa/O-1 --priority 10": "0<=x<=9",
    "track runa/O-1 --deadline tomorrow": "RFC 3339",
    "track --file nowhere": "nowhere",
    "import nowhere": "nowhere",
    "stop runa/O-1": "--reason",
    "stop runa/O-1 --reason order_ended": "that is said when watching ends by itself",
    "stop runa/O-1 --reason \x07": "holds a control character",
    "track runa/O-1 --ref \udce9": "bytes that are no UTF-8",
    "evidence \udce9": "bytes that are no UTF-8",
    "orders --provider rna": "did you mean runa?",
    "orders --phase done": "there are awaiting_payment",
    "orders --state complet": "did you mean",
    "orders --since 2026-01-01": "RFC 3339",
    "evidence 00 --by u-7": "--raw",
    "run pol": "did you mean poll?",
    "run publish": "ORDERTRAIL_KAFKA",
    "topics": "ORDERTRAIL_KAFKA",
    "audit": "ORDERTRAIL_KAFKA",
    "simulate --faults slwo=1": "unknown fault 'slwo'",
    "lifecycles bitpay": "there are",
    "nonsense": "No such command",
    "orders --config nowhere.toml": "nowhere.toml",
}


@pytest.mark.parametrize("command", WRONG)
def test_wrong_use_is_explained_and_exits_with_2(ordertrail: Ordertrail, command: str) -> None:
    answer = ordertrail(*command.split())

    assert (answer.status, answer.out) == (2, "")
    assert WRONG[command] in answer.err


def test_a_directory_that_is_missing_is_unreachable(
    ordertrail: Ordertrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERTRAIL_LOG", "sqlite:///missing/log.db")

    answer = ordertrail("track", "runa/O-1")

    assert answer.status == 3
    assert "missing/log.db" in answer.err


def test_a_file_that_is_no_log_is_refused(place: Path, ordertrail: Ordertrail) -> None:
    (place / "ordertrail.db").write_text("nothing of the kind, and long enough to be looked at\n" * 20)

    answer = ordertrail("orders")

    assert answer.status in (2, 3)
    assert "ordertrail.db" in answer.err


def test_a_server_that_is_away_is_unreachable_and_its_password_unsaid(
    ordertrail: Ordertrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERTRAIL_LOG", "postgresql://u:canary-password@127.0.0.1:1/d")
    monkeypatch.setenv("ORDERTRAIL_EVIDENCE_KEY_FILE", "key")

    for command in (["orders"], ["track", "runa/O-1"], ["check"]):
        answer = ordertrail(*command)

        assert answer.status == 3
        assert "127.0.0.1:1" in answer.err
        assert "canary-password" not in answer.out + answer.err


def test_a_broker_that_is_away_is_unreachable(
    ordertrail: Ordertrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERTRAIL_KAFKA", "127.0.0.1:1")

    answer = ordertrail("topics")

    assert (answer.status, answer.out) == (3, "")
    assert (
        answer.err
        == "ordertrail: Kafka at 127.0.0.1:1: no broker answers there; start it, or set kafka right\n"
    )


def test_a_log_without_its_evidence_key_is_refused(place: Path, ordertrail: Ordertrail) -> None:
    ordertrail("track", "runa/O-1")
    (place / "ordertrail.db.key").unlink()

    answer = ordertrail("track", "runa/O-2")

    assert answer.status == 2
    assert "evidence_key_file" in answer.err
