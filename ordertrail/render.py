"""How answers look to people: tables by rich on a terminal, aligned plain text in a pipe."""

from collections.abc import Iterable, Mapping, Sequence
from typing import IO

from rich.console import Console
from rich.table import Table
from rich.text import Text

Cell = str | int | float | None
GAP = "  "
STYLES: Mapping[str, str] = {
    "awaiting_payment": "yellow",
    "confirming": "cyan",
    "processing": "blue",
    "fulfilled": "green",
    "failed": "red",
    "refunded": "magenta",
    "expired": "bright_black",
    "forgotten": "bright_black",
}


def shown(value: object) -> str:
    """A value in a cell: nothing for None, a list's members with commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    return clean(str(value))


def clean(text: str) -> str:
    """Without control characters: a provider's words must not move a terminal's cursor."""
    return "".join(sign if sign.isprintable() else "�" for sign in text)


def short_time(at: object) -> str:
    """RFC 3339 to the millisecond, without the letters that make it hard to read."""
    if at is None:
        return ""
    text = str(at)
    return f"{text[:10]} {text[11:23]}" if len(text) >= 23 else text


def interval(not_before: object, not_after: object) -> str:
    """When a change happened, as far as we can know."""
    if not_before is None:
        return f"by {short_time(not_after)}" if not_after else ""
    if not_before == not_after:
        return short_time(not_after)
    last = short_time(not_after)
    if str(not_before)[:10] == str(not_after)[:10]:
        last = last[11:]
    return f"{short_time(not_before)} … {last}"


def table(stream: IO[str], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Writes a table; nothing but its head if there are no rows."""
    cells = [[shown(value) for value in row] for row in rows]
    if stream.isatty():
        _rich(stream, columns, cells)
    else:
        stream.write(plain(columns, cells))


def plain(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; the last one ends where its text ends."""
    lines = [list(columns), *map(list, cells)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    return "".join(
        GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in lines
    )


def _rich(stream: IO[str], columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    made = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for line in cells:
        made.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in line))
    Console(file=stream, highlight=False).print(made)


def pairs(stream: IO[str], values: Mapping[str, object]) -> None:
    """One thing's properties, one a line."""
    width = max((len(name) for name in values), default=0)
    for name, value in values.items():
        stream.write(f"{name.ljust(width)}{GAP}{shown(value)}".rstrip() + "\n")
