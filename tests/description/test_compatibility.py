"""What breaks a consumer and what does not, on small schemas."""

import copy

import pytest

from ordertrail.description.compatibility import advice, breaks
from ordertrail.description.documents import present
from ordertrail.description.forms import Schema

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer", "minimum": 1}
MAYBE: Schema = {"anyOf": [TEXT, {"type": "null"}]}
WORD: Schema = {"enum": ["one", "two"]}


def record(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def why(before: Schema, after: Schema) -> list[str]:
    return [f"{found.at} {found.why}" for found in breaks({"t": before}, {"t": after})]


BREAKING = [
    (record(a=TEXT), record(), "a is gone"),
    (record(a=TEXT), {**record(a=TEXT), "required": []}, "a may now be missing"),
    (record(a=TEXT), record(a=NUMBER), "a may now be integer"),
    (record(a=TEXT), record(a=MAYBE), "a may now be null"),
    (record(a=TEXT), record(a={}), "a may now be anything"),
    (record(a={"type": "integer"}), record(a={"type": "number"}), "a may now be number"),
    (record(a=WORD), record(a={"enum": ["one", "two", "three"]}), "a may now be three"),
    (record(a=WORD), record(a=TEXT), "a may now have any value"),
    (record(a={"const": "1.0"}), record(a={"const": "1.1"}), "a may now be 1.1"),
    (record(a=NUMBER), record(a={"type": "integer"}), "a no longer keeps to minimum 1"),
    (record(a=NUMBER), record(a={**NUMBER, "minimum": 0}), "a no longer keeps to minimum 1 but to 0"),
    (record(a={**TEXT, "pattern": "x"}), record(a=TEXT), "a no longer keeps to pattern x"),
    (
        record(a={**TEXT, "pattern": "x"}),
        record(a={**TEXT, "pattern": "y"}),
        "a no longer keeps to pattern x but to y",
    ),
    (
        record(a={"type": "array", "items": TEXT}),
        record(a={"type": "array", "items": MAYBE}),
        "a[] may now be null",
    ),
    (record(a={"type": "array", "items": TEXT}), record(a={"type": "array"}), "a[] may now be anything"),
    (record(a=record(b=TEXT)), record(a=record()), "a.b is gone"),
    (
        record(a={"type": "object", "additionalProperties": TEXT}),
        record(a={"type": "object"}),
        "a.* may now be anything",
    ),
    (
        record(a={"type": "object", "additionalProperties": TEXT}),
        record(a={"type": "object", "additionalProperties": NUMBER}),
        "a.* may now be integer",
    ),
    (
        {**record(), "additionalProperties": False},
        {**record(a=TEXT), "additionalProperties": False},
        "a is new",
    ),
    ({**record(), "additionalProperties": False}, record(), ".* may now be there"),
]

HARMLESS = [
    (record(a=TEXT), record(a=TEXT, b=TEXT)),
    (record(a=TEXT), {**record(a=TEXT, b=MAYBE), "required": ["a"]}),
    (record(a=MAYBE), record(a=TEXT)),
    ({**record(a=TEXT), "required": []}, record(a=TEXT)),
    (record(a=TEXT), record(a=WORD)),
    (record(a=WORD), record(a={"const": "one"})),
    (record(a={"type": "number"}), record(a={"type": "integer"})),
    (record(a=NUMBER), record(a={**NUMBER, "minimum": 2, "maximum": 9})),
    (record(a=TEXT), record(a={**TEXT, "pattern": "x"})),
    (record(a={**TEXT, "description": "This."}), record(a={**TEXT, "title": "That"})),
    (record(a={}), record(a=TEXT)),
]


@pytest.mark.parametrize(("before", "after", "said"), BREAKING, ids=[said for *_, said in BREAKING])
def test_a_breaking_change_is_found(before: Schema, after: Schema, said: str) -> None:
    [found] = why(before, after)

    assert found.strip().startswith(said)


@pytest.mark.parametrize(("before", "after"), HARMLESS, ids=range(len(HARMLESS)))
def test_a_harmless_change_passes(before: Schema, after: Schema) -> None:
    assert why(before, after) == []


def test_references_are_followed_into_each_document() -> None:
    before = {"$ref": "#/$defs/A", "$defs": {"A": record(a={"$ref": "#/$defs/B"}), "B": TEXT}}
    after = {"$ref": "#/$defs/Z", "$defs": {"Z": record(a={"$ref": "#/$defs/Y"}), "Y": MAYBE}}

    assert why(before, before) == []
    assert why(before, after) == ["a may now be null"]


def test_a_schema_that_is_gone_breaks_and_a_new_one_does_not() -> None:
    [found] = breaks({"t": TEXT}, {"u": TEXT})

    assert (found.name, found.why) == ("t", "is described no more, but its records stay in the topic")
    assert breaks({}, {"u": TEXT}) == []


def test_the_advice_names_the_next_version() -> None:
    assert "ordertrail.agreed.v10" in advice("ordertrail.agreed.v9")
    assert "ordertrail.orders.v2" in advice("ordertrail.orders")


@pytest.mark.parametrize("name", present())
def test_each_field_of_a_real_schema_is_missed_when_it_goes(name: str) -> None:
    released = present()[name]

    for field in released["properties"]:
        changed = copy.deepcopy(released)
        del changed["properties"][field]

        assert [found.at for found in breaks({name: released}, {name: changed})] == [field]


def test_a_new_phase_breaks_whoever_switches_on_it() -> None:
    released = present()
    changed = {name: copy.deepcopy(schema) for name, schema in released.items()}
    for schema in changed.values():
        schema.get("$defs", {}).get("Phase", {"enum": []})["enum"].append("on_hold")

    found = {each.name: str(each) for each in breaks(released, changed)}

    assert found["ordertrail.agreed.v1"] == "ordertrail.agreed.v1: phase may now be on_hold"
