"""A process that writes without end: orders are tracked and walk to their end, a few hundred events a second.

Argument: the log's URL. What the log acknowledged leaves on stdout, a JSON object a line: how many events
more of each order.
"""

import json
import random
import sys
import time
from itertools import count

from adapters.log import open_log
from bench.orders import looks, recorder, tracked
from domain.identity import OrderKey
from domain.log import LogError

ORDERS = 25
PAUSE_SECONDS = 0.1
RETRY_SECONDS = 0.3


def main(url: str) -> None:
    while True:
        try:
            _write(url)
        except LogError:
            time.sleep(RETRY_SECONDS)  # the database is being restarted


def _write(url: str) -> None:
    """Walk after walk of new orders; raises LogError."""
    log = open_log(url, create=False, now=0, new_id="")
    try:
        life = time.time_ns()
        rng = random.Random(life)
        recording = recorder(log, rng)
        for walk in count():
            orders = [OrderKey("xmrto", f"xmrto-{life}-{walk}-{number}") for number in range(ORDERS)]
            streams = tracked(recording, orders)
            _acknowledge({str(key): 1 for key in orders})
            for step in looks(orders, streams, rng):
                _acknowledge({str(seen.key): len(seen.events) for seen in recording.observe(step)})
                time.sleep(PAUSE_SECONDS)  # the pace of the events
    finally:
        log.close()


def _acknowledge(events: dict[str, int]) -> None:
    print(json.dumps(events), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
