"""What a changed schema of a command would break for its senders: the other way round than for consumers.

What the released schema allows must be allowed still. New fields that may be left out are welcome.
"""

from collections.abc import Mapping

from ordertrail.description.compatibility import Break, breaks
from ordertrail.description.forms import Schema

NO_MORE = "is no longer taken as it was sent"


def refusals(released: Mapping[str, Schema], present: Mapping[str, Schema]) -> list[Break]:
    """What senders of released commands would be refused."""
    found = [Break(name, "", "is understood no more") for name in released if name not in present]
    known = {name: _without_additions(present[name], released[name]) for name in released if name in present}
    backwards = breaks(known, {name: released[name] for name in known})
    return found + [Break(each.name, each.at, NO_MORE) for each in backwards]


def _without_additions(present: Schema, released: Schema) -> Schema:
    """The present schema less the fields that may be left out and that no sender knows."""
    parts = released.get("$defs", {})
    kept = _known_only(present, released)
    if "$defs" in present:
        kept["$defs"] = {
            name: _known_only(schema, parts[name]) if name in parts else schema
            for name, schema in present["$defs"].items()
        }
    return kept


def _known_only(present: Schema, released: Schema) -> Schema:
    if "properties" not in present:
        return dict(present)
    known, always = released.get("properties", {}), present.get("required", [])
    kept = {name: told for name, told in present["properties"].items() if name in known or name in always}
    return {**present, "properties": kept}
