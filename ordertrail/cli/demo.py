"""All of it on one machine."""

import asyncio
import logging
import sys
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console
from rich.live import Live

from ordertrail.cli.publishing import report_line, summary
from ordertrail.cli.session import Session, common, log_to_stderr
from ordertrail.cli.trouble import Exit
from ordertrail.demo.course import ORDERS, SEED, Demo, Summary, Wish
from ordertrail.demo.view import JsonView, LiveView, PlainView, View
from ordertrail.demo.world import Place
from ordertrail.stopping import stop_on_signals

DIRECTORY = Path(".ordertrail") / "demo"
LOGGER = logging.getLogger("ordertrail")


@click.command()
@click.option("--orders", type=click.IntRange(1, 10_000), help=f"How many in all; {ORDERS} by default.")
@click.option("--seed", type=int, help=f"Same seed, same orders; {SEED} by default.")
@click.option(
    "--seconds",
    type=click.FloatRange(1, 86_400),
    default=60.0,
    show_default=True,
    help="End after that long.",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    default=DIRECTORY,
    show_default=True,
    metavar="DIR",
    help="Where its log and its broker's data are kept.",
)
@click.option("--fresh", is_flag=True, help="Forget what is kept there and start over.")
@click.option("--no-kafka", is_flag=True, help="Don't publish.")
@common
@click.pass_obj
def demo(
    session: Session,
    orders: int | None,
    seed: int | None,
    seconds: float,
    keep: Path,
    fresh: bool,
    no_kafka: bool,
) -> int:
    """Show all of it on one machine: simulated providers, poll, project, publish.

    Places orders at four simulated providers that spoil some answers on purpose, records what they tell, and
    publishes it to a broker that is started for it (or the one in ORDERTRAIL_KAFKA). It ends when every order
    is final, and then compares log and topics. Started again it goes on with the log that is there, whatever
    ended it.

    \b
    ordertrail demo
    ordertrail demo --orders 40 --seconds 120 --fresh
    """
    log_to_stderr(min(session.verbosity - 1, 1))
    place = Place(keep)
    wish = Wish(place, seed, orders, seconds, fresh, not no_kafka, session.settings.kafka)
    with place.taken():
        done = asyncio.run(_run(session, wish))
    _told(session, done, place)
    return Exit.NO if done.report is not None and not done.report.clean else Exit.DONE


async def _run(session: Session, wish: Wish) -> Summary:
    with stop_on_signals() as stop, ExitStack() as stack:
        return await Demo(wish, _view(session, stack), LOGGER).run(stop)


def _view(session: Session, stack: ExitStack) -> View:
    if session.json:
        return JsonView(Console(stderr=True), session.line)
    console = Console()
    if not sys.stdout.isatty():
        return PlainView(console)
    live = stack.enter_context(Live(console=console, auto_refresh=False, vertical_overflow="crop"))
    return LiveView(console, live)


def _told(session: Session, done: Summary, place: Place) -> None:
    if session.json:
        session.line(
            {
                "orders": done.orders,
                "final": done.final,
                "looks": done.looks,
                "events": done.events,
                "records": done.report.checked if done.report else 0,
                "audit": report_line(done.report) if done.report else None,
            }
        )
        return
    still = f", {done.orders - done.final} still open" if done.final < done.orders else ", all final"
    records = f", {done.report.checked} records on Kafka" if done.report else ""
    click.echo(f"\n{done.orders} orders{still}; {done.looks} looks, {done.events} events{records}")
    click.echo(summary(done.report) if done.report else "nothing was compared with topics")
    click.echo(f"ask its log: ORDERTRAIL_LOG=sqlite:///{place.log} ordertrail orders")
