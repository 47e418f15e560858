import pytest

from domain.body import Json
from domain.fields import SECRET
from tests.providers.telling import body, raw, read, reads, shown

ID = "baab1eb7-f814-4164-9004-0a5bf6b11c61"
UNPAID = body("ordinalsbot", "recorded_2023_unpaid")
COMPLETED = body("ordinalsbot", "recorded_2023_completed")
QUEUED = body("ordinalsbot", "state_2024_queued")
WAITING: dict[str, Json] = {"iqueued": None, "completed": None}
IN_QUEUE: dict[str, Json] = {"iqueued": True, "iqueuedAt": 1687526256069}
DONE: dict[str, Json] = {**IN_QUEUE, "completed": True}


@pytest.mark.parametrize(
    ("flags", "state"),
    [
        ({}, "waiting-payment"),
        ({"underpaid": True}, "waiting-payment"),
        ({"expired": True}, "expired"),
        ({"paid": True}, "prep"),
        ({"paid": True, "expired": True, "underpaid": True}, "prep"),
        ({"expired": True, "underpaid": True}, "expired"),
        ({"paid": False, "expired": False}, "waiting-payment"),
        ({"paid": True, "files": [IN_QUEUE, WAITING]}, "queued"),
        ({"paid": True, "files": [DONE, IN_QUEUE]}, "queued"),
        ({"files": [{"sent": "4axx"}, WAITING]}, "queued"),
        ({"files": [DONE, {"sent": "4axx"}, {"tx": {"reveal": "f1"}}]}, "completed"),
        ({"files": [{"tx": "f1"}]}, "completed"),
        ({"files": [{"sent": "", "tx": {}}]}, "waiting-payment"),
        ({"files": [], "paid": True}, "prep"),
        ({"sent": "4axx"}, "completed"),
        ({"tx": {"commit": "ed"}}, "completed"),
    ],
)
def test_an_old_order_stands_where_its_flags_say_at_least(flags: dict[str, Json], state: str) -> None:
    reading = shown("ordinalsbot", ID, {**UNPAID, **flags})

    assert (reading.state, reading.at_least) == (state, True)


def test_a_state_is_preferred_to_flags_and_certain() -> None:
    reading = shown("ordinalsbot", ID, {**COMPLETED, "state": "waiting-reveal"})

    assert (reading.state, reading.at_least) == ("waiting-reveal", False)


def test_what_is_never_put_right_is_not_believed() -> None:
    charge = {**UNPAID["charge"], "status": "paid"}

    reading = shown("ordinalsbot", ID, {**UNPAID, "processing": True, "charge": charge})

    assert reading.state == "waiting-payment"


@pytest.mark.parametrize("bare", [{}, {"status": "ok"}, {"status": "success", "paid": True}, {"paid": True}])
def test_a_body_that_is_no_order_gives_no_state(bare: dict[str, Json]) -> None:
    assert reads("ordinalsbot", ID, bare) == "Rejected no_state"


def test_a_known_id_is_wanted_where_there_is_one() -> None:
    assert reads("ordinalsbot", "other", QUEUED) == "WrongOrder queued"
    assert reads("ordinalsbot", "other", COMPLETED) == "WrongOrder completed"
    assert reads("ordinalsbot", ID.upper(), COMPLETED) == "WrongOrder completed"


@pytest.mark.parametrize("key", ["error", "reason"])
@pytest.mark.parametrize("status", [200, 404])
def test_no_such_order_is_told_under_either_key(key: str, status: int) -> None:
    said: Json = {"status": "error", key: "no such order"}

    assert reads("ordinalsbot", ID, said, status) == "NotFound"


@pytest.mark.parametrize(
    ("said", "status", "expected"),
    [
        ({"status": "error", "error": "error reason"}, 200, "provider_error"),
        ({"status": "error"}, 200, "provider_error"),
        ({"status": "error", "error": {"code": 7}}, 200, "provider_error"),
        ({"status": "error", "error": "not found"}, 404, "provider_error"),
        ({"status": "error", "reason": "no such order"}, 500, "provider_error"),
        ({"status": "error", "error": "slow down"}, 429, "rate_limited"),
        ({"status": "error", "error": "invalid api key"}, 401, "unauthorised"),
        ({"error": "not here"}, 404, "http_404"),
    ],
)
def test_any_other_error_fails(said: dict[str, Json], status: int, expected: str) -> None:
    assert reads("ordinalsbot", ID, said, status) == f"Failed {expected}"


