"""The command line: one module per group of verbs, put together here."""

import click

from ordertrail.cli.asking import attention, evidence, history, order, orders
from ordertrail.cli.deciding import adopt, readjudicate
from ordertrail.cli.demo import demo
from ordertrail.cli.describing import check, lifecycles
from ordertrail.cli.executing import execute
from ordertrail.cli.explaining import explain
from ordertrail.cli.providers import providers
from ordertrail.cli.proving import erase, verify
from ordertrail.cli.publishing import audit, topics
from ordertrail.cli.quota import quota
from ordertrail.cli.rebuilding import rebuild
from ordertrail.cli.rehearsing import rehearse
from ordertrail.cli.replaying import replay
from ordertrail.cli.running import run
from ordertrail.cli.session import common
from ordertrail.cli.simulating import simulate
from ordertrail.cli.watching import import_polls, refresh, stop, track

VERBS: dict[str, list[click.Command]] = {
    "Begin": [demo, run, check, lifecycles],
    "Watch": [track, stop, refresh, execute, import_polls],
    "Ask": [orders, order, history, explain, evidence, attention, providers],
    "Prove": [verify, erase],
    "Decide": [adopt, readjudicate],
    "Publish": [topics, audit, replay, rebuild],
    "Try out": [simulate, rehearse, quota],
}


class Verbs(click.Group):
    """Lists the verbs in the order of use, not of the alphabet."""

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        for title, verbs in VERBS.items():
            with formatter.section(title):
                formatter.write_dl([(str(verb.name), verb.get_short_help_str(95)) for verb in verbs])


@click.group(
    cls=Verbs,
    commands=[verb for verbs in VERBS.values() for verb in verbs],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="ordertrail")
@common
def program() -> None:
    """A flight recorder for orders placed at providers that only answer polls.

    An ORDER is PROVIDER/ORDER_ID. Times are RFC 3339. Settings come from ordertrail.toml and, over it, from
    ORDERTRAIL_… variables; `ordertrail check` shows them.

    \b
    Exit status: 0 done, 1 the answer is no, 2 wrong use or settings, 3 something needed is unreachable.
    """
