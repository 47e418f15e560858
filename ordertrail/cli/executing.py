"""Telling a provider that an order is funded, and deciding what nobody knows the end of."""

import time

import click

from adapters.providers import ADAPTERS
from domain.execution import funding_transaction, unable
from domain.identity import OrderKey
from domain.order import Execution, Order
from domain.providers import PROVIDERS
from ordertrail import executions
from ordertrail.cli.session import Session, common
from ordertrail.cli.trouble import Exit, No, WrongUse
from ordertrail.cli.values import ACTOR, BY, ORDER
from ordertrail.cli.watching import known_order
from ordertrail.executions import Wish, new_request
from ordertrail.machine import now
from ordertrail.wiring import Parts

LOOK_SECONDS = 0.25
SILENT_SECONDS = 3.0
"""Whoever waits longer for a worker to begin is told what it waits for."""


class TransactionType(click.ParamType[str]):
    name = "transaction"

    def convert(self, value: object, parameter: click.Parameter | None, context: click.Context | None) -> str:
        try:
            return funding_transaction(str(value))
        except ValueError as error:
            self.fail(str(error), parameter, context)


@click.command()
@click.argument("order", type=ORDER)
@click.option(
    "--funding-transaction", "funding", type=TransactionType(), metavar="TXID", help="64 hexadecimal digits."
)
@click.option("--by", type=BY, metavar="ACTOR", help=f"An {ACTOR}.")
@click.option(
    "--wait", "waits", is_flag=True, help="Until a worker has asked and it is known what came of it."
)
@click.option(
    "--settle", "settles", is_flag=True, help="Decide an uncertain one: you know what became of it."
)
@common
@click.pass_obj
def execute(
    session: Session, order: OrderKey, funding: str | None, by: str | None, waits: bool, settles: bool
) -> int:
    """Tell Xverse that a mint or etch order is funded, once; a running worker does it.

    It is asked for once. If the answer is lost, nobody knows whether it was taken: the order then stands in
    `attention` until it moves on, or until you have found out and settle it; then it may be asked for again.

    \b
    ordertrail execute xverse/5066d36d-e038-4f1b-9d75-e596a7d12a12 --funding-transaction TXID --by u-17
    ordertrail execute xverse/5066d36d-e038-4f1b-9d75-e596a7d12a12 --settle --by u-17
    """
    _demand_use(order, funding, by, waits, settles)
    with known_order(session, order) as parts:
        if funding is None:
            return _settle(session, parts, order, str(by))
        before = _ask(parts, order, Wish(funding, by))
        if waits:
            return _tell(session, order, _outcome(session, parts, order, before))
    if session.json:
        session.line({"order": str(order), "asked": True})
    else:
        click.echo(f"{order} waits to be executed: as soon as a worker runs and its provider's budget allows")
    return Exit.DONE


def _demand_use(order: OrderKey, funding: str | None, by: str | None, waits: bool, settles: bool) -> None:
    if why := unable(PROVIDERS[order.provider]):
        raise WrongUse(why)
    if settles == (funding is not None):
        raise click.UsageError("give either --funding-transaction TXID, or --settle")
    if settles and (waits or not by):
        raise click.UsageError("--settle needs --by ACTOR, and there is nothing to --wait for")


def _ask(parts: Parts, key: OrderKey, wish: Wish) -> int:
    """The version that the order had before."""
    order = _order(parts, key)
    why = executions.obstacle(order, PROVIDERS[key.provider], ADAPTERS[key.provider])
    if why is None and executions.waiting(parts.log, key):
        why = "it was asked for before, and waits for a worker: `ordertrail run poll` is one"
    if why is not None:
        raise No(f"{key} is not executed: {why}")
    parts.log.ask(new_request(key, wish, now()))
    return order.version


def _order(parts: Parts, key: OrderKey) -> Order:
    known = parts.recorder.known(key)
    assert known is not None  # `known_order` has seen to that
    return known.order


def _outcome(session: Session, parts: Parts, key: OrderKey, before: int) -> Execution:
    """What came of it, once that is in the log. Raises No if a worker would not begin it."""
    silent_until: float | None = time.monotonic() + SILENT_SECONDS
    while True:
        tail = parts.log.tail()
        waits = executions.waiting(parts.log, key)
        order = _order(parts, key)
        last = order.execution
        if last is not None and last.version > before and last.stage != "requested":
            return last
        if not waits and (last is None or last.version <= before):
            why = executions.obstacle(order, PROVIDERS[key.provider], ADAPTERS[key.provider])
            raise No(f"{key} is not executed: {why or 'a worker turned it down, and its log says why'}")
        if waits and silent_until is not None and time.monotonic() > silent_until:
            session.say(f"{key} waits for a worker to begin: `ordertrail run poll` is one")
            silent_until = None
        parts.log.wait(tail, LOOK_SECONDS)


def _tell(session: Session, key: OrderKey, last: Execution) -> int:
    if session.json:
        session.line({"order": str(key), "asked": True, "outcome": last.stage, "requested": last.version})
    else:
        click.echo(f"{key} is {last.stage}: `ordertrail history {key}` tells more")
    return Exit.NO if last.stage in ("refused", "uncertain") else Exit.DONE


def _settle(session: Session, parts: Parts, key: OrderKey, by: str) -> int:
    if not executions.settle(parts.recorder, key, by):
        last = _order(parts, key).execution
        raise No(
            f"{key} has nothing to settle: {f'it is {last.stage}' if last else 'it was never asked for'}"
        )
    if session.json:
        session.line({"order": str(key), "settled": True})
    else:
        click.echo(f"{key} is settled: it may be asked for again")
    return Exit.DONE
