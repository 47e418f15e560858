import pytest

from domain.body import Json
from domain.readings import Rejected, Unrecognised, WrongOrder
from tests.providers.telling import body, raw, read, reads, shown

ID = "3f0c8a52-1a1c-4a68-9a0e-6d7f5f0c2b11"
ORDER = body("xverse", "mint_executing")


@pytest.mark.parametrize("id_field", ["id", "orderId"])
def test_the_id_is_accepted_under_both_names(id_field: str) -> None:
    seen = {**ORDER, "id": None, id_field: ID}

    assert reads("xverse", ID, seen) == "Shown executing"


def test_two_ids_of_which_one_is_the_orders_are_taken() -> None:
    assert reads("xverse", ID, {**ORDER, "id": "another-name", "orderId": ID}) == "Shown executing"
    assert reads("xverse", ID, {**ORDER, "id": "a", "orderId": "b"}) == "WrongOrder executing"


def test_an_id_in_capitals_is_the_same_id() -> None:
    assert reads("xverse", ID, {**ORDER, "id": ID.upper()}) == "Shown executing"


def test_a_body_without_an_id_is_about_the_order_asked_for() -> None:
    assert reads("xverse", ID, {"state": "new"}) == "Shown new"


def test_another_orders_body_is_not_taken() -> None:
    reading = read("xverse", "00000000-0000-0000-0000-000000000000", ORDER)

    assert isinstance(reading, WrongOrder)
    assert reading.reported == "executing"
    assert reading.meaning


def test_another_orders_body_without_a_state_is_not_taken_either() -> None:
    assert reads("xverse", ID, {"id": "other"}) == "WrongOrder None"
    assert reads("xverse", ID, {"id": "other", "state": 7}) == "WrongOrder None"


@pytest.mark.parametrize("reason", [{}, {"reason": None}, {"reason": ""}, {"reason": "mint is closed"}])
def test_the_reason_may_be_absent_null_empty_or_told(reason: dict[str, str | None]) -> None:
    seen = {key: value for key, value in ORDER.items() if key != "reason"} | reason

    reading = shown("xverse", ID, seen)

    assert {key: value for key, value in reading.details.items() if key == "reason"} == reason


def test_transactions_may_be_absent() -> None:
    seen = {key: value for key, value in ORDER.items() if key != "transactions"}

    assert not [path for path in shown("xverse", ID, seen).details if path.startswith("transactions")]


def test_a_transaction_is_named_by_its_id() -> None:
    txid = ORDER["transactions"][0]["txid"]

    details = shown("xverse", ID, ORDER).details

    assert details[f"transactions[{txid}].state"] == "broadcast"
    assert details[f"transactions[{txid}].batchNumber"] == 0


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("runes_mint", "mint"),
        ("rune_mint", "mint"),
        ("runes_etch", "etch"),
        ("rune_etch", "etch"),
        ("x", None),
    ],
)
def test_the_kind_of_order_is_known_by_both_spellings(word: str, kind: str | None) -> None:
    assert shown("xverse", ID, {**ORDER, "orderType": word}).kind == kind


def test_an_unknown_word_is_kept_and_cut() -> None:
    reading = read("xverse", ID, {**ORDER, "state": "y" * 300})

    assert isinstance(reading, Unrecognised)
    assert reading.word == "y" * 200
    assert reading.meaning


@pytest.mark.parametrize("state", ["completed", "COMPLETE", " complete", "Complete"])
def test_a_word_that_is_nearly_known_is_unknown(state: str) -> None:
    assert reads("xverse", ID, {**ORDER, "state": state}) == f"Unrecognised {state}"


@pytest.mark.parametrize("state", [None, ""])
def test_no_word_is_no_state(state: str | None) -> None:
    assert reads("xverse", ID, {**ORDER, "state": state}) == "Rejected no_state"


@pytest.mark.parametrize("state", [1, 1.5, 10**20, True, ["new"], {"word": "new"}])
def test_a_state_that_is_no_text_is_of_the_wrong_type(state: Json) -> None:
    assert reads("xverse", ID, {**ORDER, "state": state}) == "Rejected wrong_type: state"


@pytest.mark.parametrize(
    ("broken", "example"),
    [
        ({"id": 7}, "id"),
        ({"transactions": "none"}, "transactions"),
        ({"transactions": {"txid": "a"}}, "transactions"),
        ({"transactions": [7]}, "transactions[0]"),
        ({"reason": ["mint is closed"]}, "reason"),
        ({"transactions": [{"txid": "a", "state": {}}]}, "transactions[a].state"),
    ],
)
def test_a_broken_structure_is_rejected_with_its_path(broken: dict[str, Json], example: str) -> None:
    assert reads("xverse", ID, {**ORDER, **broken}) == f"Rejected wrong_type: {example}"


def test_a_state_that_stands_twice_is_malformed() -> None:
    doubled = raw("xverse", "mint_executing").replace(
        b'"state": "executing",', b'"state":"new","state":"x",', 1
    )

    reading = read("xverse", ID, doubled)

    assert isinstance(reading, Rejected)
    assert (reading.why, reading.example) == ("malformed", "the key state stands twice")


def test_the_creation_time_is_claimed_for_the_first_state_only() -> None:
    claims = shown("xverse", ID, ORDER).claims

    assert claims == {"new": 1_741_083_330_120_000}


@pytest.mark.parametrize("created", ["yesterday", "", None, 12, "2025-03-04T10:15:30"])
def test_a_creation_time_that_can_not_be_read_claims_nothing(created: Json) -> None:
    assert shown("xverse", ID, {**ORDER, "createdAt": created}).claims == {}


@pytest.mark.parametrize("said", [{"statusCode": 404, "message": "Order not found"}, "gone", ["x"], None, {}])
def test_any_json_with_404_means_that_it_has_no_such_order(said: Json) -> None:
    assert reads("xverse", ID, said, 404) == "NotFound"


@pytest.mark.parametrize("page", [b"<html>404</html>", b""])
def test_any_other_404_is_a_failure_of_the_channel(page: bytes) -> None:
    assert reads("xverse", ID, page, 404) == "Failed http_404"


def test_its_other_refusals_say_nothing_about_the_order() -> None:
    assert reads("xverse", ID, {"message": "params/orderId must match format uuid"}, 400) == "Failed http_400"
    assert reads("xverse", ID, {"message": "Missing API key"}, 401) == "Failed unauthorised"
    assert reads("xverse", ID, {"message": "Invalid API key"}, 403) == "Failed forbidden"
