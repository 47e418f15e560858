"""What the docs say in tables is what the code says."""

import re

import msgspec

from adapters.kafka.records import event_record
from adapters.kafka.topics import PREFIX, TOPICS
from adapters.providers import ADAPTERS
from adapters.runa import DEFAULT_VERSION as RUNA_VERSION
from adapters.xmrto import DEFAULT_VERSION as XMRTO_VERSION
from domain.events import KINDS
from domain.rows import Row
from ordertrail.cli.trouble import Exit
from ordertrail.running import Role
from ordertrail.setting_table import setting_rows
from ordertrail.settings import load
from tests.docs.pages import ROOT, first_cells

RECORD = ROOT / "docs" / "record.md"
OPERATE = ROOT / "docs" / "operate.md"
OWN = "the provider's own"


def test_every_setting_stands_in_the_table_with_its_default() -> None:
    told = {_code(row[0]): row[1] for row in first_cells(OPERATE, "## Settings")}

    for row in setting_rows(load(None, {})):
        name = re.sub(r"^providers\.\w+\.", "providers.P.", str(row["setting"]))
        default = told.pop(name) if not name.startswith("providers.") else told[name]
        assert default == OWN or _code(default) == _shown(row["value"]), name
    assert all(name.startswith("providers.P.") for name in told)


def test_each_providers_own_settings_stand_in_the_table() -> None:
    versions = {"runa": RUNA_VERSION, "xmrto": XMRTO_VERSION}

    rows = first_cells(OPERATE, "P is one of:")

    told = {_code(slug): (_code(url), windows, _code(version)) for slug, url, windows, version in rows}
    assert told == {
        slug: (each.default_url, ", ".join(f"`{rate}`" for rate in each.windows), versions.get(slug, ""))
        for slug, each in ADAPTERS.items()
    }


def test_every_event_stands_in_the_table_with_its_type_and_its_data() -> None:
    rows = first_cells(RECORD, "## Events")

    told = {_code(name): (_code(topic), re.findall(r"`(\w+)`", data)) for name, topic, data, _ in rows}
    assert told == {
        kind.__name__: (topic, [field.encode_name for field in msgspec.structs.fields(kind)])
        for topic, kind in KINDS.items()
    }


def test_every_topic_stands_in_the_table_with_its_key_and_partitions() -> None:
    rows = first_cells(RECORD, "## On Kafka")

    told = {(_code(name), key, int(partitions)) for name, key, partitions, _ in rows}
    assert told == {(PREFIX + topic.name, topic.key, topic.partitions) for topic in TOPICS}


def test_every_header_of_an_event_stands_in_the_table() -> None:
    event = {"not_before": "a", "not_after": "b", "recorded_at": "c", "evidence": "d", "rules": "2.1"}
    row = Row(1, "runa-1", "runa/A", 1, "ordertrail.agreed.v1", msgspec.json.encode(event))

    record = event_record(row, "log-a", prefix=PREFIX)

    told = [_code(name) for name, _ in first_cells(RECORD, "headers.")]
    assert told == [name for name, _ in record.headers]


def test_every_exit_status_and_role_stands_in_its_table() -> None:
    statuses = {int(row[0]) for row in first_cells(OPERATE, "## Exit status")}
    roles = {_code(row[0]) for row in first_cells(OPERATE, "## Running")}

    assert statuses >= {int(status) for status in Exit}
    assert roles == {role.value for role in Role}


def _code(cell: str) -> str:
    return cell.strip("`")


def _shown(value: object) -> str:
    return "" if value is None or value == [] else str(value)
