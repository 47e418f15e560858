import json

import pytest

from adapters.mask import mask
from domain.providers import PROVIDERS
from tests.providers.telling import raw

RUNA = PROVIDERS["runa"].fields


def test_secrets_are_replaced_and_the_rest_is_shown() -> None:
    masked = mask(raw("runa", "doc_completed_fx"), RUNA)

    item = json.loads(masked)["items"][0]
    assert item["payout"]["url"] == item["redemption_url"] == {"secret": True}
    assert item["distribution_method"] == {"type": "EMAIL", "email_address": {"secret": True}}
    assert item["payout"]["status"] == "ACTIVE"
    assert b"bloggs" not in masked
    assert b"spend.runa.io" not in masked


def test_numbers_keep_their_digits() -> None:
    body = b'{"total_price": 8.490, "items": [{"price": 1e400}]}'

    assert mask(body, RUNA) == b'{"total_price": 8.490, "items": [{"price": 1e400}]}'


@pytest.mark.parametrize(
    "where", ['{"gift": "canary"}', '{"items": [{"pin": ["canary"]}]}', '{"items": "canary"}']
)
def test_what_the_table_does_not_know_may_be_a_secret(where: str) -> None:
    masked = mask(where.encode(), RUNA)

    assert b"canary" not in masked
    assert b'{"unlisted": true}' in masked


def test_a_secret_that_is_an_object_is_hidden_whole() -> None:
    masked = mask(b'{"items": [{"redemption_url": {"href": "canary"}}]}', RUNA)

    assert masked == b'{"items": [{"redemption_url": {"secret": true}}]}'


def test_a_key_that_stands_twice_shows_neither_value() -> None:
    masked = mask(b'{"currency": "canary", "currency": "canary"}', RUNA)

    assert masked == b'{"currency": "doubled key"}'


@pytest.mark.parametrize("body", [b"<html>canary</html>", b'["canary"]', b'"canary"', b"\xff canary", b""])
def test_what_can_not_be_taken_apart_is_not_shown(body: bytes) -> None:
    masked = mask(body, RUNA)

    assert masked.startswith(f"not shown ({len(body)} bytes)".encode())
    assert b"canary" not in masked
