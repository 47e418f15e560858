"""What a changed schema of a command breaks for those who send it."""

import copy

import pytest

from ordertrail.description.documents import present
from ordertrail.description.forms import Schema
from ordertrail.description.intake import refusals

TEXT: Schema = {"type": "string"}
MAYBE: Schema = {"anyOf": [TEXT, {"type": "null"}]}
STOP = "ordertrail.commands.stop"


def wish(*always: str, **properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(always),
        "additionalProperties": False,
    }


def places(before: Schema, after: Schema) -> list[str]:
    return [found.at for found in refusals({"t": before}, {"t": after})]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (wish("a", a=TEXT), wish("a", a=TEXT, b=TEXT)),
        (wish("a", a=TEXT), wish(a=TEXT)),
        (wish("a", a=TEXT), wish("a", a=MAYBE)),
        (wish("a", a={"enum": ["one"]}), wish("a", a={"enum": ["one", "two"]})),
        (wish("a", a={**TEXT, "pattern": "x"}), wish("a", a=TEXT)),
    ],
)
def test_taking_more_than_before_breaks_nobody(before: Schema, after: Schema) -> None:
    assert places(before, after) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (wish("a", a=TEXT), wish("a", "b", a=TEXT, b=TEXT)),
        (wish("a", a=TEXT, b=TEXT), wish("a", a=TEXT)),
        (wish(a=TEXT), wish("a", a=TEXT)),
        (wish("a", a=MAYBE), wish("a", a=TEXT)),
        (wish("a", a={"enum": ["one", "two"]}), wish("a", a={"enum": ["one"]})),
        (wish("a", a=TEXT), wish("a", a={**TEXT, "maxLength": 5})),
    ],
)
def test_taking_less_breaks_senders(before: Schema, after: Schema) -> None:
    assert places(before, after) != []


def test_a_command_that_is_gone_is_missed() -> None:
    assert [found.name for found in refusals({"t": wish()}, {})] == ["t"]
    assert refusals({}, {"t": wish()}) == []


def test_arguments_of_a_real_command_count_as_well() -> None:
    released = {STOP: present()[STOP]}
    longer, stricter = copy.deepcopy(released), copy.deepcopy(released)
    longer[STOP]["$defs"]["StopArgs"]["properties"]["note"] = TEXT
    stricter[STOP]["$defs"]["StopArgs"]["properties"]["reason"]["maxLength"] = 5

    assert refusals(released, released) == refusals(released, longer) == []
    assert [found.at for found in refusals(released, stricter)] == ["args.reason"]
