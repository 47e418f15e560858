"""`python -m bench` lists the benchmarks, `python -m bench NAME …` runs them: one JSON line a figure.

Every figure is a ratio of ours to a bare baseline in the same run, the two interleaved.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator

from bench import append, memory, poll, project, publish
from bench.measure import Figure

BENCHES: dict[str, Callable[[], Iterator[Figure]]] = {
    "poll": poll.run,
    "append": append.run,
    "project": project.run,
    "publish": publish.run,
    "memory": memory.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    names = parser.parse_args().names
    if unknown := [name for name in names if name not in BENCHES]:
        parser.error(f"no benchmark is called {', '.join(unknown)}: there are {', '.join(BENCHES)}")
    if not names:
        for name, bench in BENCHES.items():
            print(f"{name:10} {(sys.modules[bench.__module__].__doc__ or '').splitlines()[0]}")
    held = True
    for name in names:
        for figure in BENCHES[name]():
            print(json.dumps({"bench": name, **figure.line()}), flush=True)
            held = held and figure.holds
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
