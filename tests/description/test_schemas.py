import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from domain.events import KINDS, Data
from ordertrail.commands import Read, Unreadable, read
from ordertrail.description.__main__ import main
from ordertrail.description.documents import broken, outdated, present, write
from ordertrail.description.forms import FORMS, MEANINGS
from ordertrail.description.schemas import COMMANDS, Undescribed, definitions, meaning
from tests.commands.sending import command

SCHEMAS = present()
EXAMPLES: dict[str, dict[str, object]] = {
    "track": {"ref": "r", "priority": 9, "deadline": "2026-05-01T00:00:00Z", "tenant": None},
    "stop": {"reason": "done"},
    "refresh": {},
    "execute": {"funding_transaction": "AB" * 32},
    "adopt": {"state": "complete", "reason": "asked them"},
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_valid_and_named_for_what_it_describes(name: str) -> None:
    schema = SCHEMAS[name]

    Draft202012Validator.check_schema(schema)

    assert (schema["title"], schema["$id"]) == (name, f"urn:ordertrail:schema:{name}")


def test_every_type_of_event_has_a_schema_and_says_what_it_means() -> None:
    assert KINDS.keys() == MEANINGS.keys()
    for topic in KINDS:
        assert SCHEMAS[topic]["description"].startswith(MEANINGS[topic])


def test_a_type_that_nobody_described_is_refused() -> None:
    with pytest.raises(Undescribed, match=r"ordertrail\.unheard-of\.v1: say in MEANINGS"):
        meaning("ordertrail.unheard-of.v1", Data)


def test_no_form_is_for_a_property_that_is_gone() -> None:
    roots, parts = definitions("{name}")
    models = {
        **parts,
        "AttentionRow": roots["ordertrail.attention"],
        "Position": roots["ordertrail.positions"],
        "ReplyRow": roots["ordertrail.replies"],
        **{kind.__name__: roots[name] for name, kind in COMMANDS.items()},
    }
    named = {name for schema in [*roots.values(), *parts.values()] for name in schema.get("properties", {})}
    named |= {f"{model}.{name}" for model, schema in models.items() for name in schema.get("properties", {})}

    assert {key.removesuffix("[]") for key in FORMS} - named == set()


def test_decoding_and_schema_agree_on_what_must_be_there() -> None:
    for topic, kind in KINDS.items():
        always = [field.encode_name for field in msgspec.structs.fields(kind) if field.required]

        assert SCHEMAS[topic]["$defs"][kind.__name__]["required"] == always


def test_what_is_read_as_a_command_keeps_to_its_schema() -> None:
    for name, args in EXAMPLES.items():
        value = {**command(name), "args": args}
        validator = Draft202012Validator(SCHEMAS[f"ordertrail.commands.{name}"])

        assert isinstance(read(json.dumps(value).encode()), Read)
        assert validator.is_valid(value)
        for wrong in ({**value, "more": 1}, {**value, "version": 2}, {**value, "id": "a b"}):
            assert isinstance(read(json.dumps(wrong).encode()), Unreadable)
            assert not validator.is_valid(wrong)


def test_the_docs_are_as_generated_and_break_nothing() -> None:
    assert (outdated(), broken()) == ([], [])


def test_documents_that_are_out_of_date_are_said_and_rewritten(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "asyncapi.json").unlink()

    said = CliRunner().invoke(main, ["--check", "--docs", str(tmp_path)])
    done = CliRunner().invoke(main, ["--docs", str(tmp_path)])

    assert (said.exit_code, done.exit_code) == (1, 0)
    assert "asyncapi.json out of date: run make docs" in said.output
    assert outdated(tmp_path) == []


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_what_breaks_consumers_is_neither_passed_nor_written(tmp_path: Path, arguments: list[str]) -> None:
    write(tmp_path)
    path = tmp_path / "schemas" / "ordertrail.agreed.v1.json"
    released = json.loads(path.read_text())
    released["$defs"]["Agreed"]["properties"]["reason"] = {"type": "string"}
    path.write_text(json.dumps(released))

    said = CliRunner().invoke(main, [*arguments, "--docs", str(tmp_path)])

    assert said.exit_code == 1
    assert "ordertrail.agreed.v1: data.reason is gone" in said.output
    assert "a topic of its own, ordertrail.agreed.v2" in said.output
    assert json.loads(path.read_text()) == released


def test_a_topic_with_other_partitions_breaks_consumers(tmp_path: Path) -> None:
    write(tmp_path)
    text = (tmp_path / "asyncapi.json").read_text()
    (tmp_path / "asyncapi.json").write_text(text.replace('"partitions": 48', '"partitions": 24'))

    assert [found.name for found in broken(tmp_path)] == ["ownership"]
