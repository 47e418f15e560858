"""A provider so slow that the requests at a time, not its budget, limit how much can be asked."""

import asyncio
import logging
import math
from pathlib import Path

import httpx
import pytest

from ordertrail.budget import Window
from ordertrail.policy import Freshest
from ordertrail.throughput import Throughput
from tests.poll.test_reporting import row
from tests.poll.working import Place, running
from tests.waiting import until


class Slow(httpx.AsyncBaseTransport):
    def __init__(self, others: httpx.AsyncBaseTransport, seconds: float) -> None:
        self.seconds = seconds
        self._others = others

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(self.seconds)
        return await self._others.handle_async_request(request)


def test_nothing_is_known_of_it_before_a_round_has_come_back() -> None:
    throughput = Throughput(3)
    throughput.took(5.0)
    throughput.took(5.0)

    assert throughput.rate == math.inf


def test_requests_at_a_time_over_their_seconds_get_through() -> None:
    throughput = Throughput(4)
    for seconds in (1.0, 3.0, 2.0, 2.0):
        throughput.took(seconds)

    assert throughput.rate == pytest.approx(2.0)


def test_what_was_slow_is_forgotten_within_a_few_rounds() -> None:
    throughput = Throughput(4)
    for _ in range(100):
        throughput.took(10.0)
    for _ in range(60):
        throughput.took(0.1)

    assert throughput.seconds < 0.5


def test_answers_that_take_no_time_limit_nothing() -> None:
    throughput = Throughput(1)
    throughput.took(0.0)

    assert throughput.rate == math.inf


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Sixty orders, looked at every second if the budget of 100 a second could be used."""
    place = Place(
        tmp_path / "log.db", windows=(Window(6_000, 60.0),), policy=Freshest(bound=1.0), time_scale=1e6
    )
    place.track(place.seed_orders("xverse", 60))
    return place


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line for line in caplog.messages if "in_flight" in line]


@pytest.mark.anyio
async def test_bounds_are_such_as_what_gets_through_can_keep(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.transports["xverse"] = Slow(place.transports["xverse"], 0.1)  # type: ignore[assignment] # all a target needs

    with caplog.at_level(logging.WARNING, "tests.poll"):
        async with running(place.worker("xverse", report=0.05, publish=True)):
            await until(lambda: (row(place, "xverse").freshness.effective or 0.0) > 2.0)
            await until(lambda: len(told(caplog)) > 0)

    [said] = told(caplog)
    assert said.startswith("xverse takes 0.")
    assert "s for an answer: 4 requests at a time get " in said
    assert "a second through of the 99.8 that its windows allow. providers.xverse.in_flight" in said


@pytest.mark.anyio
async def test_a_quick_provider_is_limited_by_its_budget_alone(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.windows = (Window(1_200, 60.0),)
    with caplog.at_level(logging.WARNING, "tests.poll"):
        async with running(place.worker("xverse", report=0.05, publish=True)) as worker:
            await until(lambda: worker.counts["xverse"].looks > 100)

    assert row(place, "xverse").freshness.effective == pytest.approx(6.0, rel=0.05)
    assert not told(caplog)
