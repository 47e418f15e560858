import pytest

from domain.body import Json, Malformed, parse
from domain.fields import SECRET, Detail, Field, Fields, Kind, Use, WrongType, decimal

FIELDS = Fields(
    (
        Field("state", Use.STATE),
        Field("note"),
        Field("price", kind=Kind.DECIMAL),
        Field("seconds_left", Use.VOLATILE),
        Field("email", Use.SECRET),
        Field("free_text", Use.UNUSED),
        Field("address"),
        Field("address[]"),
        Field("done", kind=Kind.COUNTER, threshold="wanted"),
        Field("wanted"),
        Field("left", kind=Kind.REMAINING),
        Field("items[].id"),
        Field("items[].payout.status"),
        Field("items[].payout.url", Use.SECRET),
        Field("items[].confirmations", kind=Kind.COUNTER, threshold="wanted"),
        Field("plain[].word"),
        Field("hidden", Use.SECRET),
        Field("hidden.inner"),
    ),
    members={"items": "id"},
)


def details(body: bytes) -> dict[str, Detail]:
    parsed = parse(body)
    assert isinstance(parsed, dict)
    return FIELDS.details(parsed)


def meaning(**body: Json) -> bytes:
    return FIELDS.meaning(body)


def test_only_details_are_recorded() -> None:
    body = b'{"state":"x","note":"n","seconds_left":3,"free_text":"t","email":"a@b","strange":1}'

    assert details(body) == {"note": "n", "email": SECRET}


def test_null_is_null_and_absent_is_absent() -> None:
    assert details(b'{"note": null, "price": null, "email": null, "items": null}') == {
        "note": None,
        "price": None,
        "email": None,
    }


def test_members_are_named_by_their_id_else_by_index() -> None:
    body = b'{"items": [{"id": "E-1"}, {"payout": {"status": "ACTIVE"}}, null], "plain": [{"word": "w"}]}'

    assert details(body) == {"items[E-1].id": "E-1", "items[1].payout.status": "ACTIVE", "plain[0].word": "w"}


@pytest.mark.parametrize("odd", ["", "a b", "x]", "é", "y" * 129, 7, None, ["E-1"][0] + "\n"])
def test_an_id_of_odd_characters_names_nothing(odd: Json) -> None:
    parsed: dict[str, Json] = {"items": [{"id": odd, "payout": {"status": "ACTIVE"}}]}

    assert FIELDS.details(parsed)["items[0].payout.status"] == "ACTIVE"


def test_two_members_never_share_a_name() -> None:
    twice = b'{"items": [{"id": "E"}, {"id": "E"}]}'
    index = b'{"items": [{"id": "1"}, {"payout": {"status": "ACTIVE"}}]}'

    assert list(details(twice)) == ["items[E].id", "items[1].id"]
    assert list(details(index)) == ["items[1].id", "items[1~].payout.status"]


def test_a_field_may_be_a_value_or_an_array_of_them() -> None:
    assert details(b'{"address": "a"}') == {"address": "a"}
    assert details(b'{"address": ["a", "b"]}') == {"address[0]": "a", "address[1]": "b"}


def test_numbers_keep_the_providers_digits() -> None:
    body = b'{"price": 10.00, "note": 1e3, "wanted": 144}'

    assert details(body) == {"price": "10.00", "note": "1e3", "wanted": 144}
    assert details(b'{"price": 10}') == {"price": "10"}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"note": ["n"]}', "note"),
        (b'{"note": {"a": 1}}', "note"),
        (b'{"address": {"a": 1}}', "address"),
        (b'{"address": [["a"]]}', "address[0]"),
        (b'{"items": {"id": "E-1"}}', "items"),
        (b'{"items": "none"}', "items"),
        (b'{"items": [["E-1"]]}', "items[0]"),
        (b'{"items": [{"id": "E-1", "payout": "ACTIVE"}]}', "items[E-1].payout"),
        (b'{"price": "cheap"}', "price"),
        (b'{"price": true}', "price"),
        (b'{"done": "Infinity"}', "done"),
    ],
)
def test_a_value_of_the_wrong_shape_is_told_with_its_path(body: bytes, path: str) -> None:
    with pytest.raises(WrongType) as raised:
        details(body)

    assert raised.value.path == path


@pytest.mark.parametrize(
    "body",
    [
        b'{"note": 1, "note": 1}',
        b'{"state": 1, "state": 1}',
        b'{"items": [], "items": []}',
        b'{"items": [{"id": "E-1", "id": "E-1"}]}',
    ],
)
def test_a_meaningful_key_that_stands_twice_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed, match="stands twice"):
        details(body)


