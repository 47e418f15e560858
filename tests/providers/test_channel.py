"""What no provider's answer may be mistaken for, and what no answer may break."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.claims import claimed
from adapters.providers import ADAPTERS
from domain.body import Json
from domain.instants import instant
from domain.providers import PROVIDERS
from domain.readings import Answer, Failed, NotFound, Rejected, Shown, Unrecognised, WrongOrder
from tests.providers.telling import BODIES, answered, told

HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
READINGS = (Shown, Unrecognised, Rejected, WrongOrder, NotFound, Failed)
KNOWN = [json.loads(path.read_bytes()) for path in sorted(BODIES.glob("*/*.json"))]
every_provider = pytest.mark.parametrize("slug", ADAPTERS)


@every_provider
@pytest.mark.parametrize("body", [HTML, b"", b'{"message": "upstream"}', b'"busy"', b"null"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, "redirected"),
        (304, "http_304"),
        (400, "http_400"),
        (401, "unauthorised"),
        (403, "forbidden"),
        (429, "rate_limited"),
        (500, "http_500"),
        (502, "http_502"),
        (503, "http_503"),
        (599, "http_599"),
    ],
)
def test_a_failure_on_the_way_says_nothing_about_the_order(
    slug: str, body: bytes, status: int, kind: str
) -> None:
    assert told(ADAPTERS[slug].read("id", answered(body, status))) == f"Failed {kind}"


@every_provider
@pytest.mark.parametrize(
    "body",
    [
        HTML,
        b"",
        b" \r\n",
        b"{",
        b"{'state': 'new'}",
        b'{"state": NaN}',
        b'{"state": "new",}',
        b'{"state": "\xe9"}',
        b'{"state": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 500 + b"1" + b"}" * 500,
        '{"state": "new"}'.encode("utf-16"),
    ],
)
def test_a_good_code_with_no_good_json_is_malformed(slug: str, body: bytes) -> None:
    assert told(ADAPTERS[slug].read("id", answered(body))) == "Rejected malformed"


@every_provider
@pytest.mark.parametrize("body", [b"[]", b'"new"', b"7", b"null", b"true"])
def test_json_that_is_no_object_is_of_the_wrong_type(slug: str, body: bytes) -> None:
    assert told(ADAPTERS[slug].read("id", answered(body))) == "Rejected wrong_type: the body"


@every_provider
def test_a_body_that_was_cut_is_too_large_even_if_it_can_be_read(slug: str) -> None:
    assert told(ADAPTERS[slug].read("id", Answer(200, None, b'{"state":"new"}', truncated=True))) == (
        "Rejected too_large"
    )


@every_provider
def test_a_cut_page_of_a_broken_gateway_is_still_the_channels(slug: str) -> None:
    assert (
        told(ADAPTERS[slug].read("id", Answer(502, "text/html", HTML, truncated=True))) == "Failed http_502"
    )


@every_provider
def test_a_404_page_is_no_word_about_the_order(slug: str) -> None:
    assert told(ADAPTERS[slug].read("id", answered(HTML, 404))) == "Failed http_404"


@every_provider
def test_an_order_in_a_server_error_is_not_believed(slug: str) -> None:
    state = PROVIDERS[slug].graph.initial

    assert (
        told(ADAPTERS[slug].read("id", answered({"state": state, "status": state}, 500))) == "Failed http_500"
    )


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
any_json = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
statuses = st.sampled_from([200, 202, 204, 301, 400, 401, 403, 404, 410, 429, 500, 503])


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A known body with one value, somewhere, replaced by anything."""
    body = json.loads(json.dumps(draw(st.sampled_from(KNOWN))))
    places = list(_places(body))
    holder, key = draw(st.sampled_from(places))
    holder[key] = draw(any_json)
    return json.dumps(body).encode()


def _places(value: Any) -> Any:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


@every_provider
@settings(max_examples=80, deadline=None)
@given(
    body=st.binary(max_size=80) | any_json.map(lambda value: json.dumps(value).encode()) | spoiled(),
    status=statuses,
)
def test_reading_never_fails_whatever_comes(slug: str, body: bytes, status: int) -> None:
    reading = ADAPTERS[slug].read("O-01234567890ABCDEFGHIJK", answered(body, status))

    assert isinstance(reading, READINGS)


@every_provider
@settings(max_examples=40, deadline=None)
@given(body=spoiled())
def test_only_a_word_of_the_lifecycle_is_ever_shown(slug: str, body: bytes) -> None:
    reading = ADAPTERS[slug].read("xmrto-XCZEsu", answered(body))

    assert not isinstance(reading, Shown) or reading.state in PROVIDERS[slug].graph.states


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2023-11-14T14:37:54.093824+00:00", "2023-11-14T14:37:54.093824Z"),
        ("2015-04-01T16:03:27Z", "2015-04-01T16:03:27Z"),
        ("2023-11-14T15:37:54+01:00", "2023-11-14T14:37:54Z"),
        (1_687_524_553, "2023-06-23T12:49:13Z"),
        (1_687_524_552_819, "2023-06-23T12:49:12.819Z"),
        ("1687524552819", "2023-06-23T12:49:12.819Z"),
        ("1687524553.25", "2023-06-23T12:49:13.25Z"),
    ],
)
def test_a_time_is_read_in_all_its_spellings(value: Json, expected: str) -> None:
    assert claimed(value) == instant(expected)


@pytest.mark.parametrize(
    "value",
    [None, True, "", "soon", 0, -1, 7, 10**11, 10**16, {".sv": "timestamp"}, [1687524553], "1e999999"],
)
def test_anything_else_is_no_time(value: Json) -> None:
    assert claimed(value) is None
