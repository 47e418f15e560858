"""JSON Schemas (2020-12) of everything that is published as a value, generated from the models."""

import inspect
from collections.abc import Mapping

import msgspec

from adapters.kafka.position import Position
from adapters.kafka.topics import PREFIX, Name
from domain.events import KINDS, Data, Event
from ordertrail.commands import Adopt, Command, Execute, Refresh, Stop, Track
from ordertrail.description.forms import FORMS, MEANINGS, Schema
from ordertrail.replies import ReplyRow
from ordertrail.reports import ProviderRow
from projections.attention import AttentionRow
from projections.orders import OrderRow

DIALECT = "https://json-schema.org/draft/2020-12/schema"
URN = "urn:ordertrail:schema:"
ROWS: Mapping[Name, type[msgspec.Struct]] = {
    Name.ORDERS: OrderRow,
    Name.ATTENTION: AttentionRow,
    Name.PROVIDERS: ProviderRow,
    Name.POSITIONS: Position,
    Name.REPLIES: ReplyRow,
}
"""The topics that are written to and whose values all have one shape."""

COMMANDS_BEGIN = f"{PREFIX}{Name.COMMANDS}."
COMMANDS: Mapping[str, type[Command]] = {
    COMMANDS_BEGIN + kind.VERB: kind for kind in (Track, Stop, Refresh, Execute, Adopt)
}
"""What is read from the topic of commands, by the name of its schema."""


class Undescribed(LookupError):
    """Something is published that nobody has said a word about; the message says where to."""


def schemas() -> dict[str, Schema]:
    """A schema for each type of event, by TOPIC, and each topic of rows, by its name; complete in itself."""
    roots, parts = definitions("#/$defs/{name}")
    return {name: _standalone(name, root, parts) for name, root in roots.items()}


def definitions(template: str) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """The same as `schemas`, and apart from them what they refer to in the way of `template`."""
    models: dict[str, object] = {topic: Event[kind] for topic, kind in KINDS.items()}  # type: ignore[valid-type] # the class is a value here
    models |= {PREFIX + name: row for name, row in ROWS.items()}
    models |= COMMANDS
    references, found = msgspec.json.schema_components(models.values(), ref_template=template)
    for name, schema in found.items():
        _complete(name, schema)
    before = template.format(name="")
    roots = {
        name: _titled(name, found.pop(reference["$ref"].removeprefix(before)))
        for name, reference in zip(models, references, strict=True)
    }
    return roots, found


def meaning(topic: str, kind: type[Data]) -> str:
    """What a type of event says, for people. Raises Undescribed."""
    documented = inspect.cleandoc(kind.__doc__) if kind.__doc__ else ""
    if topic not in MEANINGS:
        raise Undescribed(f"{topic}: say in MEANINGS of ordertrail/description/forms.py what it means")
    return f"{MEANINGS[topic]} {documented}".strip()


def _titled(name: str, schema: Schema) -> Schema:
    told = meaning(name, KINDS[name]) if name in KINDS else schema.get("description", "")
    return {**schema, "title": name, "description": told}


def _standalone(name: str, root: Schema, parts: Mapping[str, Schema]) -> Schema:
    used = {part: parts[part] for part in sorted(_reached(root, parts))}
    return {"$schema": DIALECT, "$id": URN + name, **root, **({"$defs": used} if used else {})}


def _reached(schema: object, parts: Mapping[str, Schema]) -> set[str]:
    """The parts that a schema refers to, and those that they do."""
    if isinstance(schema, list):
        return {name for member in schema for name in _reached(member, parts)}
    if not isinstance(schema, dict):
        return set()
    reached = {name for member in schema.values() for name in _reached(member, parts)}
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        reached |= {name} | _reached(parts[name], parts)
    return reached


def _complete(model: str, schema: Schema) -> None:
    """Adds what FORMS knows about a model's properties, in place."""
    if "description" in schema:
        schema["description"] = inspect.cleandoc(schema["description"])
    for name, told in schema.get("properties", {}).items():
        form = FORMS.get(f"{model}.{name}", FORMS.get(name, {}))
        schema["properties"][name] = _formed(told, form)
        _complete_members(name, told)


def _complete_members(name: str, told: Schema) -> None:
    form = FORMS.get(f"{name}[]", {})
    for holder in (told, told.get("additionalProperties", {})):
        if form and "items" in holder:
            holder["items"] = _formed(holder["items"], form)


def _formed(told: Schema, form: Schema) -> Schema:
    """A property with its form, which goes for every value but null."""
    words = {"description": form["description"]} if "description" in form else {}
    limits = {key: value for key, value in form.items() if key != "description"}
    if "anyOf" in told:
        limited = [branch if _free(branch) else {**branch, **limits} for branch in told["anyOf"]]
        return {**told, "anyOf": limited, **words}
    return {**told, **({} if _free(told) else limits), **words}


def _free(branch: Schema) -> bool:
    """Null, or a reference to something that has its own form."""
    return branch.get("type") == "null" or "$ref" in branch
