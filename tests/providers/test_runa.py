import json

import pytest

from domain.body import Json
from domain.fields import SECRET
from domain.readings import Failed
from tests.providers.telling import body, raw, read, reads, shown

ID = "O-01234567890ABCDEFGHIJK"
COMPLETED = body("runa", "doc_completed_fx")
ITEM = "items[E-0123456789ABCDEFG]"


@pytest.mark.parametrize("status", ["PROCESSING", "COMPLETED", "FAILED"])
def test_the_status_is_trusted_whether_the_body_is_full_or_not(status: str) -> None:
    assert reads("runa", ID, {**COMPLETED, "status": status}) == f"Shown {status}"
    assert reads("runa", ID, {"id": ID, "status": status}) == f"Shown {status}"


def test_a_word_that_others_invented_is_unknown() -> None:
    assert reads("runa", ID, {"id": ID, "status": "PENDING"}) == "Unrecognised PENDING"


def test_an_id_keeps_its_case() -> None:
    assert reads("runa", ID.lower(), COMPLETED) == "WrongOrder COMPLETED"


def test_a_payout_is_recorded_under_its_items_id() -> None:
    details = shown("runa", ID, COMPLETED).details

    assert details[f"{ITEM}.payout.status"] == "ACTIVE"
    assert details[f"{ITEM}.payout.expiry_date"] is None
    assert details[f"{ITEM}.products.values[0]"] == "AMZ-US"


def test_what_is_worth_money_or_personal_is_not_recorded() -> None:
    details = shown("runa", ID, COMPLETED).details

    assert details[f"{ITEM}.payout.url"] == SECRET
    assert details[f"{ITEM}.redemption_url"] == SECRET
    assert details[f"{ITEM}.distribution_method.email_address"] == SECRET
    assert not any(word in str(details) for word in ("runa.io", "bloggs"))


def test_a_secret_that_is_not_there_yet_is_null() -> None:
    seen = body("runa", "doc_completed_fx")
    seen["items"][0]["payout"]["url"] = None

    assert shown("runa", ID, seen).details[f"{ITEM}.payout.url"] is None


def test_what_our_customer_wrote_is_not_recorded() -> None:
    seen = {**COMPLETED, "description": "for canary", "metadata": {"canary": "canary"}}

    assert "canary" not in str(shown("runa", ID, seen).details)


@pytest.mark.parametrize("price", ["8.49", 8.49])
def test_amounts_are_decimals_whether_text_or_number(price: str | float) -> None:
    seen = json.dumps({**COMPLETED, "total_price": price}).encode()

    assert shown("runa", ID, seen).details["total_price"] == "8.49"


def test_an_amount_keeps_all_its_digits() -> None:
    seen = raw("runa", "doc_completed_fx").replace(b'"8.49"', b"8.490000000000000000001")

    assert shown("runa", ID, seen).details["total_price"] == "8.490000000000000000001"


def test_both_times_are_claimed() -> None:
    claims = shown("runa", ID, COMPLETED).claims

    assert claims == {"PROCESSING": 1_699_972_674_093_824, "COMPLETED": 1_699_975_507_728_788}


@pytest.mark.parametrize(
    "missing", [{"currency": None}, {"payment_method": {"type": "CARD"}}, {"items": None}]
)
def test_what_its_schema_demands_may_be_missing(missing: dict[str, Json]) -> None:
    assert reads("runa", ID, {**COMPLETED, **missing}) == "Shown COMPLETED"


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("unauthorized", 401, "Failed unauthorised"),
        ("invalid_api_key", 401, "Failed unauthorised"),
        ("forbidden", 403, "Failed forbidden"),
        ("ordering_restricted", 403, "Failed forbidden"),
        ("not_found", 404, "NotFound"),
        ("not_found", 502, "Failed http_502"),
        ("version_removed", 410, "Failed version_removed"),
        ("invalid_version", 400, "Failed invalid_version"),
        ("internal_server_error", 500, "Failed provider_error"),
        ("timeout", 504, "Failed provider_error"),
        ("something_new", 500, "Failed http_500"),
        ("something_new", 200, "Failed provider_error"),
    ],
)
def test_an_error_is_known_by_its_type(kind: str, status: int, expected: str) -> None:
    assert reads("runa", ID, {"type": kind, "message": "…", "help": None}, status) == expected


@pytest.mark.parametrize("status", [429, 200, 403])
def test_too_many_requests_are_known_by_their_own_shape(status: int) -> None:
    assert reads("runa", ID, {"error": "rate exceeded"}, status) == "Failed rate_limited"


@pytest.mark.parametrize("said", [b"<html></html>", b"", b'{"error":"not_found"}', b'{"type":null}', b"[]"])
def test_a_404_in_other_words_is_a_failure_of_the_channel(said: bytes) -> None:
    assert reads("runa", ID, said, 404) == "Failed http_404"


@pytest.mark.parametrize("said", [{"error": "rate exceeded"}, {"message": "slow down"}, b"<html>"])
def test_too_many_requests_are_followed_by_the_documented_pause(said: Json | bytes) -> None:
    assert read("runa", ID, said, 429) == Failed("rate_limited", retry_after=5.0)
