"""Every record that a run publishes, held against the schemas."""

import json
from collections.abc import Iterator

from jsonschema import Draft202012Validator

from adapters.kafka.topics import Name
from domain.events import KINDS
from ordertrail.description.documents import present
from ordertrail.description.forms import Schema
from tests.description.published import Published, headers_of, schemas_of

SCHEMAS = present()


def closed(schema: Schema) -> Schema:
    """The schema where nothing may be there that it does not name."""
    inner = {key: _closed(member) for key, member in schema.items()}
    return {"additionalProperties": False, **inner} if "properties" in schema else inner


def _closed(member: object) -> object:
    if isinstance(member, list):
        return [_closed(each) for each in member]
    return closed(member) if isinstance(member, dict) else member


VALIDATORS = {name: Draft202012Validator(closed(schema)) for name, schema in SCHEMAS.items()}


def faults(published: Published) -> Iterator[str]:
    for name, records in published.records.items():
        for record in records:
            value, headers = schemas_of(name, record)
            told = [(headers, headers_of(record))]
            told += [(value, json.loads(record.value))] if value else []
            for schema, instance in told:
                for error in VALIDATORS[schema].iter_errors(instance):
                    yield f"{schema} {record.key.decode()}: {error.json_path} {error.message}"


def test_every_value_and_every_header_is_as_described(published: Published) -> None:
    assert list(faults(published)) == []


def test_the_run_publishes_every_type_of_event_and_tombstones(published: Published) -> None:
    types = {headers_of(record)["ce_type"] for record in published.records[Name.EVENTS]}

    assert types == KINDS.keys()
    for name in (Name.ORDERS, Name.ATTENTION):
        assert any(record.value is None for record in published.records[name])


def test_every_header_that_is_described_comes_up(published: Published) -> None:
    for name, records in published.records.items():
        _, title = schemas_of(name, records[0])
        carried = {header for record in records for header in headers_of(record)}

        assert carried == SCHEMAS[title]["properties"].keys()


def test_positions_of_events_rise_within_a_partition(published: Published) -> None:
    last: dict[int, int] = {}
    for record in published.records[Name.EVENTS]:
        position = int(headers_of(record)["ce_position"])

        assert position > last.get(record.partition, 0)
        last[record.partition] = position


def test_a_value_that_is_not_as_described_is_found(published: Published) -> None:
    [first, *_] = published.records[Name.EVENTS]
    event: Schema = json.loads(first.value)
    validator = VALIDATORS[headers_of(first)["ce_type"]]

    for name, wrong in [("not_after", "2026-01-01T00:00:00Z"), ("phase", "lost"), ("looks", -1), ("more", 1)]:
        assert not validator.is_valid({**event, name: wrong})
