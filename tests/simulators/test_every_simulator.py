import time
from collections import Counter

import pytest

from simulators import build
from tests.simulators.asking import PROVIDERS, START, YEAR, body, create, get, quiet, read, shown_state

STATES = {
    "xverse": {"new", "pending", "executing", "complete", "failed", "refunded", "stale"},
    "ordinalsbot": {
        "waiting-payment",
        "waiting-confirmation",
        "waiting-parent",
        "waiting-rune-balance",
        "prep",
        "queued",
        "waiting-reveal",
        "completed",
        "error",
        "cancelled",
        "expired",
        "waiting-refund",
        "refunded",
    },
    "runa": {"PROCESSING", "COMPLETED", "FAILED"},
    "xmrto": {
        "TO_BE_CREATED",
        "UNPAID",
        "UNDERPAID",
        "PAID_UNCONFIRMED",
        "PAID",
        "BTC_SENT",
        "TIMED_OUT",
        "REJECTED",
        "PAYMENT_FAILED",
        "FLAGGED_DESTINATION_ADDRESS",
    },
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_state_is_reached_by_some_order(provider: str) -> None:
    simulator = quiet(provider)

    simulator.seed_orders(1000, START)

    reached = {step["state"] for order in simulator.truth(START + YEAR) for step in order["states"]}
    assert reached == STATES[provider]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_truth_is_what_an_honest_answer_shows_at_every_moment(provider: str) -> None:
    simulator = quiet(provider, seed=5)
    ids = simulator.seed_orders(30, START)

    for now in (START + 0.5 * 1.7**step for step in range(32)):
        for order_id in ids:
            truth = simulator.truth_of(order_id, now)
            shown = body(simulator.handle(read(provider, order_id), now))
            assert truth is not None
            if truth["gone_at"] is None and truth["traits"].get("generation") != 2023:
                assert shown_state(provider, shown) == truth["states"][-1]["state"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_same_seed_and_requests_give_the_same_bytes(provider: str) -> None:
    def told() -> list[bytes]:
        simulator = quiet(provider, seed=9)
        ids = simulator.seed_orders(20, START)
        return [simulator.handle(read(provider, each), START + 3600).body for each in ids]

    assert told() == told()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_another_seed_gives_other_orders(provider: str) -> None:
    assert quiet(provider, seed=1).seed_orders(3, START) != quiet(provider, seed=2).seed_orders(3, START)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_answer_does_not_depend_on_what_was_asked_before(provider: str) -> None:
    asked, unasked = quiet(provider), quiet(provider)
    ids = asked.seed_orders(10, START)
    unasked.seed_orders(10, START)

    for order_id in ids:
        asked.handle(read(provider, order_id), START + 60)

    late = read(provider, ids[4])
    assert asked.handle(late, START + 7200) == unasked.handle(late, START + 7200)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_time_scale_shortens_every_dwell(provider: str) -> None:
    real, fast = quiet(provider), quiet(provider, time_scale=0.001)

    real.seed_orders(30, 0.0)
    fast.seed_orders(30, 0.0)

    assert Counter(_path(order) for order in real.truth(YEAR)) == Counter(
        _path(order) for order in fast.truth(YEAR / 1000)
    )


def _path(order: dict[str, list[dict[str, str]]]) -> tuple[str, ...]:
    return tuple(step["state"] for step in order["states"])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_truth_is_read_beside_the_providers_paths_without_a_key(provider: str) -> None:
    simulator = build(provider, seed=1, api_keys={"secret"})
    ids = simulator.seed_orders(2, START)
    bare = get("/_truth/orders", x_api_key="")

    every = body(simulator.handle(bare, START))
    one = body(simulator.handle(get(f"/_truth/orders/{ids[1]}", x_api_key=""), START))

    assert [order["id"] for order in every["orders"]] == ids
    assert one == every["orders"][1]
    assert one["states"][0]["entered_at"] == "2023-11-14T22:13:20.000000Z"
    assert simulator.handle(get("/_truth/orders/unknown"), START).status == 404


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_placed_order_can_be_read_at_once(provider: str) -> None:
    simulator = build(provider, seed=3)

    placed = simulator.handle(create(provider), START)

    order_id = body(placed).get("orderId") or body(placed).get("id") or body(placed)["uuid"]
    assert simulator.handle(read(provider, order_id), START).status == 200


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_simulator_answers_two_thousand_reads_a_second(provider: str) -> None:
    simulator = quiet(provider)
    requests = [read(provider, each) for each in simulator.seed_orders(250, START)]

    begun = time.process_time()
    for request in requests:
        simulator.handle(request, START + 3600)

    assert len(requests) / (time.process_time() - begun) > 2000


def test_an_unknown_provider_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        build("nobody", seed=1)
