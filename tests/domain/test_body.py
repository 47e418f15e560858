import json

import pytest

from domain.body import DOUBLED, Digits, Json, Malformed, canonical, parse


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "the body is empty"),
        (b" \r\n\t", "the body is empty"),
        (b"<html></html>", "no JSON: Expecting value at character 0"),
        (b'{"a": 1,}', "no JSON"),
        (b"{'a': 1}", "no JSON"),
        (b'{"a": 1} {"b": 2}', "no JSON: Extra data"),
        (b'{"a": "x\ny"}', "no JSON: Invalid control character"),
        (b"\x00", "no JSON"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b'{"a": -Infinity}', "-Infinity is no JSON number"),
        (b'{"a": "caf\xe9"}', "not UTF-8 at byte 10"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8 at byte 0"),
        (rb'{"a": "\ud83d"}', "half of a surrogate pair"),
        (rb'{"\udc00": 1}', "half of a surrogate pair"),
        (b"[" * 200 + b"]" * 200, "nested too deeply"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "nested too deeply"),
    ],
)
def test_what_is_no_json_to_be_trusted_is_malformed(body: bytes, why: str) -> None:
    with pytest.raises(Malformed) as raised:
        parse(body)

    assert str(raised.value).startswith(why)


def test_a_malformed_body_is_not_quoted() -> None:
    with pytest.raises(Malformed) as raised:
        parse(b'{"url": "canary" "more": canary}')

    assert "canary" not in str(raised.value)


def test_a_hundred_levels_are_not_too_deep() -> None:
    assert parse(b"[" * 100 + b"]" * 100)


def test_many_flat_members_are_not_deep() -> None:
    assert parse(b"[" + b",".join([b"{}"] * 1000) + b"]") == [{}] * 1000


@pytest.mark.parametrize("digits", ["8.490", "1e3", "-0.0", "1E400", "9" * 400, "12345678901234567890"])
def test_a_number_that_could_lose_digits_keeps_them(digits: str) -> None:
    number = parse(digits.encode())

    assert isinstance(number, Digits)
    assert number == digits


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("-1", -1), ("999999999999999", 999999999999999)])
def test_a_small_whole_number_is_a_number(text: str, number: int) -> None:
    assert parse(text.encode()) == number


def test_a_key_that_stands_twice_holds_neither_value() -> None:
    parsed = parse(b'{"a": 1, "b": {"c": 1, "c": 1}, "a": 2}')

    assert isinstance(parsed, dict)
    assert parsed["a"] is DOUBLED
    assert parsed["b"] == {"c": DOUBLED}


def test_a_mark_of_byte_order_and_whole_pairs_are_read() -> None:
    assert parse(b'\xef\xbb\xbf{"a": "\\ud83d\\ude00 \\\\ud800"}') == {"a": "😀 \\ud800"}


@pytest.mark.parametrize("value", [{"b": 1, "a": [None, True, "é"]}, [], "x", 7])
def test_the_canonical_form_can_be_read_back(value: Json) -> None:
    assert json.loads(canonical(value)) == value


def test_the_order_of_keys_does_not_matter() -> None:
    assert canonical(parse(b'{"a": 1, "b": 2}')) == canonical(parse(b'{ "b":2, "a":1 }'))
