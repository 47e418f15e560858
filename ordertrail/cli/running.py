"""The recorder at work."""

import asyncio
import logging
from collections.abc import Sequence

import click

from adapters.log import masked
from ordertrail.cli.session import Session, common, log_to_stderr
from ordertrail.cli.trouble import WrongUse
from ordertrail.cli.values import WordType
from ordertrail.door import AddressRefused
from ordertrail.running import KAFKA_ROLES, Role, run_roles
from ordertrail.serve import ServingRefused
from ordertrail.settings import Settings
from ordertrail.stopping import stop_on_signals

LOGGER = logging.getLogger("ordertrail")
ROLE = WordType("role", [role.value for role in Role])


@click.command()
@click.argument("roles", nargs=-1, type=ROLE, metavar="[poll|project|publish|serve|commands]...")
@common
@click.pass_obj
def run(session: Session, roles: tuple[str, ...]) -> None:
    """Ask the providers, keep the read models, publish, serve the feed, do what commands ask: the roles
    named, or all of them.

    Runs until interrupted. What can't be reached is waited for and nothing is lost meanwhile; without Kafka
    in the settings nothing is published. The feed is at http://127.0.0.1:8787/events unless `serve` is set.

    \b
    ordertrail run
    ORDERTRAIL_KAFKA=localhost:9092 ordertrail run publish
    """
    log_to_stderr(session.verbosity)
    chosen = _chosen(session.settings, roles)
    LOGGER.info("running %s on %s", ", ".join(chosen), masked(session.settings.log))
    try:
        asyncio.run(_run(session, chosen))
    except (AddressRefused, ServingRefused) as error:
        raise WrongUse(str(error)) from None
    LOGGER.info("stopped")


def _chosen(settings: Settings, roles: Sequence[str]) -> list[Role]:
    chosen = [role for role in Role if role in roles] or list(Role)
    if settings.kafka is not None or KAFKA_ROLES.isdisjoint(chosen):
        return chosen
    if roles:
        raise WrongUse(
            "there is no Kafka to publish to, or to take commands from: set ORDERTRAIL_KAFKA=host:port"
        )
    LOGGER.info("no Kafka is set: nothing is published")
    return [role for role in chosen if role not in KAFKA_ROLES]


async def _run(session: Session, roles: Sequence[Role]) -> None:
    with stop_on_signals() as stop:
        await run_roles(session.settings, roles, stop, LOGGER)
