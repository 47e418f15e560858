"""What is known: orders, their history, the evidence, and what needs a person."""

import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click

from adapters.log import masked
from domain.identity import OrderKey
from domain.instants import Instant
from domain.log import Log
from domain.providers import PROVIDERS
from ordertrail import evidence as kept
from ordertrail import history as told
from ordertrail import order_at, queries, render
from ordertrail.cli.session import Session, common
from ordertrail.cli.trouble import No
from ordertrail.cli.values import ACTOR, BY, ORDER, PHASE, PROVIDER, STATE, TIME, WORDS, WORDS_OR_NONE
from ordertrail.machine import now
from ordertrail.order_at import ToldAt
from ordertrail.project import Projector
from ordertrail.queries import Filters
from ordertrail.telling import told_topic
from ordertrail.wiring import log_is_there, opened, opened_log

Line = Mapping[str, object]
AS_OF = click.option("--as-of", type=TIME, metavar="T", help="What was true at T.")
KNOWN_AT = click.option("--known-at", type=TIME, metavar="T", help="What had been recorded by T.")
TOLD_AT = click.option("--told-at", type=TIME, metavar="T", help="What could be read on Kafka by T.")


@contextmanager
def _log(session: Session) -> Iterator[Log | None]:
    """The log, None if none was made yet."""
    if not log_is_there(session.settings):
        yield None
        return
    with opened_log(session.settings, create=False) as log:
        yield log


@contextmanager
def _models(session: Session) -> Iterator[Log | None]:
    """The log with its read models brought up to date, whether a projector runs or not."""
    with _log(session) as log:
        if log is None:
            session.say(f"no log yet: `ordertrail track` makes it ({masked(session.settings.log)})")
        else:
            Projector(log, say=session.say).catch_up()
        yield log


@click.command()
@click.option("--provider", type=PROVIDER, metavar="P", help=f"One of {', '.join(PROVIDERS)}.")
@click.option("--phase", type=PHASE, metavar="P", help=f"One of {', '.join(PHASE.words)}.")
@click.option("--state", type=STATE, metavar="S", help="A provider's own word.")
@click.option("--attention", is_flag=True, help="Only those that need a person.")
@click.option("--ref", type=WORDS_OR_NONE, metavar="R", help="Your own reference.")
@click.option("--since", type=TIME, metavar="T", help="In their state since T or later.")
@common
@click.pass_obj
def orders(
    session: Session,
    provider: str | None,
    phase: str | None,
    state: str | None,
    attention: bool,
    ref: str | None,
    since: Instant | None,
) -> None:
    """List orders and where they stand now. All filters that are given must hold.

    \b
    ordertrail orders --provider runa --phase processing
    ordertrail orders --attention --json
    """
    filters = Filters(provider=provider, phase=phase, state=state, ref=ref, attention=attention, since=since)
    with _models(session) as log:
        found = queries.orders(log, filters) if log else iter(())
        columns = ["order", "ref", "state", "phase", "since", "last look", "attention"]
        if session.rows(found, columns, _order_cells) == 0:
            session.say("no orders match" if filters.where() or since else "no orders yet")


def _order_cells(line: Line) -> list[object]:
    return [
        line["order"],
        line["ref"],
        "erased" if line.get("erased") else line["state"],
        line["phase"],
        _interval(line["since"]),
        render.short_time(line["last_look"]),
        line["attention"],
    ]


def _interval(since: object) -> str:
    return render.interval(since["not_before"], since["not_after"]) if isinstance(since, dict) else ""


@click.command()
@click.argument("order", type=ORDER)
@AS_OF
@KNOWN_AT
@TOLD_AT
@common
@click.pass_obj
def order(
    session: Session,
    order: OrderKey,
    as_of: Instant | None,
    known_at: Instant | None,
    told_at: Instant | None,
) -> None:
    """Where an order stands, or stood: what was true at one time, as known, or told to others, at another.

    \b
    ordertrail order xmrto/xmrto-VkT2yM --as-of 2026-01-31T12:00:00Z
    """
    with _log(session) as log:
        topic = told_topic(session.settings.topics.prefix)
        line = order_at.order(
            _present(log, order),
            order,
            as_of=as_of,
            known_at=known_at,
            told_at=None if told_at is None else ToldAt(topic, told_at),
            gap=session.settings.judging.coverage_gap,
            now=now(),
        )
    if session.json:
        session.line(line)
        return
    apart = ("details", "coverage", "blind", "exact_to", "since")
    shown = {name: value for name, value in line.items() if name not in apart}
    render.pairs(sys.stdout, {**shown, "since": _interval(line["since"]), "blind": _blind(line)})
    details = line["details"]
    if isinstance(details, dict) and details:
        sys.stdout.write("\n")
        render.pairs(sys.stdout, details)


