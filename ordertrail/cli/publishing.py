"""The topics: made, checked, started over, compared with the log."""

import asyncio
import sys
from collections.abc import Coroutine, Mapping
from typing import TypeVar

import click
from aiokafka.errors import KafkaError
from rich.console import Console

from adapters.kafka import topics as kafka_topics
from adapters.kafka.findings import AuditReport
from adapters.kafka.republish import REPUBLISHED
from adapters.kafka.topics import Name, TopicMismatch, TopicState
from ordertrail.auditing import audit as compared
from ordertrail.cli.session import Session, common
from ordertrail.cli.trouble import Exit, No, Unreachable, WrongUse
from ordertrail.cli.values import WordType
from ordertrail.kafka_words import words
from ordertrail.render import table
from ordertrail.republishing import start_over
from ordertrail.settings import Settings
from ordertrail.wiring import log_is_there, opened_log

CONNECT_SECONDS = 15.0

T = TypeVar("T")


@click.command()
@click.option(
    "--republish",
    type=WordType("topic", [name.value for name in REPUBLISHED]),
    metavar="TOPIC",
    help=f"Publish TOPIC ({', '.join(REPUBLISHED)}) again; it must be empty.",
)
@common
@click.pass_obj
def topics(session: Session, republish: str | None) -> int:
    """Make the topics that are missing, check the others, and print them all.

    After a topic was deleted and made anew, its records are published again on purpose; with events, also the
    rows of orders and attention if those topics are empty:

    \b
    ordertrail topics --republish events
    """
    settings, bootstrap = session.settings, broker(session.settings)
    mismatch = ""
    try:
        _bounded(_ensured(settings, bootstrap), bootstrap)
    except TopicMismatch as error:
        mismatch = str(error)
    _show(session, _bounded(_described(settings, bootstrap), bootstrap))
    if mismatch:
        raise No(mismatch)
    if republish is not None:
        _republish(session, bootstrap, Name(republish))
    return Exit.DONE


def broker(settings: Settings) -> str:
    if settings.kafka is None:
        raise WrongUse("no Kafka is set: give its address as ORDERTRAIL_KAFKA=host:port or kafka in the file")
    return settings.kafka


async def _ensured(settings: Settings, bootstrap: str) -> None:
    await kafka_topics.ensure(
        bootstrap, prefix=settings.topics.prefix, replication=settings.topics.replication
    )


async def _described(settings: Settings, bootstrap: str) -> list[TopicState]:
    return await kafka_topics.describe(
        bootstrap, prefix=settings.topics.prefix, replication=settings.topics.replication
    )


def _bounded(work: Coroutine[object, object, T], bootstrap: str) -> T:
    """The result, or Unreachable for whatever a broker that is away makes a client raise."""
    try:
        return asyncio.run(asyncio.wait_for(work, CONNECT_SECONDS * 2))
    except (KafkaError, OSError, TimeoutError) as error:
        raise away(bootstrap, error) from None


def away(bootstrap: str, error: Exception) -> Unreachable:
    return Unreachable(f"Kafka at {bootstrap}: {words(error)}; start it, or set kafka right")


def _show(session: Session, states: list[TopicState]) -> None:
    if session.json:
        for state in states:
            session.line(_line(state))
        return
    rows = [
        [
            state.full_name,
            state.partitions,
            state.topic.key,
            state.topic.holds,
            "; ".join(state.differences) or "ok",
        ]
        for state in states
    ]
    table(sys.stdout, ["topic", "partitions", "key", "holds", "state"], rows)


def _line(state: TopicState) -> dict[str, object]:
    return {
        "topic": state.full_name,
        "partitions": state.partitions,
        "key": state.topic.key,
        "holds": state.topic.holds,
        "settings": dict(state.settings),
        "differences": list(state.differences),
    }


def _republish(session: Session, bootstrap: str, topic: Name) -> None:
    settings = session.settings
    with opened_log(settings, create=False) as log:
        queued = start_over(log, bootstrap, topic, prefix=settings.topics.prefix)
    session.say(_begun(topic, queued))


def _begun(topic: Name, queued: Mapping[Name, int]) -> str:
    if topic is Name.PROVIDERS:
        return "the next reports of `ordertrail run poll` fill providers again"
    if queued == {Name.REPLIES: 0}:
        return "no reply of the last seven days is in the log: replies begins anew without any"
    rows = [f"{count} rows of {name}" for name, count in queued.items()]
    what = " and ".join(["events from the first one on", *rows] if topic is Name.EVENTS else rows)
    return f"{what} will be published by `ordertrail run publish`"


@click.command()
@click.option("--full", is_flag=True, help="From the first event on, and with read models folded anew.")
@common
@click.pass_obj
def audit(session: Session, full: bool) -> int:
    """Read the topics back and compare them with the log: missing, doubled, reordered, altered, foreign.

    Events are compared from where the last audit that found nothing ended, with --full from the first on.
    Exit status 1 unless they agree. What is still on its way is pending and no disagreement.
    """
    settings, bootstrap = session.settings, broker(session.settings)
    if not log_is_there(settings):
        raise No("there is no log yet: nothing can be compared")
    states = _bounded(_described(settings, bootstrap), bootstrap)
    if missing := [state.full_name for state in states if state.partitions is None]:
        raise No(f"missing on {bootstrap}: {', '.join(missing)}; `ordertrail topics` makes topics")
    with opened_log(settings, create=False) as log, Console(stderr=True).status("reading the topics back"):
        try:
            report = asyncio.run(compared(bootstrap, log, prefix=settings.topics.prefix, full=full))
        except (KafkaError, OSError, TimeoutError) as error:
            raise away(bootstrap, error) from None
    _told(session, report)
    return Exit.DONE if report.clean else Exit.NO


def report_line(report: AuditReport) -> dict[str, object]:
    return {
        "clean": report.clean,
        "checked": report.checked,
        "pending": report.pending,
        **{kind.value: count for kind, count in report.counts.items()},
        "examples": [
            {
                "kind": each.kind.value,
                "topic": each.topic,
                "order": each.order,
                "position": each.position,
                "says": each.says,
            }
            for each in report.examples
        ],
    }


def summary(report: AuditReport) -> str:
    """What an audit found, in a sentence."""
    waiting = f", {report.pending} on their way" if report.pending else ""
    if report.clean:
        return f"log and topics agree: {report.checked} records compared{waiting}"
    found = ", ".join(f"{count} {kind}" for kind, count in report.counts.items() if count)
    return f"log and topics do not agree: {found}; {report.checked} records compared{waiting}"


def _told(session: Session, report: AuditReport) -> None:
    if session.json:
        session.line(report_line(report))
        return
    click.echo(summary(report))
    rows = [[each.kind, each.topic, each.order, each.position, each.says] for each in report.examples]
    if rows:
        table(sys.stdout, ["found", "topic", "order", "position", "what"], rows)
