"""What freshness a request budget buys, before it is bought."""

import sys
from functools import partial
from importlib import import_module
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from adapters.providers import ADAPTERS
from domain.instants import SECOND
from ordertrail.budget import Window
from ordertrail.cli.session import Session, common
from ordertrail.cli.trouble import WrongUse
from ordertrail.cli.values import PROVIDER
from ordertrail.quota.described import per_minute, read_fleets
from ordertrail.quota.fleets import Fleet, FleetError
from ordertrail.quota.observed import observed_fleets
from ordertrail.quota.outlook import CHANGES, Outlook, outlook
from ordertrail.quota.picture import COLUMNS, bars, rows
from ordertrail.render import table
from ordertrail.settings import Settings
from ordertrail.wiring import log_is_there, opened_log

DRAWING = "ordertrail.quota.drawing"
"""Loaded only for a drawing: it takes a second."""


class RateType(click.ParamType[Window]):
    name = "rate"

    def convert(
        self, value: object, parameter: click.Parameter | None, context: click.Context | None
    ) -> Window:
        if isinstance(value, Window):
            return value
        try:
            return Window.parse(str(value))
        except ValueError as error:
            self.fail(str(error), parameter, context)


@click.command()
@click.option(
    "--fleet",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="A fleet described in TOML or JSON; without it, what the log has seen.",
)
@click.option("--provider", type=PROVIDER, help="This provider only.")
@click.option("--budget", type=RateType(), metavar="RATE", help="Such as 300/min, instead of what is set.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Same seed, same answer."
)
@click.option(
    "--changes",
    type=click.IntRange(10, 1_000_000),
    default=round(CHANGES),
    show_default=True,
    help="How many are played, more or less: more are surer, and take longer.",
)
@click.option(
    "--svg",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="Draw it, too.",
)
@common
@click.pass_obj
def quota(
    session: Session,
    file: Path | None,
    provider: str | None,
    budget: Window | None,
    seed: int,
    changes: int,
    svg: Path | None,
) -> None:
    """Say how late changes are seen under a request budget, half of it, and twice of it.

    A fleet is played through in virtual time: the one that the log has seen, or one that a file describes.
    Beside Ordertrail's own schedule stand asking everybody in turn, and the best fixed cadence by state.
    Times count from a true change to the end of the first look that shows it.

    \b
    ordertrail quota
    ordertrail quota --provider ordinalsbot --budget 600/min
    ordertrail quota --fleet fleet.toml --svg quota.svg
    """
    try:
        fleets = _fleets(session.settings, file, provider, budget)
        found = _played(session, fleets, seed, changes)
    except FleetError as error:
        raise WrongUse(str(error)) from None
    if svg is not None:
        import_module(DRAWING).draw(found, svg)
    if session.json:
        for one in found:
            session.line(one.line(seed))
        return
    table(sys.stdout, COLUMNS, rows(found))
    sys.stdout.write("\n" + "\n".join(bars(found)) + "\n")


def _fleets(
    settings: Settings, file: Path | None, provider: str | None, budget: Window | None
) -> list[Fleet]:
    """Raises FleetError where there is nothing to be played."""
    budgets = _budgets(settings)
    watch_for = settings.judging.watch_for / SECOND
    if file is not None:
        fleets = read_fleets(file, watch_for, budgets)
    elif not log_is_there(settings):
        raise FleetError("there is no log to learn a fleet from: describe one with --fleet FILE")
    else:
        with opened_log(settings, create=False) as log:
            fleets = observed_fleets(log, budgets, watch_for)
    chosen = [fleet for fleet in fleets if provider in (None, fleet.provider)]
    if not chosen:
        raise FleetError(f"nothing is known of {provider}: there is {', '.join(f.provider for f in fleets)}")
    if budget is None:
        return chosen
    if len(chosen) > 1:
        raise FleetError("--budget is one provider's: name it with --provider")
    return [chosen[0].under(per_minute([budget]))]


def _budgets(settings: Settings) -> dict[str, float]:
    """Requests a minute that each provider's windows leave, as they are set."""

    def windows(slug: str) -> list[Window]:
        return settings.provider(slug).windows or [Window.parse(rate) for rate in ADAPTERS[slug].windows]

    return {slug: per_minute(windows(slug)) for slug in ADAPTERS}


def _played(session: Session, fleets: list[Fleet], seed: int, changes: int) -> list[Outlook]:
    columns = (TextColumn("playing {task.description}"), BarColumn(), TimeRemainingColumn())
    found: list[Outlook] = []
    with Progress(
        *columns, console=Console(stderr=True), disable=not session.shows_progress, transient=True
    ) as progress:
        for fleet in fleets:
            task = progress.add_task(fleet.name, total=1.0)
            bound = session.settings.provider(fleet.provider).bound
            found += outlook(fleet, seed, partial(_show, progress, task), changes, bound)
    return found


def _show(progress: Progress, task: TaskID, share: float) -> None:
    progress.update(task, completed=share)
