"""What is watched: begin, stop, look now, and bring in polls that others made."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from random import Random
from typing import IO, BinaryIO

import click
from rich.console import Console

from domain.identity import OrderKey
from domain.instants import Instant, text
from domain.order import Tracking
from domain.rows import NewRequest
from ordertrail.acts import Tracked
from ordertrail.captured import Reader
from ordertrail.cli.session import Session, common
from ordertrail.cli.trouble import Exit, No
from ordertrail.cli.values import ACTOR, BY, NORMALISE, ORDER, REASON, TIME, WORDS_OR_NONE
from ordertrail.following import REFRESH
from ordertrail.importing import Import, Imported
from ordertrail.machine import now
from ordertrail.order_list import BadLine, Wish, read_wishes, terms
from ordertrail.sealing import Sealer
from ordertrail.wiring import Parts, environments, log_is_there, opened

BATCH = 200
LINES = click.File("r", encoding="utf-8", errors="replace")


@click.command()
@click.argument("orders", nargs=-1, type=ORDER, metavar="[ORDER]...")
@click.option("--file", "lines", type=LINES, metavar="F", help="One ORDER a line, or JSON lines; - is stdin.")
@click.option("--ref", type=WORDS_OR_NONE, metavar="R", help="Your own reference, to find it by.")
@click.option(
    "--priority", type=click.IntRange(0, 9), metavar="0-9", help="9 is looked at first; 5 by default."
)
@click.option("--deadline", type=TIME, metavar="T", help="RFC 3339: from then on waiting is of no use.")
@click.option("--tenant", type=WORDS_OR_NONE, metavar="N", help="Whom it belongs to.")
@common
@click.pass_obj
def track(
    session: Session,
    orders: tuple[OrderKey, ...],
    lines: IO[str] | None,
    ref: str | None,
    priority: int | None,
    deadline: Instant | None,
    tenant: str | None,
) -> int:
    """Begin to watch orders, or watch them differently. An ORDER is PROVIDER/ORDER_ID.

    What is not given stays as it was. A JSON line has the keys order, ref, priority, deadline, tenant. Bad
    lines are reported with their number, the rest is tracked, and the exit status is 1.

    \b
    ordertrail track xmrto/xmrto-VkT2yM --ref invoice-17
    ordertrail track --file orders.txt --priority 7
    """
    if not orders and lines is None:
        raise click.UsageError("nothing to track: name an ORDER or a --file")
    said = Wish(OrderKey("", ""), ref, priority, None if deadline is None else text(deadline), tenant)
    wishes = read_wishes([*map(str, orders)], said)
    bad = 0
    with opened(session.settings, create=True) as parts:
        hosts = environments(session.settings)
        batch: list[Wish] = []
        for wish in _all(wishes, lines, said):
            if isinstance(wish, BadLine):
                bad += 1
                session.refuse(wish.number, wish.why)
                continue
            if len(batch) == BATCH or any(wish.key == other.key for other in batch):
                _track(session, parts, batch, hosts)
                batch.clear()
            batch.append(wish)
        _track(session, parts, batch, hosts)
    return Exit.NO if bad else Exit.DONE


def _all(wishes: Iterator[Wish | BadLine], lines: IO[str] | None, said: Wish) -> Iterator[Wish | BadLine]:
    yield from wishes
    if lines is not None:
        yield from read_wishes(lines, said)


def _track(session: Session, parts: Parts, wishes: Sequence[Wish], hosts: Mapping[str, str]) -> None:
    wanted = [(wish.key, _wanted(parts, wish, hosts[wish.key.provider])) for wish in wishes]
    for tracked in parts.recorder.track(wanted):
        _told(session, tracked)


def _wanted(parts: Parts, wish: Wish, host: str) -> Tracking:
    known = parts.recorder.known(wish.key)
    return terms(wish, known.order.tracking if known else None, host)


def _told(session: Session, tracked: Tracked) -> None:
    if session.json:
        session.line({"order": str(tracked.key), "new": tracked.new, "changed": tracked.changed})
        return
    said = "tracked" if tracked.new else "tracked anew" if tracked.changed else "tracked already"
    click.echo(f"{tracked.key} {said}")


@contextmanager
def known_order(session: Session, order: OrderKey) -> Iterator[Parts]:
    """The parts, if the log has the order; raises No if not."""
    unknown = No(f"{order} is unknown to this log: `ordertrail track {order}` begins to watch it")
    if not log_is_there(session.settings):
        raise unknown
    with opened(session.settings, create=False) as parts:
        if parts.log.registered(*order) is None:
            raise unknown
        yield parts


@click.command(name="import")
@click.argument("file", type=click.File("rb"), metavar="FILE.jsonl")
@common
@click.pass_obj
def import_polls(session: Session, file: BinaryIO) -> int:
    """Turn captured polls into history, as if Ordertrail had made them. - is stdin.

    One JSON object a line: provider, order_id, asked_at, answered_at, http_status, content_type, and body,
    body_base64 or error; the lines of one order in time order. Unknown orders are tracked. Looks no later
    than an order's last are skipped, so importing a file twice adds nothing. Bad lines are reported with
    their number, the rest goes on, and the exit status is 1.
    """
    settings = session.settings
    reader = Reader(NORMALISE, Random(), settings.body_limit, settings.worker, now)
    with opened(settings, create=True) as parts, progress(session) as advance:
        done = Import(parts.recorder, reader, session.refuse, advance).run(file)
        Sealer(parts.log, now=now, worker=settings.worker, say=session.say).finish()
    if session.json:
        session.line(asdict(done))
    else:
        click.echo(
            f"{done.lines} lines: {done.looks} looks, {done.events} events, "
            f"{done.skipped} skipped, {done.refused} refused"
        )
    return Exit.NO if done.refused else Exit.DONE


@contextmanager
def progress(session: Session) -> Iterator[Callable[[Imported], None]]:
    """Shows how far an import is, on a terminal."""
    if not session.shows_progress:
        yield lambda done: None
        return
    with Console(stderr=True).status("importing") as status:
        yield lambda done: status.update(f"importing: {done.lines} lines, {done.events} events")


@click.command()
@click.argument("order", type=ORDER)
@click.option(
    "--reason", required=True, type=REASON, metavar="R", help="Why; it is kept in the order's history."
)
@click.option("--by", type=BY, metavar="ACTOR", help=f"An {ACTOR}.")
@common
@click.pass_obj
def stop(session: Session, order: OrderKey, reason: str, by: str | None) -> None:
    """Stop watching an order. Its history stays; `track` goes on with it.

    \b
    ordertrail stop runa/O-01GTR --reason "settled by hand" --by u-17
    """
    with known_order(session, order) as parts:
        stopped = parts.recorder.stop(order, reason, by=by)
    if session.json:
        session.line({"order": str(order), "stopped": stopped})
    else:
        click.echo(f"{order} {'is no longer watched' if stopped else 'was not watched'}")


@click.command()
@click.argument("order", type=ORDER)
@common
@click.pass_obj
def refresh(session: Session, order: OrderKey) -> None:
    """Have a running worker look at an order now, whatever its schedule says."""
    with known_order(session, order) as parts:
        held = parts.recorder.known(order)
        if held is None or not held.order.watched:
            raise No(f"{order} is not watched any more: `ordertrail track {order}` goes on with it")
        parts.log.ask(NewRequest(REFRESH, str(order), now()))
    if session.json:
        session.line({"order": str(order), "asked": True})
    else:
        click.echo(f"{order} is looked at as soon as a worker runs and its provider's budget allows")
