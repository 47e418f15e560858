"""`python -m bench` lists the benchmarks, `python -m bench NAME …` runs them: one JSON line a figure.

Every figure is a ratio of ours to a bare baseline in the same run, the two interleaved; `chaos` counts what
went wrong, `budget` and `fleet` what the providers did, `tamper` which altered bytes a verification finds.
`freshness`, `fleets`, `shocks` and `bounds` are in virtual time: lateness over what is possible, and over
what others do.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Protocol

from adapters.kafka.broker import KAFKAS
from bench import (
    append,
    bounds,
    budget,
    chaos,
    fleet,
    freshness,
    fuzz,
    judge,
    latency,
    lifecycles,
    memory,
    pick,
    poll,
    project,
    publish,
    rebuild,
    replay,
    shocks,
    tamper,
)
from bench.cells import Size


class Line(Protocol):
    """What is printed, and whether it is as it should be."""

    @property
    def holds(self) -> bool: ...
    def line(self) -> Mapping[str, str | float | int | bool]: ...


BENCHES: dict[str, Callable[[], Iterable[Line]]] = {
    "poll": poll.run,
    "append": append.run,
    "project": project.run,
    "publish": publish.run,
    "rebuild": rebuild.run,
    "replay": replay.run,
    "latency": latency.run,
    "chaos": chaos.run,
    "fuzz": fuzz.run,
    "tamper": tamper.run,
    "judge": judge.run,
    "pick": pick.run,
    "memory": memory.run,
    "budget": budget.run,
    "fleet": fleet.run,
    "freshness": freshness.run,
    "fleets": lifecycles.run,
    "shocks": shocks.run,
    "bounds": bounds.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--kills", type=int, default=20, help="how often chaos strikes")
    parser.add_argument("--kafka", choices=KAFKAS, default=KAFKAS[0], help="the broker that chaos strikes")
    parser.add_argument("--events", type=int, default=6, help="kills, freezes, joins and stops in a fleet")
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[1, 2], help="of budgets, the first of a fleet"
    )
    parser.add_argument("--bodies", type=int, default=fuzz.BODIES, help="how many are fuzzed")
    parser.add_argument("--seconds", type=float, help="fuzz for so long instead")
    parser.add_argument(
        "--seed", type=int, help="of fuzzed bodies, a new one each time without; of fleets, 1"
    )
    parser.add_argument("--orders", type=int, help="of fleets in virtual time: smaller ones; in memory")
    parser.add_argument("--days", type=float, help="of fleets in virtual time")
    parser.add_argument("--only", nargs="+", default=[], metavar="FLEET", help="these fleets in virtual time")
    arguments = parser.parse_args()
    names = arguments.names
    if unknown := [name for name in names if name not in BENCHES]:
        parser.error(f"no benchmark is called {', '.join(unknown)}: there are {', '.join(BENCHES)}")
    if not names:
        for name, bench in BENCHES.items():
            print(f"{name:10} {(sys.modules[bench.__module__].__doc__ or '').splitlines()[0]}")
    asked: dict[str, Callable[[], Iterable[Line]]] = {
        "chaos": partial(chaos.run, arguments.kills, arguments.kafka),
        "fuzz": partial(fuzz.run, arguments.bodies, arguments.seconds, arguments.seed),
        "budget": partial(budget.run, arguments.seeds),
        "memory": partial(memory.run, arguments.orders or memory.ORDERS),
        "fleet": partial(fleet.run, arguments.events, arguments.seeds[0]),
    }
    size = Size(arguments.seed or 1, arguments.orders, arguments.days, tuple(arguments.only))
    asked |= {
        "freshness": partial(freshness.run, size),
        "fleets": partial(lifecycles.run, size),
        "shocks": partial(shocks.run, size),
        "bounds": partial(bounds.run, size),
    }
    held = True
    for name in names:
        for figure in {**BENCHES, **asked}[name]():
            print(json.dumps({"bench": name, **figure.line()}), flush=True)
            held = held and figure.holds
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
