from typing import Any

from simulators import Simulator
from tests.simulators.asking import START, YEAR, body, create, get, post, quiet, read

ITEM = {"face_value": 10, "products": {"type": "SINGLE", "value": "AMZ-US"}}


def shown(simulator: Simulator, order_id: str, now: float) -> dict[str, Any]:
    return body(simulator.handle(read("runa", order_id), now))


def test_an_asynchronous_order_is_accepted_and_partial_until_it_is_done() -> None:
    simulator = quiet("runa")

    answer = simulator.handle(create("runa"), START)

    assert answer.status == 202
    assert set(body(answer)) == {"id", "status"}
    partial = shown(simulator, body(answer)["id"], START)
    assert set(partial) - {"message"} == {"id", "status", "created_at"}


def test_a_synchronous_order_is_complete_at_once() -> None:
    simulator = quiet("runa")
    one = post("/v2/order", {"items": [ITEM]}, x_idempotency_key="a", x_execution_mode="sync")
    two = post("/v2/order", {"items": [ITEM, ITEM]}, x_idempotency_key="b", x_execution_mode="sync")

    answer = simulator.handle(one, START)

    assert (answer.status, body(answer)["status"]) == (200, "COMPLETED")
    assert body(simulator.handle(two, START))["type"] == "invalid_execution_mode"


def test_payouts_go_on_changing_after_the_order_is_complete() -> None:
    simulator = quiet("runa")
    ids = simulator.seed_orders(200, START)

    def payouts(now: float) -> list[dict[str, Any]]:
        return [
            item["payout"]
            for each in ids
            for item in shown(simulator, each, now).get("items", ())
            if "payout" in item
        ]

    assert "ACTIVE" in {each["status"] for each in payouts(START + 3600)}
    late = payouts(START + YEAR)
    assert {each["status"] for each in late} == {"ACTIVE", "CLAIMED", "CANCELLED", "EXPIRED"}
    assert len({each["status_updated_at"] for each in late}) > 150


def test_the_truth_knows_when_each_payout_changed() -> None:
    simulator = quiet("runa")
    ids = simulator.seed_orders(30, START)

    for order_id in ids:
        truth = simulator.truth_of(order_id, START + YEAR)
        told = shown(simulator, order_id, START + YEAR)
        assert truth is not None
        last = {change["path"]: change["value"] for change in truth["changes"]}
        for item in told.get("items", ()) if truth["changes"] else ():
            assert last[f"items[{item['id']}].payout.status"] == item["payout"]["status"]


def test_a_failed_order_comes_in_full_or_bare() -> None:
    simulator = quiet("runa")
    ids = simulator.seed_orders(600, START)

    failed = [each for each in (shown(simulator, i, START + YEAR) for i in ids) if each["status"] == "FAILED"]

    assert {"items" in each for each in failed} == {True, False}


def test_the_same_idempotency_key_gets_the_same_answer_refusals_too() -> None:
    simulator = quiet("runa")
    bad = post("/v2/order", {"items": []}, x_idempotency_key="bad")

    assert simulator.handle(create("runa"), START) == simulator.handle(create("runa"), START + 60)
    assert simulator.handle(bad, START) == simulator.handle(bad, START + 60)
    other = post("/v2/order", {"items": [ITEM, ITEM]}, x_idempotency_key="bad")
    assert body(simulator.handle(other, START))["type"] == "idempotency_validation_error"


def test_orders_are_listed_newest_first_page_by_page() -> None:
    simulator = quiet("runa")
    ids = simulator.seed_orders(5, START)[::-1]

    first = body(simulator.handle(get("/v2/order", {"limit": "2"}), START))
    after = first["pagination"]["cursors"]["after"]
    second = body(simulator.handle(get("/v2/order", {"limit": "2", "after": after}), START))
    back = body(
        simulator.handle(get("/v2/order", {"limit": "2", "before": second["orders"][0]["id"]}), START)
    )

    assert [each["id"] for each in first["orders"] + second["orders"]] == ids[:4]
    assert back["orders"] == first["orders"]
    assert simulator.handle(get("/v2/order", {"limit": "0"}), START).status == 400


def test_old_api_versions_are_gone() -> None:
    simulator = quiet("runa")

    gone = simulator.handle(get("/v2/ping", x_api_version="2023-07-27"), START)
    unknown = simulator.handle(get("/v2/ping", x_api_version="2020-01-01"), START)

    assert (gone.status, body(gone)["type"]) == (410, "version_removed")
    assert (unknown.status, body(unknown)["type"]) == (400, "invalid_version")
    assert simulator.handle(get("/v2/ping", x_api_version="2024-02-05"), START).status == 200


def test_an_estimate_has_the_order_s_prices_and_its_exchange() -> None:
    simulator = quiet("runa")
    wanted = {"items": [ITEM], "payment_method": {"type": "ACCOUNT_BALANCE", "currency": "GBP"}}

    estimate = body(simulator.handle(post("/v2/order/estimate", wanted), START))

    assert estimate["total_price"] == "8.03"
    assert estimate["transaction_detail"]["USD"]["fx"]["rate_symbol"] == "GBPUSD"


def test_refusals_name_a_type() -> None:
    simulator = quiet("runa")
    wrong = {"items": [ITEM | {"face_value": 0}]}
    strange = {"items": [ITEM | {"products": {"type": "SINGLE", "value": "nothing"}}]}

    validation = simulator.handle(post("/v2/order", wrong, x_idempotency_key="1"), START)
    product = simulator.handle(post("/v2/order", strange, x_idempotency_key="2"), START)
    missing = simulator.handle(get("/v2/order/O-NOBODY"), START)

    assert body(validation)["details"][0]["location"] == ["items", "0", "face_value"]
    assert (validation.status, product.status, missing.status) == (422, 400, 404)
    assert body(missing) == {"type": "not_found", "message": "There is no such order.", "help": None}
