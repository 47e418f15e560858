"""A worker's reports of its providers."""

from pathlib import Path

import msgspec
import pytest

from domain.instants import MINUTE
from domain.providers import PROVIDERS
from domain.stretching import Gap
from ordertrail.budget import Window
from ordertrail.reports import Health, ProviderRow, provider_row, stored
from tests.poll.working import Place, now, running
from tests.reports.saying import report
from tests.waiting import until

pytestmark = pytest.mark.anyio


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "log.db", windows=(Window(600, 60.0),))


def row(place: Place, slug: str = "runa") -> ProviderRow:
    return provider_row(place.log, PROVIDERS[slug], now())


async def test_a_worker_says_how_its_provider_does(place: Place) -> None:
    place.track(place.seed_orders("runa", 5))

    async with running(place.worker("runa", report=0.05, publish=True)) as worker:
        await until(lambda: row(place).looks > 5)
        states = [each.state for each in worker.dwell["runa"]]

    told = row(place)
    assert states == ["COMPLETED", "FAILED", "PROCESSING"]
    assert (told.health, told.queue.orders, told.workers) == (Health.ANSWERING, 5, ["main"])
    assert told.rate == pytest.approx(10.0, rel=0.01)
    assert told.freshness.promised is not None
    assert told.freshness.watching_effective is not None
    assert told.freshness.oldest_look is not None


async def test_what_it_says_goes_to_the_topic_too(place: Place) -> None:
    place.track(place.seed_orders("runa", 2))

    async with running(place.worker("runa", report=0.05, publish=True)):
        await until(lambda: any(out.topic == "providers" for out in place.log.outbox(0, 100)))

    [first, *_] = [out for out in place.log.outbox(0, 100) if out.topic == "providers"]
    assert first.key == "runa"
    assert msgspec.json.decode(first.value or b"", type=ProviderRow).provider == "runa"


async def test_a_provider_that_is_away_is_said_to_be(place: Place) -> None:
    place.track(place.seed_orders("runa", 3))
    place.transports["runa"].down = True

    async with running(place.worker("runa", report=0.05)):
        await until(lambda: row(place).health is Health.AWAY)

    assert row(place).failures_in_a_row >= 5


async def test_a_worker_started_anew_remembers_when_it_had_answers(place: Place) -> None:
    place.track(place.seed_orders("runa", 2))
    async with running(place.worker("runa", report=0.05)):
        await until(lambda: row(place).looks > 0)
    [before] = place.log.reports()

    async with running(place.worker("runa", report=0.05)):
        await until(lambda: place.log.reports()[0].at > before.at)

    assert row(place).blind == []


@pytest.mark.parametrize(("silent_for", "left"), [(0, 1), (3 * MINUTE, 2)])
async def test_what_another_worker_said_of_the_bound_stands_while_it_is_heard_of(
    place: Place, silent_for: int, left: int
) -> None:
    at = now() - silent_for
    place.recorder(worker="other").tell_bound("runa", Gap(3600, 7200), [])
    place.log.report([stored(report("other", at), "runa", at)], ())
    place.track(place.seed_orders("runa", 2))

    async with running(place.worker("runa", report=0.05)):
        await until(lambda: row(place).looks > 2)

    assert len(place.log.stream("_provider-runa")) == left
