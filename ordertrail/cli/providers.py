"""What the running workers say of the providers: health, budget, freshness, dwell times, drift."""

import sys

import click

from domain.providers import PROVIDERS
from ordertrail import render
from ordertrail.cli.session import Session, common
from ordertrail.machine import now
from ordertrail.reports import Freshness, Health, ProviderRow, WindowUse, provider_row
from ordertrail.scheduling.steering import CHEAPEST
from ordertrail.wiring import log_is_there, opened_log

SHORT = 90
LONG = 2 * 3600
YEAR = 365 * 86400
ENOUGH = 0.8
"""Of a budget of which a smaller share is used there is enough."""


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
    told = {"provider": row.provider, "health": row.health, "says": said(row)}
    render.pairs(sys.stdout, {**told, **({} if row.health is Health.UNWATCHED else _figures(row))})
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


def _figures(row: ProviderRow) -> dict[str, str]:
    """What running workers count and measure; what nobody knows yet is left out."""
    queue, fresh = row.queue, row.freshness
    found = {"queue": f"{queue.due} due, {queue.new} never looked at, {queue.asked} asked about"}
    if fresh.oldest_look is not None:
        found["oldest look"] = f"{_span(fresh.oldest_look)} ago"
    if row.windows:
        found["budget"] = ", ".join([*_used(row), *map(_left, row.windows)])
    if fresh.price is not None:
        found["a request"] = f"is worth {_worth(row, fresh.price)}"
    return found


def _worth(row: ProviderRow, price: float) -> str:
    if _cheapest(row):
        return "nothing"
    return "more than a year of lateness" if price > YEAR else f"{_span(price)} of weighted lateness"


def _used(row: ProviderRow) -> list[str]:
    return [] if row.used is None else [f"{row.used * 100:.0f} % used"]


def _left(window: WindowUse) -> str:
    return f"{window.left} of {window.allowed} left in {_span(window.seconds)}"


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
            f"{_more(row, fresh.lateness)}."
        )
    if row.refused:
        told.append(f"{row.refused} requests were refused for being too many.")
    if row.health is not Health.AWAY:
        told += _promises(fresh)
    else:
        told.append(f"It has failed {row.failures_in_a_row} times in a row and is tried at longer intervals.")
    if row.blind:
        last = row.blind[-1]
        told.append(f"We were blind last from {last.since} to {last.until}.")
    return told


def _more(row: ProviderRow, lateness: float) -> str:
    """What a larger budget would change; where it is not the budget that limits, next to nothing."""
    if row.used is not None and row.used < ENOUGH:
        return f"more would change little, since only {row.used * 100:.0f} % of it is used"
    if _cheapest(row):
        return "more would change little, since every order is looked at as often as it may be"
    return f"twice the budget would make it about {_span(lateness / 2)}"


def _cheapest(row: ProviderRow) -> bool:
    return row.freshness.price is not None and row.freshness.price < 2 * CHEAPEST


def _promises(fresh: Freshness) -> list[str]:
    """One for all orders, where those that are over have no longer one of their own."""
    open_ = _promise("open order", fresh.promised, fresh.effective)
    over = _promise("order that is over", fresh.watching_promised, fresh.watching_effective)
    if (fresh.promised, fresh.effective) == (fresh.watching_promised, fresh.watching_effective):
        return _promise("order", fresh.promised, fresh.effective)
    return [*open_, *over]


def _promise(which: str, promised: float | None, effective: float | None) -> list[str]:
    if promised is None or effective is None:
        return []
    if effective > promised:
        return [
            f"No {which} should wait longer than {_span(promised)} for a look, but for so many orders the "
            f"budget allows only every {_span(effective)}."
        ]
    return [f"No {which} waits longer than {_span(promised)} for a look."]


def _span(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < SHORT:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < LONG else f"{seconds / 3600:.0f} h"
