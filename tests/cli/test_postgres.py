import pytest

from tests.cli.conftest import Ordertrail


@pytest.fixture(autouse=True)
def log_url(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ORDERTRAIL_LOG", postgres_url)
    return postgres_url


def test_a_log_on_a_server_needs_a_key_file_that_is_named(ordertrail: Ordertrail) -> None:
    answer = ordertrail("track", "runa/O-1")

    assert answer.status == 2
    assert "ORDERTRAIL_EVIDENCE_KEY_FILE" in answer.err


def test_the_same_commands_work_on_a_server(ordertrail: Ordertrail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERTRAIL_EVIDENCE_KEY_FILE", "evidence.key")

    assert ordertrail("track", "runa/O-1", "--ref", "r").status == 0

    assert [line["ref"] for line in ordertrail("orders", "--json").lines] == ["r"]
    assert ordertrail("history", "runa/O-1", "--json").lines[0]["event"] == "OrderTracked"
