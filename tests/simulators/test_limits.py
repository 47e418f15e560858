import pytest

from simulators import Request, Simulator, Window, build
from tests.simulators.asking import START, body, create, get, post, read


def statuses(simulator: Simulator, request: Request, count: int, now: float = START) -> list[int]:
    return [simulator.handle(request, now).status for _ in range(count)]


def test_xverse_answers_two_requests_a_second_and_a_hundred_a_minute() -> None:
    simulator = build("xverse", seed=1)
    request = get("/v1/runes-managed/orders", {"destinationAddress": "bc1p"})

    assert statuses(simulator, request, 3) == [200, 200, 429]
    paced = [simulator.handle(request, START + 1 + 0.51 * n).status for n in range(100)]
    assert paced == [200] * 98 + [429] * 2


def test_ordinalsbot_answers_three_hundred_reads_a_minute() -> None:
    simulator = build("ordinalsbot", seed=1)

    assert statuses(simulator, get("/order", {"id": "x"}), 301) == [200] * 300 + [429]
    assert simulator.handle(get("/order", {"id": "x"}), START + 60).status == 200


def test_ordinalsbot_takes_two_orders_in_ten_seconds() -> None:
    simulator = build("ordinalsbot", seed=1)

    assert statuses(simulator, create("ordinalsbot"), 3) == [200, 200, 429]
    assert simulator.handle(create("ordinalsbot"), START + 10).status == 200


def test_runa_refuses_the_301st_order_of_a_minute_in_its_odd_shape() -> None:
    simulator = build("runa", seed=1)

    assert statuses(simulator, create("runa"), 300) == [202] * 300
    assert body(simulator.handle(create("runa"), START)) == {"error": "rate exceeded"}


def test_xmrto_forbids_the_fourth_status_query_of_a_second() -> None:
    simulator = build("xmrto", seed=1)
    request = read("xmrto", "xmrto-abcdef")

    assert statuses(simulator, request, 3) == [404] * 3
    refused = simulator.handle(request, START)
    assert (refused.status, body(refused)["error"]) == (403, "XMRTO-ERROR-012")


def test_xmrto_takes_four_orders_a_minute_from_one_address() -> None:
    simulator = build("xmrto", seed=1)
    neighbour = Request("POST", create("xmrto").path, {}, {}, create("xmrto").body, client="127.0.0.2")

    assert statuses(simulator, create("xmrto"), 5) == [201] * 4 + [403]
    assert simulator.handle(neighbour, START).status == 201


def test_windows_are_counted_per_key() -> None:
    simulator = build("ordinalsbot", seed=1)

    statuses(simulator, create("ordinalsbot"), 2)

    other = post("/order", {"files": [{"name": "a", "size": 1}]}, x_api_key="other")
    assert simulator.handle(other, START).status == 200


def test_windows_can_be_set_or_left_out() -> None:
    strict = build("runa", seed=1, windows={"any": [Window(1, 5)]})
    open_to_all = build("runa", seed=1, windows=None)

    assert statuses(strict, get("/v2/ping"), 2) == [200, 429]
    assert set(statuses(open_to_all, create("runa"), 400)) == {202}


@pytest.mark.parametrize(
    ("provider", "keyless", "wrong"),
    [("xverse", 401, 403), ("runa", 401, 401), ("ordinalsbot", 200, 401), ("xmrto", 404, 404)],
)
def test_each_provider_refuses_keys_in_its_own_way(provider: str, keyless: int, wrong: int) -> None:
    simulator = build(provider, seed=1, api_keys={"right"})
    asked = read(provider, "00000000-0000-4000-8000-000000000000")

    def status(key: str) -> int:
        headers = {**asked.headers, "x-api-key": key}
        return simulator.handle(
            Request(asked.method, asked.path, asked.query, headers, asked.body), START
        ).status

    assert (status(""), status("wrong")) == (keyless, wrong)
    assert status("right") in (200, 404)
