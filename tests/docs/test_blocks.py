"""Every `sh` block of the README and the docs runs, and prints what the `text` block right below it shows.

`toml` blocks are saved as ordertrail.toml; `console` blocks need hosts, a broker or a container
engine, and are only read.
"""

import os
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ordertrail.settings import load
from tests.docs.pages import PAGES, ROOT, Block, blocks
from tests.docs.telling import Shell, await_answer, plain, run_plain

PORT = "8701"
READERS_PACE, OURS = "--scale 0.02", "--scale 0.0005"
LANGUAGES = {"", "sh", "text", "toml", "console", "mermaid"}


@pytest.fixture
def free_port() -> str:
    """In the place of the one that the pages name, so that nothing else can be in the way."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """In an empty directory with the docs in it, and no settings from outside."""
    for name in [name for name in os.environ if name.startswith("ORDERTRAIL_")]:
        monkeypatch.delenv(name)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    shell = Shell(tmp_path)
    yield shell
    shell.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_tells_to_run_runs_and_prints_what_it_shows(
    page: Path, shell: Shell, free_port: str
) -> None:
    for block in blocks(page):
        printed = _followed(block, shell, free_port)

        if block.printed is not None:
            assert _lines(printed) == _lines(block.printed)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_settings_on_a_page_are_settings(page: Path, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.language == "toml":
            file = tmp_path / "ordertrail.toml"
            file.write_text(block.text)

            assert load(file, {}).origins.keys() == _dotted(tomllib.loads(block.text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_of_a_kind_that_is_run_or_known_not_to_be(page: Path) -> None:
    assert {block.language for block in blocks(page)} <= LANGUAGES


def _followed(block: Block, shell: Shell, port: str) -> str:
    text = block.text.replace(PORT, port).replace(READERS_PACE, OURS)
    if block.language == "toml":
        (shell.directory / "ordertrail.toml").write_text(text)
    if block.language != "sh":
        return ""
    printed = run_plain(text) if plain(text) else shell.run(text)
    if port in text and text.rstrip().endswith("&"):
        await_answer(int(port))
    return printed


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


def _dotted(tree: dict[str, object], path: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in tree.items():
        found |= _dotted(value, f"{path}{name}.") if isinstance(value, dict) else {path + name}
    return found
