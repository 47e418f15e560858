from typing import Any

from simulators import Simulator
from tests.simulators.asking import START, YEAR, body, create, get, post, quiet, read

FUNDING = {"fundTransactionId": "ab" * 32}


def shown(simulator: Simulator, order_id: str, now: float) -> dict[str, Any]:
    return body(simulator.handle(read("xverse", order_id), now))


def placed(simulator: Simulator) -> str:
    return str(body(simulator.handle(create("xverse"), START))["orderId"])


def executing_path(order_id: str) -> str:
    return f"/v1/runes-managed/mint/orders/{order_id}/execute"


def test_a_mint_is_estimated_then_placed_for_the_same_amount() -> None:
    simulator = quiet("xverse")
    order = {"runeName": "DOG", "repeats": 3, "destinationAddress": "bc1p", "feeRate": 12}

    estimate = body(simulator.handle(post("/v1/runes-managed/mint/estimate", order), START))
    made = body(simulator.handle(post("/v1/runes-managed/mint/orders", order), START))

    assert estimate["totalCost"] == sum(estimate["costBreakdown"].values()) == made["fundAmount"]
    assert set(made) == {"orderId", "fundAddress", "fundAmount"}


def test_an_etch_waits_for_six_confirmations_before_it_executes() -> None:
    simulator = quiet("xverse")
    simulator.seed_orders(300, START)

    etches = [order for order in simulator.truth(START + YEAR) if order["traits"]["kind"] == "etch"]
    executed = [order for order in etches if any(s["state"] == "executing" for s in order["states"])]

    assert executed
    assert all(any(s["state"] == "pending" for s in order["states"]) for order in executed)


def test_executing_a_new_order_starts_it_within_seconds() -> None:
    simulator = quiet("xverse")
    order_id = placed(simulator)

    answer = simulator.handle(post(executing_path(order_id), FUNDING), START + 1)

    assert answer.status == 200
    assert answer.body in (b"", b'{"fundTransactionId":"' + b"ab" * 32 + b'"}')
    assert shown(simulator, order_id, START + 10)["state"] in ("pending", "executing")


def test_what_happened_before_an_execute_stays_true() -> None:
    simulator = quiet("xverse", seed=4)
    order_id = placed(simulator)
    before = simulator.truth_of(order_id, START + 1)

    simulator.handle(post(executing_path(order_id), FUNDING), START + 1)

    after = simulator.truth_of(order_id, START + 1)
    assert before is not None
    assert after is not None
    assert before["states"] == after["states"]


def test_execute_wants_a_whole_transaction_id_and_a_known_order() -> None:
    simulator = quiet("xverse")
    order_id = placed(simulator)

    short = simulator.handle(post(executing_path(order_id), {"fundTransactionId": "ab"}), START)
    unknown = simulator.handle(post(executing_path("0" * 8), FUNDING), START)

    assert (short.status, unknown.status) == (400, 404)


def test_transactions_appear_while_executing_and_some_are_replaced() -> None:
    simulator = quiet("xverse")
    simulator.seed_orders(50, START)
    paths = [
        [change["path"] for change in order["changes"] if change["path"].endswith("txid")]
        for order in simulator.truth(START + YEAR)
    ]

    assert any(len(each) > len(set(each)) for each in paths)
    order = next(o for o in simulator.truth(START + YEAR) if o["states"][-1]["state"] == "complete")
    states = {each["state"] for each in shown(simulator, order["id"], START + YEAR)["transactions"]}
    assert states == {"confirmed"}


def test_the_reason_is_a_text_when_failed_and_otherwise_absent_null_or_empty() -> None:
    simulator = quiet("xverse")
    ids = simulator.seed_orders(400, START)

    early = [shown(simulator, each, START) for each in ids]
    late = [shown(simulator, each, START + YEAR) for each in ids]

    assert {each.get("reason", "absent") for each in early} == {"absent", None, ""}
    assert all(each["reason"] for each in late if each["state"] in ("failed", "refunded"))


def test_both_generations_of_ids_and_order_types_occur() -> None:
    simulator = quiet("xverse")
    bodies = [shown(simulator, each, START) for each in simulator.seed_orders(100, START)]

    assert {("id" in each, "orderId" in each) for each in bodies} == {(True, False), (False, True)}
    types = {each["orderType"] for each in bodies}
    assert types == {"runes_mint", "rune_mint", "runes_etch", "rune_etch"}


def test_orders_are_listed_by_destination_address() -> None:
    simulator = quiet("xverse")
    order_id = placed(simulator)
    simulator.seed_orders(3, START)

    listed = body(simulator.handle(get("/v1/runes-managed/orders", {"destinationAddress": "bc1p"}), START))

    assert [item["orderId"] for item in listed["items"]] == [order_id]


def test_refusals_have_the_status_in_the_body() -> None:
    simulator = quiet("xverse")
    asked = {
        "/v1/runes-managed/orders/nonsense": 400,
        "/v1/runes-managed/orders/00000000-0000-4000-8000-000000000000": 404,
        "/v1/elsewhere": 404,
    }

    for path, status in asked.items():
        answer = simulator.handle(get(path), START)
        assert (answer.status, body(answer)["statusCode"]) == (status, status)


def test_an_order_that_makes_no_sense_is_refused() -> None:
    simulator = quiet("xverse")
    order = {"runeName": "DOG", "repeats": 3, "destinationAddress": "bc1p", "feeRate": 12}

    for flaw in ({"repeats": 4001}, {"feeRate": 0}, {"runeName": ""}, {"appServiceFee": "x"}):
        answer = simulator.handle(post("/v1/runes-managed/mint/orders", order | flaw), START)
        assert answer.status == 400
