"""Whatever a client sends, a simulator answers."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators import Request
from tests.simulators.asking import HEADERS, PROVIDERS, START, create, quiet

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("AMZ-US"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
PATHS = {
    "xverse": ("/v1/runes-managed/mint/orders", "/v1/runes-managed/etch/estimate"),
    "ordinalsbot": ("/order", "/textorder", "/runes/etch", "/runes/mint"),
    "runa": ("/v2/order", "/v2/order/estimate"),
    "xmrto": ("/api/create_order/", "/api/v3/xmr2btc/order_create/", "/api/v3/xmr2btc/order_create_pp/"),
}
FIELDS = {
    "xverse": ("runeName", "repeats", "destinationAddress", "feeRate", "appServiceFee", "isMintable"),
    "ordinalsbot": ("files", "texts", "rune", "numberOfMints", "fee", "timeout", "receiveAddress", "parent"),
    "runa": ("items", "payment_method", "description", "metadata"),
    "xmrto": ("amount", "amount_currency", "btc_amount", "pp_url", "uuid"),
}


@pytest.mark.parametrize("provider", PROVIDERS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_create_call_with_one_strange_field_is_answered(provider: str, data: st.DataObject) -> None:
    usual = json.loads(create(provider).body)
    strange = {data.draw(st.sampled_from(FIELDS[provider])): data.draw(values)}
    path = data.draw(st.sampled_from(PATHS[provider]))
    request = Request(
        "POST", path, {}, {**HEADERS, "x-idempotency-key": "k"}, json.dumps(usual | strange).encode()
    )

    assert 200 <= quiet(provider).handle(request, START).status < 600


@pytest.mark.parametrize("provider", PROVIDERS)
@settings(max_examples=15, deadline=None)
@given(
    method=st.sampled_from(("GET", "POST", "PUT")),
    path=st.text(max_size=12).map("/{}".format),
    query=st.dictionaries(st.sampled_from(("id", "limit", "after", "size", "fee")), st.text(max_size=5)),
    body=st.binary(max_size=20),
)
def test_any_other_request_is_answered(
    provider: str, method: str, path: str, query: dict[str, str], body: bytes
) -> None:
    simulator = quiet(provider)

    for each in (path, *PATHS[provider]):
        assert 200 <= simulator.handle(Request(method, each, query, HEADERS, body), START).status < 600


ODD: list[Any] = [None, [], {}, "x", -1, 1e308, [[]], [{}], {"currency": []}, {"values": []}, {"value": {}}]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("field", ["items", "files", "payment_method", "fee", "feeRate", "repeats", "texts"])
def test_fields_and_their_parts_of_any_type_are_answered(provider: str, field: str) -> None:
    simulator = quiet(provider)
    usual = json.loads(create(provider).body)

    for number, odd in enumerate(ODD):
        headers = {**HEADERS, "x-idempotency-key": str(number)}
        for sent in (odd, [{"face_value": 5, "products": odd, "size": odd, "name": odd}]):
            body = json.dumps(usual | {field: sent}).encode()
            for path in (create(provider).path, *PATHS[provider]):
                assert 200 <= simulator.handle(Request("POST", path, {}, headers, body), START).status < 600
