"""Bytes of memory per open order in a worker, in a fresh process."""

import asyncio
import gc
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx

from adapters.endpoint import Endpoint
from adapters.log import open_log
from bench.logs import fresh_url
from bench.measure import Figure
from bench.orders import BEGIN, recorder, tracked
from bench.working import worker
from domain.identity import OrderKey, uuid7
from domain.instants import HOUR
from domain.watch import Watch

ORDERS = 200_000
PORTION = 5000
GOAL = 600
PAGE_BYTES = 4096


def run() -> Iterator[Figure]:
    with fresh_url("sqlite") as empty, fresh_url("sqlite") as full:
        open_log(empty, now=0, new_id="bench").close()
        _fill(full)
        spent = _resident_of_a_worker(full, ORDERS) - _resident_of_a_worker(empty, 0)
    yield Figure("open orders of a worker", spent / ORDERS, 1, GOAL, "bytes an order", ORDERS, most=True)


def _fill(url: str) -> None:
    """Orders with ids like UUIDs, each with the coverage of looks behind it."""
    log, rng = open_log(url, now=0, new_id="bench"), random.Random(1)
    recording = recorder(log, rng)
    for portion in range(ORDERS // PORTION):
        orders = [OrderKey("xmrto", uuid7(portion, rng)) for _ in range(PORTION)]
        streams = tracked(recording, orders)
        recording.save_watches({streams[key]: _watch(rng) for key in orders})
    log.close()


def _watch(rng: random.Random) -> Watch:
    return Watch(
        digest=rng.randbytes(16),
        meaning=rng.randbytes(16),
        good=True,
        shown_from=BEGIN + HOUR,
        clock="5f0c2bb43c1d",
        offset=BEGIN,
        given=HOUR,
        given_clock="5f0c2bb43c1d",
        looks=20,
        first=BEGIN,
        last=BEGIN + HOUR,
        span_looks=30,
        longest_gap=HOUR // 20,
        counts={"timeout": 1},
    )


def _resident_of_a_worker(url: str, orders: int) -> int:
    command = [sys.executable, "-m", "bench.memory", url, str(orders)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


async def _measured(url: str, orders: int) -> int:
    """Resident bytes of this process once its worker holds the orders; it asks for none of them."""
    asked = worker(url, "xmrto", Endpoint("http://127.0.0.1:9"), windows=["1/day"], transport=_Silent())
    stop = asyncio.Event()
    running = asyncio.create_task(asked.run(stop))
    while not asked.orders or sum(asked.orders.values()) < orders:  # noqa: ASYNC110 a worker tells nobody
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    gc.collect()
    resident = _resident()
    stop.set()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return resident


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


class _Silent(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nothing answers here")


if __name__ == "__main__":
    print(asyncio.run(_measured(sys.argv[1], int(sys.argv[2]))))
