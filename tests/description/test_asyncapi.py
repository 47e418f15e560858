"""The AsyncAPI document, through AsyncAPI's own parser and its own JSON Schema."""

import copy
import json
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from adapters.kafka.topics import PREFIX, TOPICS
from domain.events import KINDS
from ordertrail.description.asyncapi import SPECIFICATION, document
from ordertrail.description.documents import ASYNCAPI, DOCS
from ordertrail.description.forms import Schema
from tests.description.node import node_directory

VALIDATOR = Path(__file__).parent / "validator"
NEWER_EXISTS = "asyncapi-latest-version"  # advice; few tools know 3.1


@pytest.fixture(scope="module")
def validator() -> Path:
    return node_directory(VALIDATOR)


def said_by_parser(validator: Path, *paths: Path) -> list[list[str]]:
    command = ["node", "validate.mjs", *map(str, paths)]
    done = subprocess.run(command, cwd=validator, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    said: list[list[Schema]] = [json.loads(line) for line in done.stdout.splitlines()]
    return [[str(one) for one in each if one["code"] != NEWER_EXISTS] for each in said]


def official(validator: Path) -> Draft7Validator:
    schema = validator / "node_modules" / "@asyncapi" / "specs" / "schemas" / f"{SPECIFICATION}.json"
    return Draft7Validator(json.loads(schema.read_text()))


def test_the_document_passes_asyncapis_own_parser_and_a_wrong_one_does_not(
    validator: Path, tmp_path: Path
) -> None:
    wrong = document()
    wrong["operations"]["publish-events"]["channel"]["$ref"] = "#/channels/nowhere"
    (tmp_path / ASYNCAPI).write_text(json.dumps(wrong))

    said = said_by_parser(validator, DOCS / ASYNCAPI, tmp_path / ASYNCAPI)

    assert said[0] == []
    assert "nowhere" in str(said[1])


def test_the_document_keeps_to_asyncapis_schema(validator: Path) -> None:
    schema = official(validator)
    wrong = copy.deepcopy(document())
    wrong["channels"]["events"]["bindings"]["kafka"]["partitions"] = "twelve"

    assert [error.message for error in schema.iter_errors(document())] == []
    assert not schema.is_valid(wrong)


def test_every_topic_is_a_channel_with_its_partitions_and_settings() -> None:
    channels = document()["channels"]

    assert [channel["address"] for channel in channels.values()] == [PREFIX + topic.name for topic in TOPICS]
    for topic in TOPICS:
        told = channels[topic.name]["bindings"]["kafka"]
        assert told["partitions"] == topic.partitions
        assert told["topicConfiguration"].keys() == topic.settings.keys()


def test_every_type_of_event_is_a_message_of_its_channel() -> None:
    channels = document()["channels"]

    assert list(channels["events"]["messages"]) == list(KINDS)
    assert list(channels["attention"]["messages"]) == [
        "ordertrail.attention",
        "ordertrail.attention.tombstone",
    ]
