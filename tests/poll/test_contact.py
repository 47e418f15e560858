"""What one worker says of reaching a provider, another that runs beside it knows."""

from random import Random

import pytest

from domain.events import ContactLost, ContactRestored
from domain.identity import OrderKey, contact_stream, uuid7
from domain.instants import MINUTE, SECOND
from domain.readings import Failed, Look
from ordertrail.observation import Observation
from tests.poll.working import Place, now, running
from tests.waiting import until

pytestmark = pytest.mark.anyio

LONG_AWAY = OrderKey("xverse", "5f0c6b9e-0000-4000-8000-000000000001")


def lost_by_another(place: Place) -> None:
    """Five failures over five minutes, told by a recorder that is gone afterwards."""
    recorder = place.recorder(worker="other")
    began = now() - 10 * MINUTE
    for minutes in range(6):
        at = began + minutes * MINUTE
        look = Look(uuid7(at, Random(minutes)), at, at + SECOND)
        recorder.observe([Observation(LONG_AWAY, look, Failed("timeout"))])
    recorder.log.close()


def told(place: Place) -> list[str]:
    return [row.topic for row in place.log.stream(contact_stream("xverse"))]


async def test_a_loss_that_another_worker_told_ends_with_the_next_answer(place: Place) -> None:
    [key] = place.seed_orders("xverse", 1)
    place.track([key])

    async with running(place.worker("xverse")):
        await until(lambda: place.order(key).state is not None)
        lost_by_another(place)
        assert told(place) == [ContactLost.TOPIC]
        await until(lambda: told(place) == [ContactLost.TOPIC, ContactRestored.TOPIC])


async def test_a_loss_that_another_worker_told_ends_even_if_nothing_has_changed(place: Place) -> None:
    still = Place(place.file, time_scale=1e6)
    place.transports["xverse"] = still.transports["xverse"]
    place.track(still.seed_orders("xverse", 1))
    still.log.close()

    async with running(place.worker("xverse")) as worker:
        await until(lambda: worker.counts["xverse"].unchanged > 3)
        lost_by_another(place)
        await until(lambda: told(place) == [ContactLost.TOPIC, ContactRestored.TOPIC])
