"""Folding a read model anew beside the one that is served."""

import sys
from collections.abc import Mapping

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from domain.rows import Comparison, Difference
from ordertrail.cli.session import Session, common
from ordertrail.cli.trouble import Exit, No, WrongUse
from ordertrail.cli.values import WordType
from ordertrail.rebuild import MODELS, SHOWN, Rebuilt
from ordertrail.rebuild import rebuild as rebuilt
from ordertrail.render import table
from ordertrail.wiring import log_is_there, opened_log

REPORT = "providers"


@click.command()
@click.argument("read_model", type=WordType("read model", [*MODELS, REPORT]), metavar="READ_MODEL")
@click.option("--dry-run", is_flag=True, help="Stop after the comparison: nothing is changed.")
@common
@click.pass_obj
def rebuild(session: Session, read_model: str, dry_run: bool) -> int:
    """Fold the whole log anew beside READ_MODEL (orders or attention), compare, and switch in one step.

    Both come from one fold and are rebuilt together. The live rows are served, and follow the log, until the
    switch; only rows that differ are published then. Killed midway, it goes on from there when run again.

    \b
    ordertrail rebuild orders --dry-run
    """
    if read_model == REPORT:
        raise WrongUse("providers is a report, not a projection of the log: it can't be rebuilt")
    if not log_is_there(session.settings):
        raise No("there is no log yet, so there is nothing to rebuild")
    with opened_log(session.settings, create=False) as log, _bar(session) as bar:
        task = bar.add_task("fold", total=None)

        def progress(reached: int, up_to: int) -> None:
            bar.update(task, completed=reached, total=up_to)

        done = rebuilt(log, switch=not dry_run, progress=progress, say=session.say)
    _tell(session, done, switched=not dry_run)
    return Exit.DONE


def _bar(session: Session) -> Progress:
    return Progress(
        TextColumn("folding"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not session.shows_progress,
    )


def _tell(session: Session, done: Rebuilt, *, switched: bool) -> None:
    if done.resumed:
        session.say(f"an earlier rebuild had got to position {done.resumed}: it went on from there")
    for comparison in done.comparisons:
        for difference in comparison.first:
            if session.json:
                session.line(_line(comparison.model, difference))
    if session.json:
        for comparison in done.comparisons:
            session.line(_summary(done, comparison, switched=switched))
        return
    shown = ("same", "changed", "missing", "extra")
    table(
        sys.stdout,
        ["read model", *shown],
        [[each.model, *(getattr(each, name) for name in shown)] for each in done.comparisons],
    )
    _explain(session, done, switched=switched)


def _explain(session: Session, done: Rebuilt, *, switched: bool) -> None:
    for comparison in done.comparisons:
        for difference in comparison.first:
            names = ", ".join(_differing(difference)) or "the row itself"
            session.say(f"{comparison.model}: {difference.key} differs in {names}")
        left = _unlike(comparison) - len(comparison.first)
        if left > 0:
            session.say(f"{comparison.model}: and {left} more; the first {SHOWN} are shown")
    unlike = sum(map(_unlike, done.comparisons))
    if not unlike:
        session.say(f"nothing differs at position {done.position}")
    elif switched:
        session.say(f"{unlike} rows are served as folded anew, and on their way to Kafka")
    else:
        session.say(f"{unlike} rows would change; run it without --dry-run to serve them")


def _unlike(comparison: Comparison) -> int:
    return comparison.changed + comparison.missing + comparison.extra


def _differing(difference: Difference) -> list[str]:
    """Names of the fields that differ; none where there is no row on one side."""
    if difference.live is None or difference.rebuilt is None:
        return []
    live, anew = _fields(difference.live), _fields(difference.rebuilt)
    return [name for name in anew if anew[name] != live.get(name)] + [
        name for name in live if name not in anew
    ]


def _fields(row: bytes) -> Mapping[str, object]:
    return msgspec.json.decode(row, type=dict[str, object])


def _line(model: str, difference: Difference) -> dict[str, object]:
    return {
        "model": model,
        "key": difference.key,
        "live": None if difference.live is None else msgspec.Raw(difference.live),
        "rebuilt": None if difference.rebuilt is None else msgspec.Raw(difference.rebuilt),
    }


def _summary(done: Rebuilt, comparison: Comparison, *, switched: bool) -> dict[str, object]:
    return {
        "model": comparison.model,
        "position": done.position,
        "resumed": done.resumed,
        "same": comparison.same,
        "changed": comparison.changed,
        "missing": comparison.missing,
        "extra": comparison.extra,
        "switched": switched,
    }