@click.command()
@click.argument("order", type=ORDER)
@AS_OF
@KNOWN_AT
@common
@click.pass_obj
def history(session: Session, order: OrderKey, as_of: Instant | None, known_at: Instant | None) -> None:
    """An order's events: what was learned, when it happened at the earliest and latest, and how we know.

    \b
    ordertrail history runa/O-01GTR --json
    ordertrail history runa/O-01GTR --known-at 2026-01-31T12:00:00Z
    """
    with _log(session) as log:
        gap = session.settings.judging.coverage_gap
        lines = told.history(_present(log, order), order, as_of=as_of, known_at=known_at, gap=gap)
    columns = ["version", "event", "what", "when", "looks", "evidence", "blind before"]
    if session.rows(lines, columns, _event_cells) == 0:
        session.say(f"{order} has no events that were so by then")


def _event_cells(line: Line) -> list[object]:
    when = render.interval(line["not_before"], line["not_after"])
    evidence = "erased" if line.get("erased") else str(line["evidence"] or "")[:12]
    what = _what(line["data"])
    return [line["version"], line["event"], what, when, line["looks"], evidence, _gaps(line["blind"])]


def _blind(line: Line) -> str:
    """When nothing was answered, as exactly as that is known."""
    return f"{', '.join(_gaps(line['blind'])) or 'never'} (exact to {line['exact_to']} s)"


def _gaps(blind: object) -> list[str]:
    """An empty list for none."""
    return [_gap(one) for one in blind] if isinstance(blind, list) else []


def _gap(one: Line) -> str:
    within = f" for up to {one['longest']} s" if "longest" in one else ""
    return f"{render.short_time(one['from'])} … {render.short_time(one['to'])}{within}"


def _what(data: object) -> str:
    """An event's data in a few words."""
    if not isinstance(data, dict):
        return "can't be read by this version"
    if "target" in data:
        inferred = " (inferred)" if data.get("inferred") else ""
        return f"{data.get('source') or '–'} → {data['target']}{inferred}"
    if "replaces" in data:
        return _correction(data)
    changes = data.get("changes")
    if isinstance(changes, dict):
        return ", ".join(list(changes)[:3]) + (f" and {len(changes) - 3} more" if len(changes) > 3 else "")
    return ", ".join(f"{name} {render.shown(value)}" for name, value in data.items() if value is not None)


def _correction(data: Line) -> str:
    replaces, steps = data["replaces"], data["steps"]
    struck = f"replaces {render.shown(replaces)}" if replaces else ""
    told = [step["target"] for step in steps] if isinstance(steps, list) else []
    states = f"states {' → '.join(told)}" if told else ""
    return "; ".join(filter(None, [struck, states, f"rules {data['from_rules']} → {data['to_rules']}"]))


def _present(log: Log | None, order: OrderKey) -> Log:
    if log is None:
        raise No(f"{order} is unknown: there is no log yet, `ordertrail track {order}` makes it")
    return log


@click.command()
@click.argument("sha256", type=WORDS, metavar="SHA256")
@click.option("--raw", is_flag=True, help="Byte for byte, secrets and all; this goes on record.")
@click.option("--by", type=BY, metavar="ACTOR", help=f"With --raw: an {ACTOR}.")
@common
@click.pass_obj
def evidence(session: Session, sha256: str, raw: bool, by: str | None) -> None:
    """A body as the provider sent it, secrets masked; `history` names the digests.

    A raw body may be worth money: that it was shown is recorded in the order's history.

    \b
    ordertrail evidence 6dcd4ce23d88e2ee9568ba546c007c63d9131c1b3f0a0d1f2a2c2d3e4f5a6b7c
    """
    if by is not None and not raw:
        raise click.UsageError("--by goes with --raw")
    if not log_is_there(session.settings):
        raise No(f"no evidence {sha256[:64]}: there is no log yet")
    with opened(session.settings, create=False) as parts:
        if raw:
            found = kept.raw(parts.log, parts.vault, sha256, orders=parts.recorder, by=by)
        else:
            found = kept.masked(parts.log, parts.vault, sha256, providers=PROVIDERS)
    if session.json:
        session.line(_evidence_line(found))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(found.body if raw else found.body + b"\n")
    sys.stdout.buffer.flush()


def _evidence_line(found: kept.Evidence) -> Line:
    line = {
        "evidence": found.sha256,
        "order": found.order,
        "size": found.size,
        "kept_at": found.kept_at,
        "masked": found.masked,
    }
    try:
        return {**line, "body": found.body.decode()}
    except UnicodeDecodeError:
        return {**line, "body_base64": b64encode(found.body).decode()}


@click.command()
@common
@click.pass_obj
def attention(session: Session) -> None:
    """What needs a person: contradicted, unrecognised, lost and forgotten orders, providers out of reach."""
    with _models(session) as log:
        found = queries.attention(log) if log else iter(())
        if session.rows(found, ["order", "why", "state", "phase", "since"], _attention_cells) == 0:
            session.say("nothing needs attention")


def _attention_cells(line: Line) -> list[object]:
    return [line["order"], line["kinds"], line["state"], line["phase"], _interval(line["since"])]