def test_a_key_without_meaning_may_stand_twice() -> None:
    assert (
        details(b'{"free_text": 1, "free_text": 2, "seconds_left": 1, "seconds_left": 2, "x": 1, "x": 2}')
        == {}
    )


def test_a_secret_is_hidden_whatever_its_shape() -> None:
    assert details(b'{"email": {"address": "canary"}}') == {"email": SECRET}
    assert details(b'{"hidden": {"inner": "canary"}}') == {"hidden": SECRET}
    assert details(b'{"items": [{"payout": {"url": ["canary"]}}]}') == {"items[0].payout.url": SECRET}


def test_what_is_volatile_changes_no_meaning() -> None:
    assert meaning(state="x", seconds_left=3) == meaning(state="x", seconds_left=2)
    assert meaning(state="x", note="a") != meaning(state="x", note="b")


def test_what_is_unknown_or_secret_changes_the_meaning() -> None:
    assert meaning(strange=1) != meaning(strange=2)
    assert meaning(email="a") != meaning(email="b")


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (0, 1, False),
        (1, 5, True),
        (5, 6, False),
        (6, 143, True),
        (143, 144, False),
        (144, 900, True),
        (-1, 0, False),
    ],
)
def test_a_counter_counts_by_milestones(before: int, after: int, same: bool) -> None:
    assert (meaning(done=before, wanted=144) == meaning(done=after, wanted=144)) is same
    assert FIELDS.same("done", before, after, {"wanted": 144}) is same


def test_a_members_counter_finds_its_threshold_at_the_top() -> None:
    before: list[Json] = [{"confirmations": 143}]
    after: list[Json] = [{"confirmations": 144}]

    assert meaning(items=before, wanted=144) != meaning(items=after, wanted=144)
    assert meaning(items=before, wanted=145) == meaning(items=after, wanted=145)
    assert not FIELDS.same("items[0].confirmations", 143, 144, {"wanted": 144})


@pytest.mark.parametrize("threshold", [None, "many", True, {"a": 1}])
def test_a_threshold_that_is_no_number_is_none(threshold: Json) -> None:
    assert meaning(done=143, wanted=threshold) == meaning(done=144, wanted=threshold)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [(-1, 10, False), (10, 7, True), (7, 6, False), (6, 2, True), (2, 1, False), (1, 0, False)],
)
def test_what_remains_counts_down_by_milestones(before: int, after: int, same: bool) -> None:
    assert (meaning(left=before) == meaning(left=after)) is same
    assert FIELDS.same("left", before, after, {}) is same


@pytest.mark.parametrize(
    ("path", "before", "after", "same"),
    [
        ("price", "10", "10.00", True),
        ("price", "10", "1e1", True),
        ("price", "10", "10.01", False),
        ("price", "9" * 400, "9" * 400 + ".0", True),
        ("price", None, "0", False),
        ("note", "10", "10.00", False),
        ("note", 1, True, False),
        ("note", "x", "x", True),
        ("email", SECRET, SECRET, True),
        ("email", None, SECRET, False),
        ("items[E-1].payout.status", "ACTIVE", "CLAIMED", False),
        ("no.such.path", 1, 2, False),
    ],
)
def test_equal_values_are_the_same(path: str, before: Detail, after: Detail, same: bool) -> None:
    assert FIELDS.same(path, before, after, {}) is same


def test_what_the_table_does_not_know_is_told_once() -> None:
    body: dict[str, Json] = {
        "strange": {"inner": 1},
        "items": [{"pin": 1}, {"pin": 2, "payout": {"code": 3}}],
        "free_text": {"anything": 1},
        "plain": None,
    }
    unlisted: dict[str, str] = {}

    FIELDS.details(body, unlisted)

    assert unlisted == {"strange": "object", "items[].pin": "number", "items[].payout.code": "number"}


@pytest.mark.parametrize("text", ["", "x", "NaN", "sNaN", "Infinity", "1" * 1001, "1e99999999999999999999"])
def test_a_text_that_is_no_finite_number_is_no_decimal(text: str) -> None:
    assert decimal(text) is None


def test_an_object_where_a_plain_value_belongs_is_not_shown() -> None:
    fields = Fields((Field("state", Use.STATE), Field("details", Use.UNUSED)))

    shown = fields.masked({"state": {"word": "x"}, "details": {"free": 1}})

    assert shown == {"state": {"unlisted": True}, "details": {"free": 1}}
