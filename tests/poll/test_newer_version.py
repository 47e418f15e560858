"""Another worker, of a newer version, has written about an order what this one can't read."""

import logging
from functools import partial

import msgspec
import pytest

from domain.identity import OrderKey
from domain.rows import Entry, NewEvent
from tests.poll.working import Place, running
from tests.waiting import until

pytestmark = pytest.mark.anyio


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("log") / "ordertrail.db", time_scale=1e6)


@pytest.mark.parametrize("phase", ["processing", "hibernating"])
async def test_an_order_that_a_newer_version_wrote_about_is_left_to_it(
    place: Place, caplog: pytest.LogCaptureFixture, phase: str
) -> None:
    mine, before, meanwhile = place.seed_orders("xverse", 3)
    place.track([mine, before, meanwhile])
    written_by_a_newer_version(place, before, phase)

    async with running(place.worker("xverse")) as worker:
        await until(lambda: worker.orders["xverse"] == 2)
        await until(lambda: place.order(meanwhile).state is not None)
        written_by_a_newer_version(place, meanwhile, phase)
        await until(lambda: worker.orders["xverse"] == 1)
        looks = worker.counts["xverse"].looks
        await until(partial(lambda looks: worker.counts["xverse"].looks > looks + 5, looks))

    assert place.order(mine).state is not None
    assert not worker.counts["xverse"].failures
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(said) == 2
    assert all("is looked at no more, a newer version has to" in one for one in said)


def written_by_a_newer_version(place: Place, key: OrderKey, phase: str) -> None:
    stream = place.log.registered(*key)
    assert stream is not None
    last = place.log.stream(stream)[-1]
    event = {**msgspec.json.decode(last.state), "phase": phase, "data": {"news": 1}}
    row = NewEvent(stream, last.version + 1, "ordertrail.order-hibernated.v1", msgspec.json.encode(event))
    place.log.commit([Entry(events=[row])])
