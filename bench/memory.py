"""Bytes of memory per open order in a worker, in a fresh process, and how soon it has all orders in memory.

Ids are counted. The schedule's part is that of a schedule alone, ids left out: the worker holds them anyway.
"""

import asyncio
import gc
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec

from adapters.endpoint import Endpoint
from adapters.log import open_log
from bench.logs import fresh_url
from bench.measure import Figure
from bench.orders import BEGIN, recorder, tracked
from bench.working import worker
from domain.identity import OrderKey, uuid7
from domain.instants import HOUR
from domain.watch import Watch
from ordertrail.policy import Freshest
from ordertrail.scheduling.facts import Facts

ORDERS = 200_000
PORTION = 5000
GOAL, SCHEDULES_GOAL = 600, 350
RESTART_SECONDS = 60
PAGE_BYTES = 4096


class Held(NamedTuple):
    """Resident bytes of a process that holds so many orders, and the seconds until it did."""

    resident: int
    spent: float


def run(orders: int = ORDERS) -> Iterator[Figure]:
    with fresh_url("sqlite") as empty, fresh_url("sqlite") as full:
        open_log(empty, now=0, new_id="bench").close()
        _fill(full, orders)
        nothing, everything = _held("worker", 0, empty), _held("worker", orders, full)
    spent = (everything.resident - nothing.resident) / orders
    yield Figure("open orders of a worker", spent, 1, GOAL, "bytes an order", orders, most=True)
    scheduled = (_held("schedule", orders).resident - _held("schedule", 0).resident) / orders
    yield Figure("the schedule's part", scheduled, 1, SCHEDULES_GOAL, "bytes an order", orders, most=True)
    yield Figure("restart from the log", everything.spent, 1, RESTART_SECONDS, "s", orders, most=True)


def _fill(url: str, count: int) -> None:
    """Orders with ids like UUIDs, each with the coverage of looks behind it."""
    log, rng = open_log(url, now=0, new_id="bench"), random.Random(1)
    recording = recorder(log, rng)
    for portion in range(0, count, PORTION):
        ids = (uuid7(portion, rng) for _ in range(min(PORTION, count - portion)))
        orders = [OrderKey("xmrto", id_) for id_ in ids]
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


def _held(by: str, orders: int, url: str = "") -> Held:
    command = [sys.executable, "-m", "bench.memory", by, str(orders), url]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return msgspec.json.decode(told, type=Held)


async def _by_a_worker(url: str, orders: int) -> Held:
    """It asks for none of them."""
    began = time.perf_counter()
    asked = worker(url, "xmrto", Endpoint("http://127.0.0.1:9"), windows=["1/day"], transport=_Silent())
    stop = asyncio.Event()
    running = asyncio.create_task(asked.run(stop))
    while not asked.orders or sum(asked.orders.values()) < orders:  # noqa: ASYNC110 a worker tells nobody
        await asyncio.sleep(0.1)
    spent = time.perf_counter() - began
    await asyncio.sleep(1)
    gc.collect()
    resident = _resident()
    stop.set()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return Held(resident, spent)


def _by_a_schedule(orders: int) -> Held:
    rng = random.Random(1)
    ids = [uuid7(number, rng) for number in range(orders)]
    gc.collect()
    before, began = _resident(), time.perf_counter()
    schedule = Freshest().schedule("xmrto", 1.0, 1)
    for number, id_ in enumerate(ids):
        schedule.add(id_, Facts("swap/UNPAID", -60.0, 0.0, deadline=900.0), 0.0, last=number / orders)
    schedule.tend(1.0)
    gc.collect()
    return Held(_resident() - before, time.perf_counter() - began)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


class _Silent(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nothing answers here")


def _told(by: str, orders: int, url: str) -> Held:
    return asyncio.run(_by_a_worker(url, orders)) if by == "worker" else _by_a_schedule(orders)


if __name__ == "__main__":
    print(msgspec.json.encode(_told(sys.argv[1], int(sys.argv[2]), sys.argv[3])).decode())
