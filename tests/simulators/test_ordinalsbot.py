from datetime import datetime
from typing import Any

import pytest

from simulators import Request, Simulator
from tests.simulators.asking import HEADERS, START, YEAR, body, create, get, post, quiet, read


def shown(simulator: Simulator, order_id: str, now: float) -> dict[str, Any]:
    return body(simulator.handle(read("ordinalsbot", order_id), now))


def ids_of_generation(simulator: Simulator, year: int) -> list[str]:
    simulator.seed_orders(200, START)
    return [each["id"] for each in simulator.truth(START) if each["traits"]["generation"] == year]


def derived(told: dict[str, Any]) -> str:
    """What the flags of a 2023 body say, as the provider's readers work it out."""
    if all("tx" in each for each in told["files"]):
        return "completed"
    if any(each.get("iqueued") for each in told["files"]):
        return "queued"
    if told.get("paid"):
        return "prep"
    return "expired" if told.get("expired") else "waiting-payment"


def test_the_2023_generation_has_neither_a_state_nor_an_id_but_flags() -> None:
    simulator = quiet("ordinalsbot")

    for order_id in ids_of_generation(simulator, 2023):
        told = shown(simulator, order_id, START + 3 * 86_400)
        assert not {"id", "state"} & set(told)
        assert told["charge"]["id"] == order_id
        assert (told["charge"]["status"], told["charge"]["created_at"]) == ("unpaid", int(START))


def test_the_flags_of_2023_say_the_true_state_or_one_before_it() -> None:
    simulator = quiet("ordinalsbot")

    for order_id in ids_of_generation(simulator, 2023):
        for now in (START + 0.5 * 1.7**step for step in range(30)):
            truth = simulator.truth_of(order_id, now)
            assert truth is not None
            seen = [step["state"] for step in truth["states"]]
            assert derived(shown(simulator, order_id, now)) in seen
            if seen[-1] in ("prep", "queued", "completed", "expired"):
                assert derived(shown(simulator, order_id, now)) == seen[-1]


def test_the_2024_generation_has_both() -> None:
    simulator = quiet("ordinalsbot")

    for order_id in ids_of_generation(simulator, 2024):
        assert shown(simulator, order_id, START)["id"] == order_id


def test_files_are_inscribed_one_after_the_other_while_queued() -> None:
    simulator = quiet("ordinalsbot")
    ids = simulator.seed_orders(30, START)
    truths = [simulator.truth_of(each, START + YEAR) for each in ids]
    sent = [(t["id"], [c for c in t["changes"] if c["path"].endswith("sent")]) for t in truths if t]
    order_id, changes = next((order_id, changes) for order_id, changes in sent if len(changes) > 2)

    times = [datetime.fromisoformat(change["at"]).timestamp() for change in changes]
    counts = [shown(simulator, order_id, at + 0.001)["inscribedCount"] for at in times]

    assert counts == list(range(1, len(changes) + 1))


def test_a_rune_mint_counts_its_mints() -> None:
    simulator = quiet("ordinalsbot")
    order_id = body(simulator.handle(post("/runes/mint", {"rune": "A", "numberOfMints": 4}), START))["id"]

    told = shown(simulator, order_id, START + YEAR)

    assert told["executedMints"] == len(told["mintingTxs"])
    assert told["executedMints"] == (4 if told["state"] == "completed" else 0)


def test_an_etch_waits_for_its_reveal() -> None:
    simulator = quiet("ordinalsbot")
    for number in range(40):
        simulator.handle(post("/runes/etch", {"rune": f"R{number}"}), START)

    done = [o for o in simulator.truth(START + YEAR) if o["states"][-1]["state"] == "completed"]

    assert done
    assert all(order["states"][-2]["state"] == "waiting-reveal" for order in done)


def test_the_create_call_answers_nulls_and_a_placeholder_that_a_get_leaves_out() -> None:
    simulator = quiet("ordinalsbot")

    made = body(simulator.handle(create("ordinalsbot"), START))
    told = shown(simulator, made["id"], START)

    assert (made["createdAt"], made["charge"]["order_id"]) == ({".sv": "timestamp"}, None)
    assert (told["createdAt"], "order_id" in told["charge"]) == (int(START * 1000), False)


def test_errors_come_with_http_200_under_error_and_http_500_under_reason() -> None:
    simulator = quiet("ordinalsbot")

    unknown = simulator.handle(get("/order", {"id": "nobody"}), START)
    unreadable = simulator.handle(Request("POST", "/order", {}, HEADERS, b"{"), START)

    assert (unknown.status, body(unknown)) == (200, {"status": "error", "error": "no such order"})
    assert (unreadable.status, set(body(unreadable))) == (500, {"status", "reason"})


@pytest.mark.parametrize("path", ["/status", "/inventory", "/price"])
def test_what_clients_ask_around_an_order_is_answered(path: str) -> None:
    simulator = quiet("ordinalsbot")

    answer = simulator.handle(get(path, {"size": "1000", "fee": "10", "count": "1"}), START)

    assert answer.status == 200
    assert body(answer).get("status") != "error"
