import pytest

from domain.body import Json
from tests.providers.telling import body, raw, reads, shown

ID = "xmrto-XCZEsu"
UNPAID = body("xmrto", "v2_status_unpaid_doc")
SENT = body("xmrto", "v3_btc_sent")


def test_the_documented_answer_to_another_order_is_not_taken() -> None:
    assert reads("xmrto", "xmrto-VkT2yM", raw("xmrto", "v0_status_unpaid")) == "WrongOrder UNPAID"


def test_state_is_preferred_to_state_str() -> None:
    assert reads("xmrto", ID, {**UNPAID, "state": "PAID"}) == "Shown PAID"
    assert reads("xmrto", ID, {**UNPAID, "state": None}) == "Shown UNPAID"


@pytest.mark.parametrize("field", ["state", "state_str"])
@pytest.mark.parametrize("word", ["NOT_FOUND", "PURGED"])
def test_two_words_mean_that_it_has_forgotten_the_order(field: str, word: str) -> None:
    assert reads("xmrto", ID, {field: word, "uuid": ID}) == "NotFound gone"
    assert reads("xmrto", ID, {field: word}) == "NotFound gone"


def test_forgetting_another_order_says_nothing_about_this_one() -> None:
    assert reads("xmrto", ID, {"state": "PURGED", "uuid": "xmrto-VkT2yM"}) == "WrongOrder PURGED"


@pytest.mark.parametrize("word", ["REJECTED", "PAYMENT_FAILED", "FLAGGED_DESTINATION_ADDRESS"])
def test_the_words_of_version_3_are_states(word: str) -> None:
    assert reads("xmrto", "xmrto-NCXzGE", {**SENT, "state": word}) == f"Shown {word}"


def test_a_word_in_small_letters_is_unknown() -> None:
    assert reads("xmrto", ID, {**UNPAID, "state": "unpaid"}) == "Unrecognised unpaid"


def test_a_missing_comma_is_malformed() -> None:
    broken = raw("xmrto", "v2_status_unpaid_doc").replace(
        b'"2017-07-01T08:11:27Z",', b'"2017-07-01T08:11:27Z"'
    )

    assert reads("xmrto", ID, broken) == "Rejected malformed"


CODES = {
    "001": (503, "provider_error"),
    "002": (400, "invalid_request"),
    "003": (400, "invalid_request"),
    "004": (503, "invalid_request"),
    "005": (400, "invalid_request"),
    "007": (503, "provider_error"),
    "008": (503, "provider_error"),
    "009": (404, "invalid_request"),
    "010": (400, "invalid_request"),
    "011": (400, "invalid_request"),
    "012": (403, "rate_limited"),
    "013": (403, "forbidden"),
    "014": (403, "forbidden"),
    "015": (400, "invalid_request"),
    "016": (400, "invalid_request"),
    "017": (400, "invalid_request"),
    "018": (400, "invalid_request"),
    "019": (400, "invalid_request"),
    "020": (400, "invalid_request"),
    "099": (400, "provider_error"),
}


@pytest.mark.parametrize(("code", "expected"), CODES.items())
def test_a_numbered_error_is_counted_as_what_it_is(code: str, expected: tuple[int, str]) -> None:
    status, kind = expected

    assert reads("xmrto", ID, {"error": f"XMRTO-ERROR-{code}", "error_msg": "…"}, status) == f"Failed {kind}"


@pytest.mark.parametrize(("status", "expected"), [(404, "NotFound gone"), (503, "Failed provider_error")])
def test_no_order_is_believed_unless_the_server_failed(status: int, expected: str) -> None:
    assert reads("xmrto", ID, {"error": "XMRTO-ERROR-006"}, status) == expected


@pytest.mark.parametrize(
    ("said", "status"), [(b"", 400), (b"", 503), ({"detail": "Not found."}, 404), ({"error": 6}, 404)]
)
def test_a_bare_failure_is_the_channels(said: Json | bytes, status: int) -> None:
    assert reads("xmrto", ID, said, status) == f"Failed http_{status}"


def test_without_its_last_slash_a_path_is_redirected() -> None:
    assert reads("xmrto", ID, b"", 301) == "Failed redirected"


@pytest.mark.parametrize("left", [857, 856, -1, None])
def test_the_seconds_left_mean_nothing(left: int | None) -> None:
    reading = shown("xmrto", ID, {**UNPAID, "seconds_till_timeout": left})

    assert "seconds_till_timeout" not in reading.details
    assert reading.meaning == shown("xmrto", ID, UNPAID).meaning


def test_numbers_and_texts_are_decimals() -> None:
    numbers, texts = shown("xmrto", ID, UNPAID).details, shown("xmrto", "xmrto-NCXzGE", SENT).details

    assert (numbers["xmr_price_btc"], numbers["xmr_required_amount"]) == ("0.01760396", "5.68054")
    assert (texts["btc_amount"], texts["incoming_price_btc"]) == ("0.00100000", "0.00789659")


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [(1, 5, True), (5, 6, False), (6, 143, True), (143, 144, False), (0, 1, False)],
)
def test_confirmations_count_by_milestones(before: int, after: int, same: bool) -> None:
    first, second = ({**UNPAID, "btc_num_confirmations": count} for count in (before, after))

    assert (shown("xmrto", ID, first).meaning == shown("xmrto", ID, second).meaning) is same


@pytest.mark.parametrize(("before", "after", "same"), [(2, 5, True), (7, 143, True), (143, 144, False)])
def test_an_outgoing_payments_confirmations_do_too(before: int, after: int, same: bool) -> None:
    payments = [{**SENT["payments"][0], "num_confirmations": count} for count in (before, after)]
    first, second = (shown("xmrto", SENT["uuid"], {**SENT, "payments": [each]}) for each in payments)

    assert (first.meaning == second.meaning) is same


def test_the_creation_is_claimed_for_the_first_state_only() -> None:
    assert shown("xmrto", ID, UNPAID).claims == {"TO_BE_CREATED": 1_498_896_687_000_000}