@pytest.mark.parametrize(
    ("broken", "example"),
    [
        ({"paid": "true"}, "paid"),
        ({"expired": 1}, "expired"),
        ({"files": {}}, "files"),
        ({"files": ["f"]}, "files[0]"),
        ({"files": [{"iqueued": "yes"}]}, "files[0].iqueued"),
        ({"files": [{}, {"completed": 1}]}, "files[1].completed"),
        ({"files": [{"tx": ["f1"]}]}, "files[0].tx"),
        ({"sent": True}, "sent"),
        ({"charge": {"id": 5}}, "charge.id"),
        ({"state": 5}, "state"),
    ],
)
def test_a_flag_of_the_wrong_type_is_no_flag(broken: dict[str, Json], example: str) -> None:
    assert reads("ordinalsbot", ID, {**UNPAID, **broken}) == f"Rejected wrong_type: {example}"


@pytest.mark.parametrize("key", ["paid", "files", "charge", "tx"])
def test_a_flag_that_stands_twice_is_malformed(key: str) -> None:
    once = raw("ordinalsbot", "recorded_2023_completed").rstrip().removesuffix(b"}")
    doubled = once + f',"{key}":null,"{key}":null'.encode() + b"}"

    assert reads("ordinalsbot", ID, doubled) == "Rejected malformed"


def test_its_documents_example_is_no_json() -> None:
    assert reads("ordinalsbot", ID, b"{\n  status: 'ok', // live\n  paid: true,\n}") == "Rejected malformed"


def test_times_are_claimed_for_the_steps_they_belong_to() -> None:
    claims = shown("ordinalsbot", ID, COMPLETED).claims

    assert claims == {
        "waiting-payment": 1_687_524_552_819_000,
        "prep": 1_687_526_255_442_000,
        "queued": 1_687_526_256_069_000,
    }


def test_a_placeholder_for_a_time_claims_nothing() -> None:
    assert shown("ordinalsbot", ID, raw("ordinalsbot", "recorded_2023_created")).claims == {}


def test_a_time_in_text_is_read_too() -> None:
    mint = body("ordinalsbot", "rune_mint_2024")

    assert shown("ordinalsbot", mint["id"], mint).claims["waiting-payment"] == 1_706_000_000_000_000


def test_a_fee_may_be_a_number_or_text() -> None:
    fields = shown("ordinalsbot", ID, {**UNPAID, "fee": "60"}).details

    assert fields["fee"] == "60"
    assert shown("ordinalsbot", ID, {**UNPAID, "fee": 60}).details == fields


def test_one_address_or_several_are_recorded() -> None:
    several = shown("ordinalsbot", ID, {**UNPAID, "receiveAddress": ["bc1a", "bc1b"]}).details

    assert (several["receiveAddress[0]"], several["receiveAddress[1]"]) == ("bc1a", "bc1b")
    assert shown("ordinalsbot", ID, UNPAID).details["receiveAddress"] == UNPAID["receiveAddress"]


def test_a_mint_counts_up_inside_one_state() -> None:
    mint = body("ordinalsbot", "rune_mint_2024")

    details = shown("ordinalsbot", mint["id"], mint).details

    assert details["executedMints"] == 1
    assert details["mintingTxs[0]"] == mint["mintingTxs"][0]


def test_what_a_customer_gave_away_is_not_recorded() -> None:
    details = shown("ordinalsbot", QUEUED["id"], QUEUED).details

    assert details["webhookUrl"] == SECRET
    assert details["files[0].dataURL"] == SECRET
    assert "cube1.html" not in str(details)


def test_a_wallets_own_word_for_a_token_payment_is_unknown() -> None:
    assert reads("ordinalsbot", ID, {**UNPAID, "state": "pending"}) == "Unrecognised pending"


def test_a_reading_is_the_same_for_the_same_body() -> None:
    assert read("ordinalsbot", ID, COMPLETED) == read("ordinalsbot", ID, COMPLETED)
