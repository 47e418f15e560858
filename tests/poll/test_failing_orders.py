"""An order whose answers show no state, while others are answered, is asked about less and less often."""

import httpx
import pytest

from domain.identity import OrderKey
from tests.poll.working import Place, running
from tests.waiting import until

pytestmark = pytest.mark.anyio


class Stuck(httpx.AsyncBaseTransport):
    """Another transport, but for one order, of which it says the same thing again and again."""

    def __init__(self, others: httpx.AsyncBaseTransport, order_id: str) -> None:
        self.answer: httpx.Response | None = None
        self.asked = 0
        self._others = others
        self._order_id = order_id

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._order_id not in str(request.url) or self.answer is None:
            return await self._others.handle_async_request(request)
        self.asked += 1
        return httpx.Response(self.answer.status_code, content=self.answer.content)


def frozen(place: Place, count: int = 4) -> list[OrderKey]:
    """Orders in which nothing happens for years."""
    other = Place(place.file, time_scale=1e6)
    place.transports["xverse"] = other.transports["xverse"]
    keys = other.seed_orders("xverse", count)
    other.log.close()
    place.track(keys)
    return keys


LOOKS = 600
SELDOM = LOOKS / 4 / 5
"""A fifth of an order's share of the looks, and less."""

UNKNOWN_WORD = httpx.Response(200, json={"id": "", "status": "on-hold"})
NO_JSON = httpx.Response(200, content=b"<html>")
ERROR = httpx.Response(500, json={"error": "internal"})


@pytest.mark.parametrize("answer", [UNKNOWN_WORD, NO_JSON, ERROR], ids=["unknown word", "no JSON", "error"])
async def test_it_is_tried_ever_more_rarely_also_after_a_restart(
    place: Place, answer: httpx.Response
) -> None:
    keys = frozen(place)
    stuck = Stuck(place.transports["xverse"], keys[0].order_id)
    place.transports["xverse"] = stuck  # type: ignore[assignment] # all that a target needs of it

    async with running(place.worker("xverse")) as worker:
        await until(lambda: place.order(keys[0]).state is not None)
        stuck.answer = answer
        looks = worker.counts["xverse"].looks
        await until(lambda: worker.counts["xverse"].looks - looks > LOOKS)
    first, stuck.asked = stuck.asked, 0
    async with running(place.worker("xverse")) as worker:
        await until(lambda: worker.counts["xverse"].looks > LOOKS)

    assert 2 < first < SELDOM
    assert 0 < stuck.asked < SELDOM
