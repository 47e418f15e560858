"""One invocation: how it was asked to speak, and its settings once they are needed.

Answers go to stdout: tables for people, or with `--json` one object a line and nothing else. Whatever else is
said goes to stderr.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from ordertrail import render
from ordertrail.settings import Loaded, Settings, load

Command = TypeVar("Command", bound=Callable[..., object])


@dataclass
class Session:
    """`verbosity`: −1 quiet, 0 normal, 1 or more for details."""

    json: bool = False
    config: Path | None = None
    verbosity: int = 0

    @cached_property
    def loaded(self) -> Loaded:
        return load(self.config, os.environ)

    @property
    def settings(self) -> Settings:
        return self.loaded.settings

    def line(self, value: object) -> None:
        """One JSON object on stdout."""
        sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
        if not sys.stdout.isatty():
            sys.stdout.flush()  # whoever reads a pipe waits for the line

    @property
    def shows_progress(self) -> bool:
        """Whether somebody watches stderr and did not ask for quiet."""
        return sys.stderr.isatty() and self.verbosity >= 0

    def say(self, words: str) -> None:
        """A sentence for people, on stderr."""
        if self.verbosity >= 0:
            click.echo(render.clean(words), err=True)

    def refuse(self, number: int, why: str) -> None:
        """A bad line of a file; said even if little else is."""
        click.echo(f"line {number}: {render.clean(why)}", err=True)

    def rows(
        self,
        found: Iterable[Mapping[str, object]],
        columns: Sequence[str],
        cells: Callable[[Mapping[str, object]], Sequence[object]],
    ) -> int:
        """The answer as JSON lines or as a table; returns how many there were."""
        if self.json:
            count = 0
            for count, one in enumerate(found, 1):  # noqa: B007 the last number is the count
                self.line(one)
            return count
        kept = list(found)
        if kept:
            render.table(sys.stdout, columns, [cells(one) for one in kept])
        return len(kept)


def common(command: Command) -> Command:
    """The options that every command has; they set the session, wherever on the line they stand."""
    options = [
        click.option(
            "--json",
            "as_json",
            is_flag=True,
            expose_value=False,
            callback=_json,
            help="JSON lines.",
        ),
        click.option(
            "--config",
            type=click.Path(path_type=Path, dir_okay=False),
            expose_value=False,
            callback=_config,
            is_eager=True,
            metavar="FILE",
            help="Settings file instead of ./ordertrail.toml.",
        ),
        click.option("-v", "--verbose", count=True, expose_value=False, callback=_louder, help="Say more."),
        click.option(
            "-q",
            "--quiet",
            is_flag=True,
            expose_value=False,
            callback=_quieter,
            help="Say less.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def session_of(context: click.Context) -> Session:
    return context.ensure_object(Session)


def log_to_stderr(verbosity: int) -> None:
    """Short lines of our own; what clients complain of is said once, in our words."""
    level = {-1: logging.WARNING, 0: logging.INFO}.get(verbosity, logging.DEBUG)
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", force=True
    )
    logging.getLogger("ordertrail").setLevel(level if verbosity > -2 else logging.ERROR)
    for name in ("aiokafka", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING if verbosity > 1 else logging.CRITICAL)


def _json(context: click.Context, _option: click.Parameter, given: bool) -> None:
    session_of(context).json |= given


def _config(context: click.Context, _option: click.Parameter, given: Path | None) -> None:
    if given is not None:
        session_of(context).config = given


def _louder(context: click.Context, _option: click.Parameter, given: int) -> None:
    session_of(context).verbosity += given


def _quieter(context: click.Context, _option: click.Parameter, given: bool) -> None:
    if given:
        session_of(context).verbosity = -1
