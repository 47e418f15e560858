"""What the running workers say of the providers: health, budget, freshness, dwell times, drift."""

import sys

import click

from domain.providers import PROVIDERS
from ordertrail import render
from ordertrail.cli.session import Session, common
from ordertrail.machine import now
from ordertrail.reports import Health, ProviderRow, provider_row
from ordertrail.wiring import log_is_there, opened_log

SHORT = 90
LONG = 2 * 3600


@click.command()
@common
@click.pass_obj
def providers(session: Session) -> None:
    """Does each provider answer, how fresh is what we know, how long states last, what is new.

    \b
    ordertrail providers --json
    """
    if not log_is_there(session.settings):
        session.say("there is no log yet: nothing is known of any provider")
        return
    with opened_log(session.settings, create=False) as log:
        rows = [provider_row(log, entry, now()) for entry in PROVIDERS.values()]
    for row in rows:
        if session.json:
            session.line(row)
        else:
            _show(row)


def _show(row: ProviderRow) -> None:
    render.pairs(sys.stdout, {"provider": row.provider, "health": row.health, "says": said(row)})
    states = [each for each in row.dwell if each.seen]
    if states:
        cells = [
            [each.state, each.seen, *map(_span, (each.p50, each.p90, each.p99, each.bound)), each.basis]
            for each in states
        ]
        columns = ["state", "orders that left", "half by", "90 % by", "99 % by", "overdue after", "basis"]
        render.table(sys.stdout, columns, cells)
    if row.drift:
        news = [[one.what, one.path, one.seen, one.times, one.first_at, one.look] for one in row.drift]
        render.table(sys.stdout, ["new", "where", "what", "times", "first seen", "look"], news)
    sys.stdout.write("\n")


def said(row: ProviderRow) -> str:
    """What the figures mean, in words."""
    return " ".join(_sentences(row))


def _sentences(row: ProviderRow) -> list[str]:
    if row.health is Health.UNWATCHED:
        return ["No worker is running."]
    told = [f"{row.queue.orders} orders are watched."]
    fresh = row.freshness
    if row.queue.orders and fresh.lateness is not None:
        told.append(
            f"At this budget a change at {row.provider} is seen after {_span(fresh.lateness)} on average; "
            f"twice the budget would make it about {_span(fresh.lateness / 2)}."
        )
    if fresh.promised is not None and fresh.effective is not None:
        told.append(_promise(fresh.promised, fresh.effective))
    if row.refused:
        told.append(f"{row.refused} requests were refused for being too many.")
    if row.health is Health.AWAY:
        told.append(f"It has failed {row.failures_in_a_row} times in a row and is tried at longer intervals.")
    if row.blind:
        last = row.blind[-1]
        told.append(f"We were blind last from {last.since} to {last.until}.")
    return told


def _promise(promised: float, effective: float) -> str:
    if effective > promised:
        return (
            f"No order should wait longer than {_span(promised)} for a look, but for so many orders the "
            f"budget allows only every {_span(effective)}."
        )
    return f"No order waits longer than {_span(promised)} for a look."


def _span(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < SHORT:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < LONG else f"{seconds / 3600:.0f} h"
