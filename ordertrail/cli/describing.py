"""What there is before any order: lifecycles, settings, and whether everything needed can be reached."""

import sys

import click

from domain.providers import PROVIDERS
from ordertrail import lifecycles as printed
from ordertrail.cli.session import Session, common
from ordertrail.cli.trouble import Exit
from ordertrail.cli.values import PROVIDER
from ordertrail.reach import Reach, reaches
from ordertrail.render import table
from ordertrail.setting_table import setting_rows


@click.command()
@click.argument("providers", nargs=-1, type=PROVIDER, metavar="[PROVIDER]...")
@click.option("--markdown", is_flag=True, help="As docs/lifecycles.md holds it, with diagrams.")
@common
@click.pass_obj
def lifecycles(session: Session, providers: tuple[str, ...], markdown: bool) -> None:
    """Print the state machines: states, their phases, and the steps between them.

    \b
    ordertrail lifecycles runa
    ordertrail lifecycles --markdown > docs/lifecycles.md
    """
    chosen = [PROVIDERS[slug] for slug in dict.fromkeys(providers or PROVIDERS)]
    if session.json:
        for provider in chosen:
            session.line(printed.line(provider))
        return
    if markdown:
        sys.stdout.write(printed.markdown(chosen))
        return
    for number, provider in enumerate(chosen):
        sys.stdout.write(f"{chr(10) if number else ''}{provider.title} ({provider.slug})\n\n")
        table(sys.stdout, ["state", "phase", "final"], printed.state_rows(provider))
        sys.stdout.write("\n")
        table(sys.stdout, ["from", "event", "to"], printed.edge_rows(provider))


@click.command()
@common
@click.pass_obj
def check(session: Session) -> int:
    """Show every setting and where it comes from, and try what they name.

    Exit status 3 if something needed can't be reached. Needed are the log, its evidence key, Kafka if it is
    set, and the providers that have settings of their own or orders in the log.
    """
    rows = setting_rows(session.loaded)
    session.rows(rows, ["setting", "value", "from"], lambda row: [row["setting"], row["value"], row["from"]])
    sys.stdout.flush()
    found = reaches(session.loaded)
    if not session.json:
        sys.stdout.write("\n")
    session.rows(
        [reach.line() for reach in found],
        ["needed", "where", "reachable", "says"],
        lambda row: [row["check"], row["where"], row["reachable"], row["says"]],
    )
    return _verdict(session, found)


def _verdict(session: Session, found: list[Reach]) -> int:
    away = [reach for reach in found if reach.reachable is False]
    for reach in away:
        session.say(f"{reach.check} at {reach.where} can't be reached: {reach.says}")
    return Exit.UNREACHABLE if away else Exit.DONE
