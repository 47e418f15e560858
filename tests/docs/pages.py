"""The README and the docs, taken apart: their blocks, tables, links, and the code that they name."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`\n]+)`")
_FUNCTION = re.compile(r"[A-Za-z_][\w.]*\(\)")
_VERB = re.compile(r"(?<![\w/.~-])ordertrail ([a-z]+)\b")


class Block(NamedTuple):
    """A fenced block; `printed` is the `text` block that follows a `sh` block at once, if one does."""

    language: str
    text: str
    printed: str | None = None


def blocks(page: Path) -> list[Block]:
    text = page.read_text()
    found = list(_FENCE.finditer(text))
    made = []
    for index, match in enumerate(found):
        after = found[index + 1] if index + 1 < len(found) else None
        follows = after is not None and not text[match.end() : after.start()].strip()
        shown = after is not None and match[1] == "sh" and after[1] == "text" and follows
        made.append(Block(match[1], match[2], after[2] if shown and after else None))
    return made


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", page.read_text())


def links(page: Path) -> list[str]:
    return _LINK.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives a page's headings."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def named_code(page: Path) -> Iterator[tuple[str, str | None]]:
    """Every file that is named in code type, and every `function()` with its file: the one named just before
    it or, in "`function()` in `file`", just after it."""
    spans = [(match.group(1), match.start(), match.end()) for match in _SPAN.finditer(prose(page))]
    text, file = prose(page), ""
    for index, (span, _, end) in enumerate(spans):
        if re.fullmatch(r"[\w/]+\.py", span):
            file = span
            yield file, None
        elif _FUNCTION.fullmatch(span):
            after = spans[index + 1] if index + 1 < len(spans) else ("", end, end)
            belongs = after[0].endswith(".py") and text[end : after[1]].split() == ["in"]
            yield (after[0] if belongs else file), span.removesuffix("()")


def verbs(page: Path) -> set[str]:
    """The commands that a page tells to run, in blocks and in code type."""
    text = page.read_text()
    commands = [block.text for block in blocks(page) if block.language in ("", "sh", "console")]
    return {verb for part in [*commands, *_SPAN.findall(text)] for verb in _VERB.findall(part)}


def first_cells(page: Path, heading: str) -> list[list[str]]:
    """The rows of the first table after a heading, without its head."""
    _, found, rest = page.read_text().partition(f"{heading}\n")
    if not found:
        raise LookupError(f"{page.name} has no heading {heading!r}")
    table = re.search(r"(?:^\|.*\n)+", rest, re.MULTILINE)
    rows = table[0].splitlines()[2:] if table else []
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
