"""The compose file against the Compose Specification's own schema, which check-jsonschema ships."""

import json
from importlib.metadata import distribution
from pathlib import Path
from typing import TypedDict

import pytest
import yaml
from jsonschema import Draft202012Validator, ValidationError

from adapters.kafka.artifacts import PROJECT
from adapters.kafka.broker import PROPERTIES

SCHEMA = "check_jsonschema/builtin_schemas/vendor/compose-spec.json"


class Service(TypedDict):
    environment: dict[str, str]
    ports: list[str]


class Compose(TypedDict):
    services: dict[str, Service]


@pytest.fixture
def compose() -> Compose:
    found: Compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    return found


@pytest.fixture
def specification() -> Draft202012Validator:
    shipped = Path(str(distribution("check-jsonschema").locate_file(SCHEMA)))
    return Draft202012Validator(json.loads(shipped.read_text()))


def test_the_compose_file_is_valid(compose: Compose, specification: Draft202012Validator) -> None:
    specification.validate(compose)


def test_a_misspelt_key_would_be_noticed(specification: Draft202012Validator) -> None:
    with pytest.raises(ValidationError, match="imagine"):
        specification.validate({"services": {"kafka": {"imagine": "apache/kafka"}}})


def test_ports_are_open_to_this_machine_only(compose: Compose) -> None:
    ports = [port for service in compose["services"].values() for port in service["ports"]]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_compose_broker_has_the_settings_of_the_one_without_an_engine(compose: Compose) -> None:
    environment = compose["services"]["kafka"]["environment"]
    elsewhere = ("listeners", "voters", "log.dirs", "num.partitions", "group.")

    for line in PROPERTIES.splitlines():
        name, value = line.split("=", 1)
        if not any(part in name for part in elsewhere):
            assert environment["KAFKA_" + name.upper().replace(".", "_")] == value
