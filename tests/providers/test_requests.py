import json
import re

import pytest

from adapters.endpoint import Endpoint
from adapters.providers import ADAPTERS
from domain.providers import PROVIDERS

LOCAL = "http://127.0.0.1:8001"


def test_every_provider_has_an_adapter() -> None:
    assert list(ADAPTERS) == list(PROVIDERS)
    assert all(adapter.slug == slug for slug, adapter in ADAPTERS.items())


def test_xverse_is_asked_by_path() -> None:
    request = ADAPTERS["xverse"].request(Endpoint(LOCAL, api_key="k"), "3f0c8a52")

    assert (request.method, str(request.url)) == ("GET", f"{LOCAL}/v1/runes-managed/orders/3f0c8a52")
    assert request.headers["x-api-key"] == "k"


def test_ordinalsbot_is_asked_by_query_and_needs_no_key() -> None:
    request = ADAPTERS["ordinalsbot"].request(Endpoint(LOCAL), "a:b~c")

    assert (request.method, request.url.path, request.url.params["id"]) == ("GET", "/order", "a:b~c")
    assert "x-api-key" not in request.headers


@pytest.mark.parametrize("base", [LOCAL, f"{LOCAL}/", f"{LOCAL}/v2", f"{LOCAL}/v2/"])
def test_runa_is_asked_in_a_version(base: str) -> None:
    request = ADAPTERS["runa"].request(Endpoint(base, api_key="k"), "O-1")

    assert (request.method, str(request.url)) == ("GET", f"{LOCAL}/v2/order/O-1")
    assert (request.headers["x-api-key"], request.headers["x-api-version"]) == ("k", "2024-02-05")


def test_runas_version_can_be_set() -> None:
    request = ADAPTERS["runa"].request(Endpoint(LOCAL, api_version="2027-01-01"), "O-1")

    assert request.headers["x-api-version"] == "2027-01-01"


@pytest.mark.parametrize(
    ("version", "path"),
    [
        (None, "/api/order_status/"),
        ("v0", "/api/order_status/"),
        ("v1", "/api/v1/xmr2btc/order_status_query/"),
        ("v2", "/api/v2/xmr2btc/order_status_query/"),
        ("v3", "/api/v3/xmr2btc/order_status_query/"),
    ],
)
def test_xmrto_is_posted_to_with_a_slash_at_the_end(version: str | None, path: str) -> None:
    request = ADAPTERS["xmrto"].request(Endpoint(LOCAL, api_version=version), "xmrto-VkT2yM")

    assert (request.method, request.url.path) == ("POST", path)
    assert json.loads(request.content) == {"uuid": "xmrto-VkT2yM"}
    assert request.headers["content-type"] == "application/json"


def test_a_version_that_never_was_is_refused() -> None:
    with pytest.raises(ValueError, match="no API version 'v4': known are v0, v1, v2, v3"):
        ADAPTERS["xmrto"].request(Endpoint(LOCAL, api_version="v4"), "xmrto-VkT2yM")


@pytest.mark.parametrize("slug", ["xverse", "runa"])
@pytest.mark.parametrize("order_id", [".", "..", "...", "a.b"])
def test_dots_in_an_id_lead_to_no_other_path(slug: str, order_id: str) -> None:
    request = ADAPTERS[slug].request(Endpoint(LOCAL), order_id)

    assert request.url.raw_path.decode().rpartition("/")[2] == order_id.replace(".", "%2E")


@pytest.mark.parametrize("slug", ADAPTERS)
def test_a_request_says_what_it_takes_and_hides_its_key(slug: str) -> None:
    endpoint = Endpoint(ADAPTERS[slug].default_url, api_key="canary")

    request = ADAPTERS[slug].request(endpoint, "O-1")

    assert request.headers["accept"] == "application/json"
    assert request.url.scheme == "https"
    assert "canary" not in repr(endpoint) + str(request.url)


@pytest.mark.parametrize("slug", ADAPTERS)
def test_rate_windows_are_written_as_settings_are(slug: str) -> None:
    assert all(re.fullmatch(r"\d+/(s|min)", window) for window in ADAPTERS[slug].windows)
