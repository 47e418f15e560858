from collections.abc import Iterable

from domain.drift import LONGEST, MOST, TOO_MANY, Radar, Sighting, What
from domain.fields import SECRET, Detail, Field, Fields, Use
from domain.readings import Failed, Reading, Rejected, Shown, Unrecognised, Why

FIELDS = Fields(
    (
        Field("note"),
        Field("kind", words=frozenset({"mint", "etch"})),
        Field("items[].id"),
        Field("items[].status", words=frozenset({"ACTIVE"})),
        Field("url", Use.SECRET),
    ),
    members={"items": "id"},
)


def shown(unlisted: dict[str, str] | None = None, **details: Detail) -> Shown:
    return Shown("new", details, b"", unlisted=unlisted or {})


def radar(known: Iterable[Sighting] = ()) -> Radar:
    return Radar(FIELDS, dict.fromkeys(known, False))


def news(of: Radar, reading: Reading) -> list[Sighting]:
    return [sighting for sighting, new in of.sightings(reading) if new]


def test_a_field_that_no_table_lists_is_news_each_time_it_is_seen() -> None:
    one = radar()

    for _ in range(2):
        assert news(one, shown({"items[].pin": "number"})) == [Sighting(What.FIELD, "items[].pin", "number")]


def test_the_first_sort_of_value_is_kept_and_another_is_news() -> None:
    one = radar()

    assert list(one.sightings(shown(note="text"))) == [(Sighting(What.SORT, "note", "text"), False)]
    assert list(one.sightings(shown(note="more text"))) == []
    assert news(one, shown(note=7)) == [Sighting(What.SORT, "note", "number")]
    assert news(one, shown(note=8)) == [Sighting(What.SORT, "note", "number")]
    assert news(one, shown(note="text again")) == []


def test_what_an_earlier_process_saw_first_is_compared_with() -> None:
    one = radar([Sighting(What.SORT, "note", "text")])

    assert news(one, shown(note=True)) == [Sighting(What.SORT, "note", "flag")]


def test_a_value_outside_the_documented_words_is_news() -> None:
    one = radar()

    assert news(one, shown(kind="mint")) == []
    assert news(one, shown(kind="burn")) == [Sighting(What.VALUE, "kind", "burn")]
    assert news(one, Shown("new", {"items[E-1].status": "GONE"}, b"")) == [
        Sighting(What.VALUE, "items[].status", "GONE")
    ]


def test_null_and_secrets_show_nothing() -> None:
    assert list(radar().sightings(shown(note=None, url=SECRET))) == []


def test_an_unknown_state_word_and_a_misshapen_field_are_news() -> None:
    one = radar()

    assert news(one, Unrecognised("paused", b"")) == [Sighting(What.WORD, "state", "paused")]
    assert news(one, Rejected(Why.WRONG_TYPE, "items[E-1].id")) == [
        Sighting(What.SORT, "items[].id", "unfit to be recorded")
    ]
    assert news(one, Rejected(Why.MALFORMED, "not JSON")) == news(one, Failed("timeout")) == []


def test_what_no_database_takes_is_escaped_and_what_is_long_is_cut() -> None:
    one = radar()

    assert news(one, Unrecognised("a\ud800\n", b"")) == [Sighting(What.WORD, "state", "a\\ud800\\u000a")]
    [sighting] = news(one, shown({"\x00" * 999: "text"}))
    assert len(sighting.path) == LONGEST


def test_a_provider_that_makes_up_names_is_not_followed_for_ever() -> None:
    one = radar()
    for number in range(MOST):
        news(one, shown({f"field{number}": "text"}))

    assert news(one, shown({"one more": "text"})) == [TOO_MANY]
    assert news(one, shown({"field1": "text"})) == [Sighting(What.FIELD, "field1", "text")]
