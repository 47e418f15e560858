import httpx
import pytest

from simulators import Fault, Simulator
from simulators.transport import SimulatorTransport
from tests.simulators.asking import HEADERS, START, quiet

pytestmark = pytest.mark.anyio


class VirtualClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def client(simulator: Simulator, clock: VirtualClock) -> httpx.AsyncClient:
    transport = SimulatorTransport(simulator, clock, clock.sleep)
    return httpx.AsyncClient(transport=transport, base_url="http://runa", headers=HEADERS)


async def test_the_transport_answers_by_the_clock_it_is_given() -> None:
    simulator, clock = quiet("runa"), VirtualClock()
    order_id = simulator.seed_orders(1, clock())[0]

    async with client(simulator, clock) as http:
        early = (await http.get(f"/v2/order/{order_id}")).json()["status"]
        clock.now += 86_400
        late = (await http.get(f"/v2/order/{order_id}")).json()["status"]

    assert (early, late) == ("PROCESSING", "COMPLETED")


async def test_a_slow_answer_costs_virtual_time_up_to_the_read_timeout() -> None:
    simulator, clock = quiet("runa", faults={Fault.SLOW: 1.0}), VirtualClock()

    async with client(simulator, clock) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.get("/v2/ping", timeout=1.5)
        assert clock() == START + 1.5
        await http.get("/v2/ping", timeout=60)

    assert START + 3.5 < clock() < START + 21.5


async def test_a_cut_answer_is_a_read_error() -> None:
    simulator, clock = quiet("runa", faults={Fault.CUT_OFF: 1.0}), VirtualClock()

    async with client(simulator, clock) as http:
        with pytest.raises(httpx.ReadError):
            await http.get("/v2/ping")


async def test_requests_reach_the_simulator_whole() -> None:
    simulator, clock = quiet("runa"), VirtualClock()
    item = {"face_value": 10, "products": {"type": "SINGLE", "value": "AMZ-US"}}

    async with client(simulator, clock) as http:
        placed = await http.post("/v2/order", json={"items": [item]}, headers={"X-Idempotency-Key": "k"})
        listed = await http.get("/v2/order", params={"limit": 1})

    assert placed.status_code == 202
    assert listed.json()["orders"][0]["id"] == placed.json()["id"]
