"""Where settings come from: `ordertrail.toml`, and over it the environment. Every value keeps its origin.

Names are checked here, against the fields that there are, so that a slip of the pen is an error and not a
default in disguise.
"""

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

PREFIX = "ORDERTRAIL_"
NESTED = "__"
CONFIG = "ORDERTRAIL_CONFIG"
DEFAULT_FILE = Path("ordertrail.toml")
OTHERS = frozenset({CONFIG, "ORDERTRAIL_CACHE", "ORDERTRAIL_COMPLETE", "_ORDERTRAIL_COMPLETE"})
TEST_PREFIX = "ORDERTRAIL_TEST_"  # what the test suite asks of its surroundings

Tree = dict[str, Any]
Names = Mapping[str, "Names | None"]
"""The names that there are: None for a value, their own names for a table."""


class SettingsError(Exception):
    """The settings can't be used; the message says which one, where it stands and what to do."""


def read_file(path: Path | None) -> tuple[Tree, Path | None]:
    """The settings file as nested tables; one that was named must exist, the default one may be missing."""
    chosen = path or DEFAULT_FILE
    if path is None and not chosen.exists():
        return {}, None
    try:
        return tomllib.loads(chosen.read_text(encoding="utf-8")), chosen
    except OSError as error:
        raise SettingsError(f"settings file {chosen}: {error.strerror or error}; name another") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings file {chosen} is not TOML: {error}") from None


def read_environment(environ: Mapping[str, str]) -> dict[tuple[str, ...], tuple[str, str]]:
    """Path → (value, variable) of every variable of ours; an empty one counts as unset."""
    found: dict[tuple[str, ...], tuple[str, str]] = {}
    for variable, value in sorted(environ.items()):
        if not variable.upper().startswith(PREFIX) or variable in OTHERS or not value:
            continue
        if variable.upper().startswith(TEST_PREFIX):
            continue
        path = tuple(variable[len(PREFIX) :].lower().split(NESTED))
        found[path] = (value, variable)
    return found


def leaves(tree: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value of nested tables with its path; an empty table has none."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name), value


def refuse_unknown(path: tuple[str, ...], where: str, names: Names) -> None:
    """Raises SettingsError unless `path` is the path of a setting."""
    level: Names | None = names
    for depth, name in enumerate(path):
        if level is None:
            raise SettingsError(f"{where}: {'.'.join(path[:depth])} is a single value and has no {name!r}")
        if name not in level:
            raise SettingsError(_unknown(path[: depth + 1], where, list(level)))
        level = level[name]
    if level is not None:
        example = ".".join([*path, next(iter(level))])
        raise SettingsError(f"{where}: {'.'.join(path)} is a table: set its keys, such as {example}")


def _unknown(path: tuple[str, ...], where: str, known: list[str]) -> str:
    near = get_close_matches(path[-1], known, n=2, cutoff=0.5)
    advice = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
    what = "provider" if path[:-1] == ("providers",) else "setting"
    return f"{where}: unknown {what} {'.'.join(path)!r}; {advice}"
