"""Links lead somewhere, the code that is named exists, and so do the commands."""

import ast
import re
from pathlib import Path

import pytest

from domain.providers import PROVIDERS
from ordertrail.cli import program
from ordertrail.lifecycles import markdown
from tests.docs.pages import PAGES, ROOT, anchors, links, named_code, verbs

TOUR = ROOT / "docs" / "tour.md"
PRIVATE = re.compile(r"/(root|home|tmp)/")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_docs_lead_somewhere(page: Path) -> None:
    for link in links(page):
        place, _, anchor = link.partition("#")
        if not place.startswith("http"):
            target = (page.parent / place).resolve() if place else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_and_function_that_is_named_exists(page: Path) -> None:
    for file, function in named_code(page):
        assert (ROOT / file).is_file(), file
        assert function is None or function in _functions(ROOT / file), f"{file}: {function}"


def test_the_tour_names_the_functions_on_its_way() -> None:
    named = [function for _, function in named_code(TOUR) if function is not None]

    assert len(named) > 30


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_named_exists(page: Path) -> None:
    assert verbs(page) <= program.commands.keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_place_of_one_machine(page: Path) -> None:
    assert PRIVATE.search(page.read_text()) is None


def test_the_lifecycles_are_printed_by_todays_code() -> None:
    assert (ROOT / "docs" / "lifecycles.md").read_text() == markdown(list(PROVIDERS.values()))


def _functions(file: Path) -> set[str]:
    """`function` and `Class.method`."""
    found: set[str] = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {
                f"{node.name}.{inner.name}"
                for inner in node.body
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
            }
    return found
