"""The truth test, for people and for CI."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from random import SystemRandom

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from adapters.log import open_log
from ordertrail.cli.session import Session, common
from ordertrail.cli.trouble import Exit
from ordertrail.rehearsal.outcome import Outcome
from ordertrail.rehearsal.rehearse import LOG_ID, Say, in_memory, in_one_log, in_processes
from ordertrail.rehearsal.scenario import FAULTS, Scenario
from ordertrail.rehearsal.virtual import EPOCH
from simulators import PROVIDERS


class NamesType(click.ParamType[tuple[str, ...]]):
    """`all`, `none`, or some of the names, with commas between them."""

    def __init__(self, name: str, names: Collection[str]) -> None:
        self.name = name
        self._names = tuple(names)

    def convert(
        self, value: object, parameter: click.Parameter | None, context: click.Context | None
    ) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        if value in ("all", "none"):
            return self._names if value == "all" else ()
        wanted = [word.strip() for word in str(value).split(",")]
        for word in wanted:
            if word not in self._names:
                self.fail(f"unknown {word!r}; there are all, none, {', '.join(self._names)}")
        return tuple(dict.fromkeys(wanted))


@click.command()
@click.option("--seed", type=int, help="Same seed, same events byte for byte; any by default.")
@click.option("--orders", type=click.IntRange(1, 100_000), default=100, show_default=True)
@click.option("--days", type=click.FloatRange(0.1, 366), default=30.0, show_default=True)
@click.option(
    "--faults",
    type=NamesType("faults", FAULTS),
    default="all",
    show_default=True,
    metavar="all|none|LIST",
    help=f"Of {', '.join(FAULTS)}.",
)
@click.option(
    "--providers",
    type=NamesType("providers", PROVIDERS),
    default="all",
    show_default=True,
    metavar="all|LIST",
    help=f"Of {', '.join(PROVIDERS)}.",
)
@click.option(
    "--allowance",
    type=click.IntRange(0, 86_400),
    default=0,
    show_default=True,
    metavar="SECONDS",
    help="By how much we grant answers to be old without saying so.",
)
@click.option("--log", "url", metavar="URL", help="A log to keep it in, which must be new; else in memory.")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help="Providers played at the same time; as many as there are cores by default, one with --log.",
)
@common
@click.pass_obj
def rehearse(
    session: Session,
    seed: int | None,
    orders: int,
    days: float,
    faults: tuple[str, ...],
    providers: tuple[str, ...],
    allowance: int,
    url: str | None,
    processes: int | None,
) -> int:
    """Watch simulated orders through virtual time and compare the log with the truth.

    The poller, the log and the read models are the real ones; the providers are in the same process, and what
    goes wrong with them and with us is drawn from the seed. Exit status 1: the record is not as it should be.

    \b
    ordertrail rehearse --orders 100 --days 3
    ordertrail rehearse --seed 7 --faults cut_off,killed --json
    """
    seed = SystemRandom().getrandbits(32) if seed is None else seed
    scenario = Scenario(seed, orders, days, faults, providers or tuple(PROVIDERS), allowance)
    if url is not None and processes not in (None, 1):
        raise click.UsageError("parts that share a log are played one after another: leave --processes out")
    cores = min(len(os.sched_getaffinity(0)), len(scenario.providers))
    with _progress(session, seed) as say:
        outcome = _played(scenario, url, processes or cores, say)
    for words in outcome.score.problems:
        session.say(words)
    _tell(session, outcome.told())
    return Exit.DONE if outcome.holds else Exit.NO


def _played(scenario: Scenario, url: str | None, processes: int, say: Say) -> Outcome:
    if url is None:
        return in_processes(scenario, processes, say=say) if processes > 1 else in_memory(scenario, say=say)
    log = open_log(url, now=EPOCH, new_id=LOG_ID)
    try:
        if log.tail():
            raise click.UsageError(f"{url} holds events already: a rehearsal needs a new log")
        return in_one_log(scenario, log, say=say)
    finally:
        log.close()


@contextmanager
def _progress(session: Session, seed: int) -> Iterator[Say]:
    columns = (TextColumn("rehearsing seed"), TextColumn(str(seed)), BarColumn())
    with Progress(
        *columns,
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not session.shows_progress,
        transient=True,
    ) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda share: progress.update(task, completed=share)


def _tell(session: Session, told: dict[str, object]) -> None:
    if session.json:
        session.line(told)
        return
    for name, value in told.items():
        click.echo(f"{name.ljust(18)} {_words(value)}")


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
