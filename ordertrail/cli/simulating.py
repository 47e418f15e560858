"""The simulators as servers, for trying things out without a provider."""

import asyncio
import time
from collections.abc import Mapping

import click

from ordertrail.cli.session import Session, common
from ordertrail.cli.trouble import WrongUse
from ordertrail.cli.values import PROVIDER
from ordertrail.stopping import stop_on_signals
from simulators import PROVIDERS, Fault, Simulator, build
from simulators.server import serve

HOST = "127.0.0.1"


class FaultPlanType(click.ParamType[Mapping[Fault, float]]):
    """`0.1` spreads over all kinds; `slow=0.05,malformed=0.02` names them."""

    name = "faults"

    def convert(
        self, value: object, parameter: click.Parameter | None, context: click.Context | None
    ) -> Mapping[Fault, float]:
        if isinstance(value, Mapping):
            return value
        try:
            plan = _fault_plan(str(value))
        except ValueError as error:
            self.fail(str(error), parameter, context)
        if not all(0 <= share <= 1 for share in plan.values()) or sum(plan.values()) > 1 + 1e-9:
            self.fail("each is a probability, and together they are 1 at most", parameter, context)
        return plan


def _fault_plan(words: str) -> Mapping[Fault, float]:
    if "=" not in words:
        return dict.fromkeys(Fault, float(words) / len(Fault))
    plan: dict[Fault, float] = {}
    for part in words.split(","):
        name, _, share = part.strip().partition("=")
        if name not in list(Fault):
            raise ValueError(f"unknown fault {name!r}; there are {', '.join(Fault)}")
        plan[Fault(name)] = float(share)
    return plan


@click.command()
@click.argument("providers", nargs=-1, type=PROVIDER, metavar="[PROVIDER]...")
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same orders.")
@click.option(
    "--scale",
    type=click.FloatRange(0, 1000, min_open=True),
    default=1.0,
    show_default=True,
    help="Multiplies how long everything takes: 0.01 makes an hour 36 seconds.",
)
@click.option(
    "--orders", type=click.IntRange(0, 1_000_000), default=3, show_default=True, help="At each provider."
)
@click.option(
    "--faults",
    type=FaultPlanType(),
    default="0",
    metavar="PLAN",
    help="Spoil a share of answers: 0.1, or slow=0.05,malformed=0.02.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65530),
    default=0,
    help="The first one's; the others follow. 0: any that is free.",
)
@common
@click.pass_obj
def simulate(
    session: Session,
    providers: tuple[str, ...],
    seed: int,
    scale: float,
    orders: int,
    faults: Mapping[Fault, float],
    port: int,
) -> None:
    """Run simulated providers over HTTP on this machine, each on its own port, until interrupted.

    What really happens to their orders is told under /_truth/orders, beside the provider's own paths.

    \b
    ordertrail simulate runa xmrto --scale 0.01 --orders 5
    ordertrail simulate --json --port 8701 --faults slow=0.05,server_error=0.05
    """
    made = []
    for slug in dict.fromkeys(providers or PROVIDERS):
        simulator = build(slug, seed=seed, time_scale=scale, faults=faults)
        simulator.seed_orders(orders, time.time())
        made.append(simulator)
    asyncio.run(_serve(session, made, port))


async def _serve(session: Session, simulators: list[Simulator], port: int) -> None:
    with stop_on_signals() as stop:
        try:
            async with serve(simulators, HOST, port) as urls:
                for simulator in simulators:
                    _tell(session, simulator, urls[simulator.provider])
                session.say("simulating until interrupted")
                await stop.wait()
        except OSError as error:
            raise WrongUse(
                f"port {port} or one after it can't be used ({error.strerror}): try another"
            ) from None


def _tell(session: Session, simulator: Simulator, url: str) -> None:
    truth = f"{url}/_truth/orders"
    if session.json:
        session.line({"provider": simulator.provider, "url": url, "truth": truth})
    else:
        click.echo(f"{simulator.provider.ljust(11)}  {url}  truth: {truth}")
        click.echo(f"             export ORDERTRAIL_PROVIDERS__{simulator.provider.upper()}__URL={url}")
