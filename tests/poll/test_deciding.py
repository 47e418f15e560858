"""What is decided while a worker runs: it goes on from there."""

import json
from random import Random

import msgspec
import pytest

from domain.identity import OrderKey, uuid7
from domain.instants import MINUTE, SECOND
from domain.readings import Answer, Look
from domain.watch import Watch
from domain.xverse import XVERSE
from ordertrail.adopting import adopt_state
from ordertrail.observation import Observation
from tests.poll.working import Place, now, running
from tests.waiting import until

pytestmark = pytest.mark.anyio


async def test_a_worker_proves_the_state_that_a_person_adopted(place: Place) -> None:
    still = Place(place.file, time_scale=1e6)
    place.transports["xverse"] = still.transports["xverse"]
    [key] = still.seed_orders("xverse", 1)
    still.log.close()
    seen_complete(place, key)

    async with running(place.worker("xverse")):
        await until(lambda: place.order(key).attention == ["regressed"])
        adopt_state(place.recorder(), key, "new", "they began anew", by="u-17", provider=XVERSE)
        await until(lambda: saved(place, key).good)

    order = place.order(key)
    assert (order.state, order.attention) == ("new", [])


def seen_complete(place: Place, key: OrderKey) -> None:
    """A minute ago."""
    asked = now() - MINUTE
    look = Look(uuid7(asked, Random(1)), asked, asked + SECOND)
    body = json.dumps({"id": key.order_id, "state": "complete"}).encode()
    place.recorder().observe([Observation(key, look, Answer(200, "application/json", body))])


def saved(place: Place, key: OrderKey) -> Watch:
    row = place.log.watch(str(place.log.registered(*key)))
    return Watch() if row is None else msgspec.json.decode(row.watch, type=Watch)
