"""Telling the log's events again."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import click
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from adapters.kafka.replayed import SinkRefused, refuse_ours
from domain.identity import OrderKey
from domain.log import Log
from domain.rows import Row
from ordertrail.cli.publishing import broker
from ordertrail.cli.session import Session, common
from ordertrail.cli.trouble import Exit, No, Unreachable, WrongUse
from ordertrail.cli.values import ORDER, TIME
from ordertrail.cloudevents import UnreadableEvent
from ordertrail.replay import Bound, EmptySpan, Moment, NoSuchPosition, Span, pages, span_of
from ordertrail.sinks import FileRefused, Told, new_file, to_stream, to_topic
from ordertrail.wiring import log_is_there, opened_log

STDOUT = "stdout"
TOPIC = "kafka:"
LARGEST = 2**63 - 1


class BoundType(click.ParamType[Bound]):
    """A position, or a time as RFC 3339."""

    name = "bound"

    def convert(
        self, value: object, parameter: click.Parameter | None, context: click.Context | None
    ) -> Bound:
        if isinstance(value, int | Moment):
            return value
        written = str(value)
        if written.isascii() and written.isdigit():
            return min(int(written[:20]), LARGEST)
        if written[:1] in "+-" or not written[:4].isdigit():
            self.fail(f"{written!r} is neither a position nor an RFC 3339 time", parameter, context)
        return Moment(TIME.convert(written, parameter, context))


BOUND = BoundType()


@dataclass
class Tally:
    """What has been told so far; `last` is a position."""

    count: int = 0
    first: int = 0
    last: int = 0

    def add(self, page: Sequence[Row]) -> None:
        if page:
            self.first = self.first or page[0].position
            self.last = page[-1].position
            self.count += len(page)


@click.command()
@click.argument("orders", type=ORDER, nargs=-1, metavar="[ORDER]...")
@click.option("--from", "begin", type=BOUND, metavar="P|T", help="From this position or time on.")
@click.option("--to", "end", type=BOUND, metavar="P|T", help="Up to and with this position or time.")
@click.option(
    "--sink",
    default=STDOUT,
    metavar="SINK",
    help="stdout, the name of a file, or kafka:TOPIC; default stdout.",
)
@click.option("--force", is_flag=True, help="Overwrite the file.")
@common
@click.pass_obj
def replay(
    session: Session,
    orders: tuple[OrderKey, ...],
    begin: Bound | None,
    end: Bound | None,
    sink: str,
    force: bool,
) -> None:
    """Tell the log's events again: all, some orders', or a span of positions or times.

    Each event is a CloudEvent on a line of its own and says that it is a replay. Both ends of a span belong
    to it; times are those of recording. The same log gives the same lines, byte for byte. A topic must be
    there and none of Ordertrail's own; its records then carry the header ce_replay "true".

    \b
    ordertrail replay runa/O-01GTR
    ordertrail replay --from 2026-01-31T00:00:00Z --to 2026-01-31T23:59:59Z --sink january.jsonl
    ordertrail replay --from 1200 --sink kafka:replayed-events
    """
    _refuse_sink(session, sink, force)
    tally = Tally()
    if not log_is_there(session.settings):
        _explain_absence(orders, begin, end)
    else:
        with opened_log(session.settings, create=False) as log:
            _replay(session, log, orders, _span(log, begin, end), sink, force, tally)
    _tell(session, sink, tally)


def _refuse_sink(session: Session, sink: str, force: bool) -> None:
    """Before anything is read: whatever can be seen to be wrong with the sink."""
    topic = sink.removeprefix(TOPIC) if sink.startswith(TOPIC) else None
    if not sink or topic == "":
        raise WrongUse(f"the sink {sink!r} has no name: use stdout, FILE or kafka:TOPIC")
    if force and (topic or sink == STDOUT):
        raise click.UsageError("--force goes with a file")
    if topic is not None:
        broker(session.settings)
        try:
            refuse_ours(topic, session.settings.topics.prefix)
        except SinkRefused as error:
            raise WrongUse(str(error)) from None


def _explain_absence(orders: Sequence[OrderKey], begin: Bound | None, end: Bound | None) -> None:
    if orders:
        raise No(f"{orders[0]} is unknown: there is no log yet, `ordertrail track {orders[0]}` makes it")
    _span_of(0, begin, end)


def _span(log: Log, begin: Bound | None, end: Bound | None) -> Span:
    return _span_of(log.tail(), begin, end)


def _span_of(tail: int, begin: Bound | None, end: Bound | None) -> Span:
    try:
        return span_of(tail, begin, end)
    except NoSuchPosition as error:
        raise No(str(error)) from None
    except EmptySpan as error:
        raise WrongUse(str(error)) from None


def _replay(
    session: Session,
    log: Log,
    orders: Sequence[OrderKey],
    span: Span,
    sink: str,
    force: bool,
    tally: Tally,
) -> None:
    try:
        with _bar(session, sink, span) as bar:

            def told(page: Sequence[Row]) -> None:
                tally.add(page)
                bar.update(bar.task_ids[0], completed=tally.last - span.first + 1, events=tally.count)

            _write(session, log, pages(log, span, orders), sink, force, told)
    except BrokenPipeError:
        _hush()
    except FileRefused as error:
        raise WrongUse(str(error)) from None
    except (UnreadableEvent, SinkRefused) as error:
        raise No(str(error)) from None
    except (KafkaError, TimeoutError, ConnectionError) as error:
        raise Unreachable(_cut_short(session, error, tally)) from None


def _hush() -> NoReturn:
    """Whoever read the lines has had enough, which is no failure; nor shall the flush at exit complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise click.exceptions.Exit(Exit.DONE)


def _write(
    session: Session, log: Log, found: Iterator[list[Row]], sink: str, force: bool, told: Told
) -> None:
    if sink == STDOUT:
        sys.stdout.flush()
        to_stream(sys.stdout.buffer, log.id, found, told)
    elif sink.startswith(TOPIC):
        to_topic(broker(session.settings), sink.removeprefix(TOPIC), log.id, found, told)
    else:
        with new_file(Path(sink), overwrite=force) as file:
            to_stream(file, log.id, found, told)


def _bar(session: Session, sink: str, span: Span) -> Progress:
    """On stderr, where a person watches and the lines themselves go elsewhere."""
    crossed = sink == STDOUT and sys.stdout.isatty()
    bar = Progress(
        TextColumn("replaying"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[events]} events"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not session.shows_progress or crossed,
    )
    bar.add_task("replay", total=max(span.last - span.first + 1, 0), events=0)
    return bar


def _cut_short(session: Session, error: Exception, tally: Tally) -> str:
    why = str(error) or type(error).__name__
    on = (
        f"; it has the events up to position {tally.last}: go on with --from {tally.last + 1}"
        if tally.count
        else ""
    )
    return f"Kafka at {session.settings.kafka} does not answer or refused: {why}{on}"


def _tell(session: Session, sink: str, tally: Tally) -> None:
    span = f", positions {tally.first} to {tally.last}" if tally.count else ""
    if session.json and sink != STDOUT:
        session.line(
            {"events": tally.count, "first": tally.first or None, "last": tally.last or None, "sink": sink}
        )
    else:
        session.say(f"{tally.count} events replayed{span}")
