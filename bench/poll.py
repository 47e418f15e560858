"""Unchanged polls of one worker, against a bare loop on the same httpx transport."""

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx

from adapters.endpoint import Endpoint
from adapters.http import client, ssl_context
from adapters.log import open_log
from adapters.providers import ADAPTERS
from bench.logs import fresh_url
from bench.measure import Figure
from bench.orders import recorder, tracked
from bench.working import worker
from domain.identity import OrderKey

ORDERS = 1000
IN_FLIGHT = 16
ROUNDS = 4
TURN_SECONDS = 3.0


def run() -> Iterator[Figure]:
    keys = [OrderKey("runa", f"O-{number:026d}") for number in range(ORDERS)]
    with fresh_url("sqlite") as url, _server() as endpoint:
        log = open_log(url, now=0, new_id="bench")
        tracked(recorder(log, random.Random(1)), keys)
        log.close()
        ours, bare = asyncio.run(_turns(url, endpoint, keys))
    yield Figure("16 in flight", ours, bare, 0.8, "polls/s", int(ours * ROUNDS * TURN_SECONDS))


@contextmanager
def _server() -> Iterator[Endpoint]:
    command = [sys.executable, "-m", "bench.answering"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Endpoint(f"http://127.0.0.1:{int(process.stdout.readline())}/v2", api_key="bench")
        process.terminate()


async def _turns(url: str, endpoint: Endpoint, keys: Sequence[OrderKey]) -> tuple[float, float]:
    """Polls a second of ours and of the bare loop, each the mean of its turns."""
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(ROUNDS):
        ours.append(await _our_turn(url, endpoint))
        bare.append(await _bare_turn(endpoint, keys))
    return sum(ours) / ROUNDS, sum(bare) / ROUNDS


async def _our_turn(url: str, endpoint: Endpoint) -> float:
    polling, stop = worker(url, "runa", endpoint, in_flight=IN_FLIGHT), asyncio.Event()
    running = asyncio.create_task(polling.run(stop))
    while not polling.counts or polling.counts["runa"].unchanged < ORDERS:  # noqa: ASYNC110 a worker tells nobody
        await asyncio.sleep(0.1)
    began, looked = time.perf_counter(), polling.counts["runa"].unchanged
    await asyncio.sleep(TURN_SECONDS)
    rate = (polling.counts["runa"].unchanged - looked) / (time.perf_counter() - began)
    stop.set()
    await running
    return rate


async def _bare_turn(endpoint: Endpoint, keys: Sequence[OrderKey]) -> float:
    http = client(context=ssl_context(), connections=IN_FLIGHT)
    requests = [ADAPTERS["runa"].request(endpoint, key.order_id) for key in keys]
    polled, until = 0, time.perf_counter() + TURN_SECONDS

    async def ask(offset: int) -> None:
        nonlocal polled
        turn = offset
        while time.perf_counter() < until:
            response = await http.send(_copied(requests[turn % ORDERS]))
            assert response.status_code == 200
            polled += 1
            turn += IN_FLIGHT

    await asyncio.gather(*(ask(offset) for offset in range(IN_FLIGHT)))
    await http.aclose()
    return polled / TURN_SECONDS


def _copied(request: httpx.Request) -> httpx.Request:
    return httpx.Request(request.method, request.url, headers=request.headers)
