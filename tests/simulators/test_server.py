import time
from collections.abc import Mapping

import httpx
import pytest

from simulators import Fault, Simulator, build
from simulators.server import serve
from tests.simulators.asking import PROVIDERS, START, create, quiet, read

pytestmark = pytest.mark.anyio


def client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, trust_env=False)


async def ask(http: httpx.AsyncClient, provider: str, order_id: str) -> httpx.Response:
    request = read(provider, order_id)
    return await http.request(
        request.method,
        request.path,
        params=dict(request.query),
        headers=dict(request.headers),
        content=request.body,
    )


async def test_each_provider_listens_on_a_port_of_its_own() -> None:
    simulators = {provider: quiet(provider) for provider in PROVIDERS}
    ids = {provider: each.seed_orders(1, START)[0] for provider, each in simulators.items()}

    async with serve(list(simulators.values()), clock=lambda: START + 60) as urls:
        assert len(set(urls.values())) == 4
        for provider, url in urls.items():
            async with client(url) as http:
                answer = await ask(http, provider, ids[provider])
                truth = (await http.get("/_truth/orders")).json()
            assert (
                answer.content == simulators[provider].handle(read(provider, ids[provider]), START + 60).body
            )
            assert truth["orders"][0]["id"] == ids[provider]


async def test_an_order_is_placed_over_http() -> None:
    request = create("xmrto")

    async with serve([build("xmrto", seed=1)]) as urls, client(urls["xmrto"]) as http:
        answer = await http.post(request.path, content=request.body, headers=dict(request.headers))

    assert (answer.status_code, answer.json()["btc_amount"]) == (201, 0.1)


async def test_a_missing_slash_redirects_over_http() -> None:
    async with serve([build("xmrto", seed=1)]) as urls, client(urls["xmrto"]) as http:
        answer = await http.post("/api/v3/xmr2btc/order_create", json={})

    assert (answer.status_code, answer.headers["location"]) == (301, "/api/v3/xmr2btc/order_create/")


async def test_a_cut_answer_breaks_the_connection_in_mid_body() -> None:
    simulator = quiet("runa", faults={Fault.CUT_OFF: 1.0})
    order_id = simulator.seed_orders(1, START)[0]

    async with serve([simulator], clock=lambda: START) as urls, client(urls["runa"]) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await ask(http, "runa", order_id)


async def test_a_slow_answer_outlasts_an_impatient_client() -> None:
    simulator = quiet("runa", faults={Fault.SLOW: 1.0})
    order_id = simulator.seed_orders(1, START)[0]

    async with serve([simulator], clock=lambda: START) as urls, client(urls["runa"]) as http:
        http.timeout = httpx.Timeout(0.05)
        with pytest.raises(httpx.ReadTimeout):
            await ask(http, "runa", order_id)


async def test_given_a_port_the_others_follow_it() -> None:
    async with serve([quiet("runa")]) as urls:
        port = int(urls["runa"].rsplit(":", 1)[1])

    async with serve([quiet("runa")], port=port) as again:
        assert again == {"runa": f"http://127.0.0.1:{port}"}


async def test_after_serving_nobody_listens() -> None:
    async with serve([quiet("runa")]) as urls:
        pass

    async with client(urls["runa"]) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("/v2/ping")


async def test_the_clock_of_a_server_is_the_real_one_unless_given() -> None:
    simulator: Simulator = quiet("xverse")
    before = time.time()

    async with serve([simulator]) as urls, client(urls["xverse"]) as http:
        request = create("xverse")
        await http.post(request.path, content=request.body, headers=dict(request.headers))

    created: Mapping[str, str] = simulator.truth(time.time())[0]
    assert created["created_at"] >= time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(before))
