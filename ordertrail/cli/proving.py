"""What can be proven: that the log is what was stored, and that what was erased is gone."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.kafka.findings import AuditReport
from adapters.kafka.seals import audit_seals
from adapters.providers import ADAPTERS
from domain.identity import OrderKey
from domain.log import Log
from domain.providers import PROVIDERS
from ordertrail import render
from ordertrail.cli.publishing import away
from ordertrail.cli.session import Session, common
from ordertrail.cli.trouble import Exit, No
from ordertrail.cli.values import ACTOR, BY, ORDER, WORDS
from ordertrail.erasing import Eraser
from ordertrail.machine import now
from ordertrail.verifying.findings import Counts, Finding, Findings, What
from ordertrail.verifying.one_stream import Judging
from ordertrail.verifying.verify import Progress as Told
from ordertrail.verifying.verify import Verification
from ordertrail.wiring import log_is_there, opened

SHOWN = 1000
"""Findings of a table for people; JSON has all of them."""


@click.command()
@click.option("--resume", is_flag=True, help="Go on where the last verification was interrupted.")
@common
@click.pass_obj
def verify(session: Session, resume: bool) -> int:
    """Check that the log is whole and unaltered: every row, every seal, and every answer judged again.

    \b
    Rows       each event, look and registration against the receipt of the commit that stored it
    Seals      each receipt against the Merkle roots in `_log`; with Kafka set, those against the topic
    Streams    each event chained to the one before it, and sound; each body whole, or erased on record;
               what today's rules judged is judged again and must come to the same bytes

    Exit status 1 unless everything agrees.
    """
    if not log_is_there(session.settings):
        raise No("there is no log yet: nothing can be verified")
    with opened(session.settings, create=False) as parts, _progress(session) as progress:
        judging = Judging(parts.vault, PROVIDERS, {slug: each.read for slug, each in ADAPTERS.items()})
        told = _Teller(session)
        verification = Verification(parts.log, judging, tell=told.tell, progress=progress)
        findings, resumed = verification.run(resume=resume)
        if resumed:
            session.say(f"went on from {resumed}")
        elif resume:
            session.say("no verification was interrupted: this was a whole one")
        _compare_published(session, parts.log, findings)
    told.sum_up(findings)
    return Exit.NO if findings.told else Exit.DONE


class _Teller:
    """Findings as they are made."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._shown = 0

    def tell(self, finding: Finding) -> None:
        if self._session.json:
            self._session.line(finding.line)
        elif self._shown < SHOWN:
            click.echo(_words(finding))
        self._shown += 1

    def sum_up(self, findings: Findings) -> None:
        if self._session.json:
            line = {"what": "summary", "agrees": not findings.told, "findings": findings.told}
            self._session.line({**line, **asdict(findings.counts)})
            return
        if self._shown > SHOWN:
            click.echo(f"… and {self._shown - SHOWN} more, all of them with --json")
        click.echo(_summary(findings.told, findings.counts))


def _words(finding: Finding) -> str:
    line = {name: value for name, value in finding.line.items() if name not in ("what", "says")}
    where = ", ".join(f"{name} {render.shown(value)}" for name, value in line.items())
    return render.clean(f"{finding.what}: {finding.says} ({where})")


def _summary(told: int, counts: Counts) -> str:
    found = f"{told} findings" if told else "the log is whole and unaltered"
    parts = [
        f"{counts.events} events of {counts.orders} orders",
        f"{counts.looks} looks with {counts.bodies} bodies",
        f"{counts.rejudged} events judged again",
        f"{counts.no_look} that no answer told",
        f"{counts.older_rules} of older rules" if counts.older_rules else "",
        f"{counts.erased} looks with erased bodies" if counts.erased else "",
        f"{counts.unreadable} of a newer version" if counts.unreadable else "",
        f"{counts.seals} seals, {counts.unsealed} events since the last",
        "" if counts.published_seals is None else f"{counts.published_seals} seals as they were published",
    ]
    return f"{found}: {', '.join(part for part in parts if part)}"


@contextmanager
def _progress(session: Session) -> Iterator[Told]:
    """A bar, on a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not session.shows_progress) as bars:
        tasks = {}

        def told(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(f"checking {what}", total=of)
            bars.update(tasks[what], completed=min(done, of))

        yield told


def _compare_published(session: Session, log: Log, findings: Findings) -> None:
    bootstrap = session.settings.kafka
    if bootstrap is None:
        return
    try:
        report = asyncio.run(audit_seals(bootstrap, log, prefix=session.settings.topics.prefix))
    except (KafkaError, OSError, TimeoutError) as error:
        raise away(bootstrap, error) from None
    findings.counts.published_seals = report.checked
    _add(findings, report)


def _add(findings: Findings, report: AuditReport) -> None:
    for each in report.examples:
        findings.add(What.UNPUBLISHED, each.says, position=each.position)
    findings.told += sum(report.counts.values()) - len(report.examples)


@click.command()
@click.argument("order", type=ORDER)
@click.option(
    "--reason", required=True, type=WORDS, metavar="R", help="Why; it is kept in the order's history."
)
@click.option("--by", required=True, type=BY, metavar="ACTOR", help=f"An {ACTOR}.")
@common
@click.pass_obj
def erase(session: Session, order: OrderKey, reason: str, by: str) -> None:
    """Destroy the kept answers of an order and the key that opens them. Nothing brings them back.

    Events, looks and digests stay, and say that it was done. Backups are not reached.

    \b
    ordertrail erase runa/O-01GTR --reason "asked for by the customer" --by u-17
    """
    if not log_is_there(session.settings):
        raise No(f"{order} is unknown: there is no log yet")
    with opened(session.settings, create=False) as parts:
        eraser = Eraser(parts.recorder, parts.vault, now=now, worker=session.settings.worker)
        done = eraser.erase(order, PROVIDERS[order.provider], reason=reason, by=by)
    if session.json:
        session.line({"order": str(order), "erased": done.bodies is not None, "count": done.bodies or 0})
    elif done.bodies is None:
        click.echo(f"{order} was erased before, and nothing was kept since")
    else:
        click.echo(f"{order} is erased: {done.bodies} kept answers and their key are destroyed")
    if not done.scrubbed:
        session.say("readers are in the way: the bytes leave the database's files at its next checkpoint")
    if done.watched:
        session.say(f"it is still watched, and new answers will be kept: `ordertrail stop {order}` ends that")
