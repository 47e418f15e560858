"""What Xverse's answer to a request to execute comes to."""

import json

import pytest

from adapters.endpoint import Endpoint
from adapters.http import WITHHELD
from adapters.xverse_execute import EXECUTION
from domain.execution import Accepted, Busy, Outcome, Refused, Uncertain
from domain.readings import Answer, Failed

FUNDING = "ab" * 32
KEY = "k-secret"


def read(status: int, body: bytes | dict[str, object] = b"", *, truncated: bool = False) -> Outcome | Busy:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return EXECUTION.read(Answer(status, "application/json", sent, truncated), FUNDING, KEY)


@pytest.mark.parametrize("sort", ["mint", "etch"])
def test_the_request_names_order_and_transaction(sort: str) -> None:
    request = EXECUTION.request(Endpoint("https://xverse.example", KEY), "5066d36d", sort, FUNDING)

    assert (request.method, request.url.path) == ("POST", f"/v1/runes-managed/{sort}/orders/5066d36d/execute")
    assert request.headers["x-api-key"] == KEY
    assert json.loads(request.content) == {"fundTransactionId": FUNDING}


@pytest.mark.parametrize(
    ("order_type", "kind"),
    [
        ("runes_mint", "mint"),
        ("rune_mint", "mint"),
        ("runes_etch", "etch"),
        ("rune_etch", "etch"),
        ("x", None),
    ],
)
def test_the_kind_of_order_is_known_by_its_type(order_type: str, kind: str | None) -> None:
    assert EXECUTION.kind({"orderType": order_type}) == kind
    assert EXECUTION.kind({}) is None


@pytest.mark.parametrize("body", [b"", b" \n"])
def test_an_empty_answer_accepts(body: bytes) -> None:
    assert read(200, body) == Accepted(None)


@pytest.mark.parametrize("echo", [FUNDING, FUNDING.upper()])
def test_so_does_one_that_repeats_the_transaction(echo: str) -> None:
    assert read(200, {"fundTransactionId": echo}) == Accepted(FUNDING)


@pytest.mark.parametrize(
    "body",
    [
        {"fundTransactionId": "cd" * 32},
        {"fundTransactionId": None},
        {"error": "no"},
        b"{}",
        b"[]",
        b"<html></html>",
        b'{"fundTransactionId": "' + FUNDING.encode() + b'"',
    ],
)
def test_any_other_answer_leaves_it_uncertain(body: bytes | dict[str, object]) -> None:
    assert isinstance(read(200, body), Uncertain)


def test_an_answer_that_was_cut_at_the_limit_leaves_it_uncertain() -> None:
    assert isinstance(read(200, {"fundTransactionId": FUNDING}, truncated=True), Uncertain)


@pytest.mark.parametrize("status", [201, 204, 301, 402, 405, 409, 500, 502, 503, 504])
def test_so_does_every_other_code(status: int) -> None:
    assert read(status) == Uncertain(f"http_{status}")


@pytest.mark.parametrize("kind", ["timeout", "connect", "cut", "disconnected", "tls"])
def test_so_does_a_failure_on_the_way(kind: str) -> None:
    assert EXECUTION.read(Failed(kind), FUNDING, KEY) == Uncertain(kind)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_gives_its_reason(status: int) -> None:
    assert read(status, {"statusCode": status, "message": "Order is failed"}) == Refused(
        "Order is failed", status
    )
    assert isinstance(read(status, b"<html>"), Refused)


def test_a_reason_holds_no_key_and_nothing_unprintable_and_has_an_end() -> None:
    said = read(401, {"message": f"key {KEY} or {'s' * 40}\x1b[1m\u0007 is bad " + "very " * 100})

    assert isinstance(said, Refused)
    assert KEY not in said.why
    assert "s" * 24 not in said.why
    assert said.why.isprintable()
    assert len(said.why) <= 200


def test_asked_too_often_it_was_not_taken() -> None:
    assert read(429, {"message": "slow down"}) == Busy(Refused("too many requests", 429))
    assert EXECUTION.read(Failed(WITHHELD), FUNDING, KEY) == Busy(Uncertain(WITHHELD))
