"""What is decided after the fact: by a person, or by newer rules."""

from collections.abc import Iterable, Iterator

import click

from domain.adoption import NotReported, UnknownState
from domain.events import Corrected
from domain.identity import OrderKey
from domain.providers import PROVIDERS
from ordertrail.adopting import adopt_state
from ordertrail.cli.session import Session, common
from ordertrail.cli.trouble import No, WrongUse
from ordertrail.cli.values import ACTOR, BY, ORDER, WORDS
from ordertrail.cli.watching import known_order
from ordertrail.machine import now
from ordertrail.readjudicating import Finding
from ordertrail.reasons import title
from ordertrail.wiring import Parts, log_is_there, opened, readjudication_of


@click.command()
@click.argument("order", type=ORDER)
@click.option("--state", required=True, metavar="S", help="The state that the provider reported.")
@click.option(
    "--reason", required=True, type=WORDS, metavar="R", help="Why; it is kept in the order's history."
)
@click.option("--by", required=True, type=BY, metavar="ACTOR", help=f"An {ACTOR}.")
@common
@click.pass_obj
def adopt(session: Session, order: OrderKey, state: str, reason: str, by: str) -> None:
    """Decide a contradiction: the state that the provider reported counts from now on.

    Only a state that an open contradiction reports; `attention` shows them. The next look has to prove it.

    \b
    ordertrail adopt xverse/5066d36d-e038-4f1b-9d75-e596a7d12a12 --state refunded \\
        --reason "confirmed by their support" --by u-17
    """
    with known_order(session, order) as parts:
        try:
            known = adopt_state(
                parts.recorder, order, state, reason, by=by, provider=PROVIDERS[order.provider]
            )
        except UnknownState as error:
            raise WrongUse(str(error)) from None
        except NotReported as error:
            raise No(str(error)) from None
    if session.json:
        session.line({"order": str(order), "state": known.order.state, "version": known.order.version})
    else:
        click.echo(f"{order} is {known.order.state} from now on; the next look has to prove it")


@click.command()
@click.argument("orders", nargs=-1, type=ORDER, metavar="[ORDER]...")
@click.option("--apply", "applying", is_flag=True, help="Append what differs, as Corrected.")
@common
@click.pass_obj
def readjudicate(session: Session, orders: tuple[OrderKey, ...], applying: bool) -> None:
    """Judge kept answers anew by today's rules, and show where they come to something else.

    All orders, or those named. Nothing is rewritten: with --apply what differs is appended, and doing so
    twice adds nothing the second time. With --json there is a line for every order that differs or can't
    be judged as a whole.

    \b
    ordertrail readjudicate
    ordertrail readjudicate xverse/5066d36d-e038-4f1b-9d75-e596a7d12a12 --apply
    """
    if not log_is_there(session.settings):
        session.say("no log yet, so there is nothing to judge")
        return
    judged = differing = 0
    with opened(session.settings, create=False) as parts:
        for finding in _findings(parts, orders, applying, session.settings.worker):
            judged += 1
            differing += bool(finding.events)
            if finding.events or finding.unjudged or finding.blocked:
                _tell(session, finding)
    done = "corrected" if applying else "would be corrected"
    session.say(f"{judged} orders judged anew: {differing} {done}")


def _findings(parts: Parts, orders: tuple[OrderKey, ...], applying: bool, worker: str) -> Iterator[Finding]:
    readjudication = readjudication_of(parts)
    chosen: Iterable[OrderKey] = orders or (
        OrderKey(head.provider, head.order_id) for head in list(parts.log.heads())
    )
    for order in chosen:
        found = readjudication.show(order, at=now(), worker=worker)
        yield readjudication.apply(order) if applying and found.events else found


def _tell(session: Session, finding: Finding) -> None:
    if session.json:
        session.line(finding.line)
        return
    if finding.events:
        click.echo(f"{finding.order}: rules {finding.from_rules} → {finding.to_rules}")
    for event in finding.events:
        if isinstance(event.data, Corrected):
            _tell_correction(event.data)
        else:
            click.echo(f"  then {title(event)}")
    for look, why in finding.unjudged.items():
        click.echo(f"{finding.order}: look {look} can't be judged again: {why}")
    if finding.blocked:
        click.echo(f"{finding.order}: stays as it is: {finding.blocked}")


def _tell_correction(corrected: Corrected) -> None:
    if corrected.replaces:
        click.echo(f"  no longer holds: {', '.join(f'version {each}' for each in corrected.replaces)}")
    if corrected.steps:
        steps = [f"{step.target}{' (inferred)' if step.inferred else ''}" for step in corrected.steps]
        click.echo(f"  states: {' → '.join(steps)}")
