"""Every body that a provider documents, or that was recorded, with what it must be read as."""

import json

import pytest

from tests.providers.telling import BODIES, raw, reads, unlisted

EXPECTED = {
    ("xverse", "doc_monitor_example", "text", 200): "Unrecognised text",
    ("xverse", "mint_executing", "3f0c8a52-1a1c-4a68-9a0e-6d7f5f0c2b11", 200): "Shown executing",
    ("xverse", "etch_pending_older", "9b2d4c1e-77aa-4f0e-8c55-0d7a1f2e3c4d", 200): "Shown pending",
    ("xverse", "failed", "3f0c8a52-1a1c-4a68-9a0e-6d7f5f0c2b11", 200): "Shown failed",
    ("ordinalsbot", "doc_ok", "any", 200): "Shown completed at least",
    ("ordinalsbot", "doc_error_200", "any", 200): "Failed provider_error",
    ("ordinalsbot", "doc_error_500", "any", 500): "Failed provider_error",
    ("ordinalsbot", "webhook_prep", "4fc7b183-b06f-4cb0-b592-7bc9e9cd05ff", 200): "Shown prep",
    ("ordinalsbot", "webhook_queued", "4fc7b183-b06f-4cb0-b592-7bc9e9cd05ff", 200): "Shown queued",
    (
        "ordinalsbot",
        "webhook_waiting_confirmation",
        "4fc7b183-b06f-4cb0-b592-7bc9e9cd05ff",
        200,
    ): "Shown waiting-confirmation",
    (
        "ordinalsbot",
        "webhook_file_inscribed",
        "4fc7b183-b06f-4cb0-b592-7bc9e9cd05ff",
        200,
    ): "Rejected no_state",
    (
        "ordinalsbot",
        "recorded_2023_created",
        "baab1eb7-f814-4164-9004-0a5bf6b11c61",
        200,
    ): "Shown waiting-payment at least",
    (
        "ordinalsbot",
        "recorded_2023_unpaid",
        "baab1eb7-f814-4164-9004-0a5bf6b11c61",
        200,
    ): "Shown waiting-payment at least",
    (
        "ordinalsbot",
        "recorded_2023_completed",
        "baab1eb7-f814-4164-9004-0a5bf6b11c61",
        200,
    ): "Shown completed at least",
    ("ordinalsbot", "state_2024_queued", "4fc7b183-b06f-4cb0-b592-7bc9e9cd05ff", 200): "Shown queued",
    ("ordinalsbot", "rune_mint_2024", "5f2a8c3e-9d10-4b77-8e21-aa0b1c2d3e4f", 200): "Shown queued",
    ("runa", "doc_async_accepted_202", "O-01234567890ABCDEFGHIJK", 202): "Shown PROCESSING",
    ("runa", "doc_completed_fx", "O-01234567890ABCDEFGHIJK", 200): "Shown COMPLETED",
    ("runa", "doc_estimate_fx", "O-01234567890ABCDEFGHIJK", 200): "Rejected no_state",
    ("runa", "doc_processing_full_body", "O-01H5WQGHKCBB85MQFM68S9KJ5Q", 200): "Shown PROCESSING",
    ("runa", "processing_partial", "O-01H5WQGHKCBB85MQFM68S9KJ5Q", 200): "Shown PROCESSING",
    ("runa", "failed_basic", "O-01H5WQGHKCBB85MQFM68S9KJ5Q", 200): "Shown FAILED",
    ("runa", "failed_full", "O-01H5WQGHKCBB85MQFM68S9KJ5Q", 200): "Shown FAILED",
    ("runa", "error_400_idempotency_in_progress", "O-1", 400): "Failed http_400",
    ("runa", "error_400_idempotency_validation_error", "O-1", 400): "Failed http_400",
    ("runa", "error_400_insufficient_funds", "O-1", 400): "Failed http_400",
    ("runa", "error_404_not_found", "O-1", 404): "NotFound",
    ("runa", "error_410_version_removed", "O-1", 410): "Failed version_removed",
    ("runa", "error_422_validation", "O-1", 422): "Failed invalid_request",
    ("runa", "error_429", "O-1", 429): "Failed rate_limited",
    ("runa", "error_504_timeout", "O-1", 504): "Failed provider_error",
    ("xmrto", "v0_status_unpaid", "xmrto-XCZEsu", 200): "Shown UNPAID",
    ("xmrto", "v0_create_to_be_created", "xmrto-XCZEsu", 200): "Shown TO_BE_CREATED",
    ("xmrto", "v0_not_found", "xmrto-XCZEsu", 200): "NotFound gone",
    ("xmrto", "v1_create", "xmrto-XCZEsu", 200): "Shown TO_BE_CREATED",
    ("xmrto", "v1_params", "xmrto-XCZEsu", 200): "Rejected no_state",
    ("xmrto", "v1_status_unpaid", "xmrto-XCZEsu", 200): "Shown UNPAID",
    ("xmrto", "v2_check_price", "xmrto-XCZEsu", 200): "Rejected no_state",
    ("xmrto", "v2_create", "xmrto-XCZEsu", 200): "Shown TO_BE_CREATED",
    ("xmrto", "v2_create_pp", "xmrto-XCZEsu", 200): "Shown TO_BE_CREATED",
    ("xmrto", "v2_params", "xmrto-XCZEsu", 200): "Rejected no_state",
    ("xmrto", "v2_status_unpaid_doc", "xmrto-XCZEsu", 200): "Shown UNPAID",
    ("xmrto", "aeon_v3_create", "aeonto-XCZEsu", 200): "Shown TO_BE_CREATED",
    ("xmrto", "aeon_v3_status_unpaid", "aeonto-XCZEsu", 200): "Shown UNPAID",
    ("xmrto", "v3_btc_sent", "xmrto-NCXzGE", 200): "Shown BTC_SENT",
    ("xmrto", "error_006", "xmrto-XCZEsu", 404): "NotFound gone",
    ("xmrto", "error_012", "xmrto-XCZEsu", 403): "Failed rate_limited",
}
FILES = sorted((path.parent.name, path.stem) for path in BODIES.glob("*/*.json"))


@pytest.mark.parametrize(
    ("case", "expected"), EXPECTED.items(), ids=lambda case: "-".join(map(str, case[:2]))
)
def test_a_known_body_is_read_as_what_it_says(case: tuple[str, str, str, int], expected: str) -> None:
    provider, name, order_id, status = case

    assert reads(provider, order_id, raw(provider, name), status) == expected


def test_no_body_is_left_out() -> None:
    assert sorted(case[:2] for case in EXPECTED) == FILES


@pytest.mark.parametrize(("provider", "name"), FILES)
def test_every_field_of_a_known_body_is_listed(provider: str, name: str) -> None:
    assert unlisted(provider, json.loads(raw(provider, name))) == []
