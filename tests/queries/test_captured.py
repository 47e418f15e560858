import base64
import io
import json
import tracemalloc
from pathlib import Path
from random import Random

import pytest

from domain.instants import instant
from domain.providers import PROVIDERS
from domain.readings import Answer, Failed
from ordertrail.captured import Reader, Refused, numbered
from tests.fixtures.recording import ORDER, key

BODY = '{"id": "1", "state": "new"}'
GOOD = {
    "provider": "xverse",
    "order_id": key(ORDER).order_id.upper(),
    "asked_at": "2026-01-01T00:00:00Z",
    "answered_at": "2026-01-01T01:00:01.5+01:00",
    "http_status": 200,
    "content_type": "application/json",
    "body": BODY,
}
NOW = instant("2027-01-01T00:00:00Z")
LONGEST = 1024 * 1024
NORMALISE = {slug: provider.normalise for slug, provider in PROVIDERS.items()}
READER = Reader(NORMALISE, Random(1), body_limit=1000, worker="import", now=lambda: NOW)


def line(**changes: object) -> bytes:
    fields = {name: value for name, value in {**GOOD, **changes}.items() if value is not ...}
    return json.dumps(fields).encode()


def test_a_good_line_becomes_a_look() -> None:
    observation = READER.observation(line())

    assert str(observation.key) == ORDER
    assert observation.look.asked_at == observation.began == instant("2026-01-01T00:00:00Z")
    assert observation.look.answered_at == instant("2026-01-01T00:00:01.5Z")
    assert observation.came_back == Answer(200, "application/json", BODY.encode())


def test_a_body_may_be_base64() -> None:
    packed = base64.b64encode(b"\xff\x00").decode()

    observation = READER.observation(line(body=..., body_base64=packed))

    assert observation.came_back == Answer(200, "application/json", b"\xff\x00")


def test_an_error_needs_neither_body_nor_status() -> None:
    observation = READER.observation(line(body=None, error="timeout", http_status=..., content_type=...))

    assert observation.came_back == Failed("timeout")


def test_a_body_beyond_the_limit_is_cut_and_says_so() -> None:
    observation = READER.observation(line(body="x" * 1001))

    assert observation.came_back == Answer(200, "application/json", b"x" * 1000, truncated=True)


def test_zero_bytes_of_a_body_are_kept() -> None:
    observation = READER.observation(line(body="\x00"))

    assert observation.came_back == Answer(200, "application/json", b"\x00")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"{", "no JSON: Expecting property name enclosed in double quotes at character 1"),
        (b"\xff{}", "not UTF-8 at byte 0"),
        (b'{"provider": "xverse\x00"}', "no JSON: Invalid control character"),
        (b"[]", "no JSON object"),
        (b"null", "no JSON object"),
        (b"NaN", "NaN is no JSON number"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'{"body": ' * 300 + b"1" + b"}" * 300, "nested too deeply"),
        (b'{"body": "a", "body": "b"}', "the key 'body' stands twice"),
        (b'{"body": "\\ud800"}', "half of a surrogate pair"),
        (line(provider="amazon"), "unknown provider 'amazon'"),
        (line(provider=7), "provider: Input should be a valid string"),
        (line(order_id=...), "order_id: Field required"),
        (line(order_id="a/b"), "malformed order id 'a/b'"),
        (line(order_id="x\x00"), "malformed order id"),
        (line(order_id="x" * 129), "malformed order id"),
        (line(asked_at="yesterday"), "asked_at: 'yesterday' is no RFC 3339 time"),
        (line(asked_at="2026-02-30T00:00:00Z"), "asked_at: '2026-02-30T00:00:00Z' is no time"),
        (line(asked_at=1767225600), "asked_at: a time is text"),
        (line(asked_at="1969-12-31T23:59:59Z"), "asked_at: a time before 1970"),
        (line(answered_at="2025-12-31T23:59:59Z"), "answered_at is before asked_at"),
        (line(body=...), "one of body, body_base64 and error is needed: there is none of them"),
        (line(error="timeout"), "one of body, body_base64 and error is needed: there is body and error"),
        (line(body_base64="AAAA"), "there is body and body_base64"),
        (line(http_status=...), "http_status is missing beside a body"),
        (line(http_status="200"), "http_status: Input should be a valid integer"),
        (line(http_status=99), "http_status: Input should be greater than or equal to 100"),
        (line(content_type="text\x00"), "content_type: String should match pattern"),
        (line(body=..., body_base64="&&&&"), "body_base64 is no base64"),
        (line(body=..., body_base64="é"), "body_base64 is no base64"),
        (line(body=..., error="Timed out!"), "error: String should match pattern"),
        (line(body={"id": "1"}), "body: Input should be a valid string"),
        (line(headers={}), "headers: Extra inputs are not permitted"),
    ],
)
def test_a_bad_line_is_refused_with_a_reason(bad: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        READER.observation(bad)

    assert reason in str(refused.value)


def test_a_reason_never_quotes_the_body() -> None:
    with pytest.raises(Refused) as refused:
        READER.observation(line(body=["canary"], http_status="canary", content_type="canary\n"))

    assert "canary" not in str(refused.value)


def test_blank_lines_are_passed_over_and_counted_on() -> None:
    file = io.BytesIO(b"\n \r\none\n\n\ntwo")

    assert list(numbered(file)) == [(3, b"one\n"), (6, b"two")]


def test_a_very_long_line_is_passed_over_without_filling_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    with path.open("wb") as sparse:
        sparse.truncate(8 * LONGEST)

    tracemalloc.start()
    with path.open("rb") as file:
        lines = list(numbered(file, LONGEST))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert lines == [(1, None)]
    assert peak < 3 * LONGEST


def test_a_line_of_just_the_longest_length_is_read() -> None:
    longest = b"x" * (LONGEST - 1) + b"\n"

    lines = list(numbered(io.BytesIO(longest + b"next\n" + b"y" * (LONGEST + 1) + b"\nlast"), LONGEST))

    assert [(number, content and len(content)) for number, content in lines] == [
        (1, LONGEST),
        (2, 5),
        (3, None),
        (4, 4),
    ]


def test_a_poll_answered_in_the_future_is_refused_since_real_looks_would_seem_older() -> None:
    with pytest.raises(Refused, match="in the future"):
        READER.observation(line(answered_at="2027-01-01T00:06:00Z"))
