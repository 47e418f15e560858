import json
from typing import Any

import pytest

from simulators import Answer, Request, Simulator
from tests.simulators.asking import START, YEAR, body, post, quiet

ADDRESS = "1FhnVJi2V1k4MqXm2nHoEbY5LV7FPai7bb"
MONTH = 30 * 86_400.0


def ask(simulator: Simulator, order_id: str, now: float, version: int = 3) -> Answer:
    path = f"/api/v{version}/xmr2btc/order_status_query/" if version else "/api/order_status/"
    return simulator.handle(post(path, {"uuid": order_id}), now)


def in_state(simulator: Simulator, state: str, now: float) -> str:
    orders = simulator.truth(now)
    return str(next(each["id"] for each in orders if each["states"][-1]["state"] == state))


@pytest.fixture
def simulator() -> Simulator:
    made = quiet("xmrto")
    made.seed_orders(200, START)
    return made


@pytest.mark.parametrize(
    ("path", "placed", "status", "amount"),
    [
        ("/api/create_order/", {"btc_amount": 0.1}, 200, 0.1),
        ("/api/v1/xmr2btc/order_create/", {"btc_amount": 0.1}, 201, 0.1),
        ("/api/v2/xmr2btc/order_create/", {"btc_amount": "0.1"}, 201, 0.1),
        ("/api/v3/xmr2btc/order_create/", {"amount": "0.1", "amount_currency": "BTC"}, 201, "0.1"),
    ],
)
def test_each_version_takes_an_order(path: str, placed: dict[str, Any], status: int, amount: object) -> None:
    answer = quiet("xmrto").handle(post(path, placed | {"btc_dest_address": ADDRESS}), START)

    assert answer.status == status
    assert body(answer)["btc_amount"] == amount
    assert set(body(answer)) - {"uses_lightning"} == {"state", "btc_amount", "btc_dest_address", "uuid"}


def test_forms_are_taken_as_well_as_json() -> None:
    form = f"btc_amount=0.1&btc_dest_address={ADDRESS}".encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}

    answer = quiet("xmrto").handle(Request("POST", "/api/v2/xmr2btc/order_create/", {}, headers, form), START)

    assert answer.status == 201


def test_an_amount_in_monero_is_exchanged() -> None:
    wanted = {"amount": "10", "amount_currency": "XMR", "btc_dest_address": ADDRESS}

    answer = quiet("xmrto").handle(post("/api/v3/xmr2btc/order_create/", wanted), START)

    assert 0.06 < float(body(answer)["btc_amount"]) < 0.08


def test_a_path_without_its_slash_redirects_and_the_get_that_follows_is_not_allowed() -> None:
    simulator = quiet("xmrto")

    redirect = simulator.handle(post("/api/v2/xmr2btc/order_status_query", {}), START)
    followed = simulator.handle(Request("GET", redirect.headers["location"]), START)

    assert (redirect.status, followed.status) == (301, 405)
    assert simulator.handle(Request("GET", "/api/elsewhere"), START).status == 404


def test_only_the_state_is_known_before_an_order_is_made(simulator: Simulator) -> None:
    order_id = in_state(simulator, "TO_BE_CREATED", START)

    told = body(ask(simulator, order_id, START, version=2))

    assert set(told) == {"state", "btc_amount", "btc_dest_address", "uuid"}


def test_version_0_says_state_or_state_str(simulator: Simulator) -> None:
    ids = [each["id"] for each in simulator.truth(START)]
    told = [body(ask(simulator, each, START + 60, version=0)) for each in ids]

    assert {("state" in each, "state_str" in each) for each in told} == {(True, False), (False, True)}
    assert all("xmr_amount_total" not in each for each in told)


def test_version_3_renames_fields_and_writes_strings(simulator: Simulator) -> None:
    order_id = in_state(simulator, "UNPAID", START + 60)

    second, third = (body(ask(simulator, order_id, START + 60, version=v)) for v in (2, 3))

    assert second["xmr_amount_total"] == float(third["incoming_amount_total"])
    assert second["xmr_num_confirmations_remaining"] == third["incoming_num_confirmations_remaining"] == -1
    assert third["remaining_amount_incoming"] == third["incoming_amount_total"]
    assert third["payments"] == []


def test_the_seconds_till_timeout_count_down(simulator: Simulator) -> None:
    order_id = in_state(simulator, "UNPAID", START + 60)

    now, later = (body(ask(simulator, order_id, START + at))["seconds_till_timeout"] for at in (60, 75))

    assert now - later == 15


def test_confirmations_move_while_a_payment_confirms_and_after_the_bitcoin_is_sent(
    simulator: Simulator,
) -> None:
    order = next(
        o
        for o in simulator.truth(START + YEAR)
        if [s["state"] for s in o["states"]][-2:] == ["PAID", "BTC_SENT"]
    )
    told = [body(ask(simulator, order["id"], START + 60 * n, version=2)) for n in range(1500)]

    incoming = [e["xmr_num_confirmations_remaining"] for e in told if e.get("state") == "PAID_UNCONFIRMED"]
    outgoing = [e["btc_num_confirmations"] for e in told if e.get("state") == "BTC_SENT"]
    assert incoming == sorted(incoming, reverse=True)
    assert outgoing == sorted(outgoing)
    assert max(outgoing) > 100


def test_an_order_is_forgotten_after_144_confirmations(simulator: Simulator) -> None:
    purged = [each for each in simulator.truth(START + MONTH) if each["gone_at"]]

    for order in purged:
        answer = ask(simulator, order["id"], START + MONTH, version=2)
        assert (answer.status, body(answer)["error"]) == (404, "XMRTO-ERROR-006")
    third = {body(ask(simulator, order["id"], START + MONTH)).get("state") for order in purged}
    assert third == {None, "PURGED"}


def test_version_0_has_a_word_for_orders_it_does_not_know() -> None:
    assert body(ask(quiet("xmrto"), "xmrto-nobody", START, version=0)) == {"state": "NOT_FOUND"}


def test_a_partial_payment_can_be_accepted_as_the_whole(simulator: Simulator) -> None:
    order_id = in_state(simulator, "UNDERPAID", START + 200)
    path = "/api/v3/xmr2btc/order_partial_payment/"

    answer = simulator.handle(post(path, {"uuid": order_id}), START + 200)

    assert answer.status == 200
    told = body(ask(simulator, order_id, START + 210))
    assert told["state"] not in ("UNPAID", "UNDERPAID", "TIMED_OUT")
    assert told["remaining_amount_incoming"] == "0"
    assert simulator.handle(post(path, {"uuid": order_id}), START + 210).status == 400


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"btc_dest_address": "nowhere"}, "002"),
        ({"amount": "much"}, "003"),
        ({"amount": "1000"}, "004"),
        ({"amount_currency": "XMR", "amount": "much"}, "015"),
        ({"amount_currency": "EUR"}, "016"),
    ],
)
def test_refusals_have_numbers(change: dict[str, str], number: str) -> None:
    wanted = {"amount": "0.1", "amount_currency": "BTC", "btc_dest_address": ADDRESS} | change

    answer = quiet("xmrto").handle(post("/api/v3/xmr2btc/order_create/", wanted), START)

    assert (answer.status, body(answer)["error"]) == (400, f"XMRTO-ERROR-{number}")


def test_version_0_refuses_with_a_bare_status() -> None:
    answer = quiet("xmrto").handle(Request("POST", "/api/order_status/", body=b"{"), START)

    assert (answer.status, answer.body) == (400, b"")


def test_the_other_calls_of_the_third_version_answer() -> None:
    simulator = quiet("xmrto")
    calls = {
        "order_create_pp": {"pp_url": "https://example.com/i/1"},
        "order_create_ln": {"ln_invoice": "lnbc1"},
        "order_check_price": {"amount": "0.1", "amount_currency": "BTC"},
    }

    for name, sent in calls.items():
        assert simulator.handle(post(f"/api/v3/xmr2btc/{name}/", sent), START).status in (200, 201)
    parameters = simulator.handle(Request("GET", "/api/v3/xmr2btc/order_parameter_query/"), START)
    assert json.loads(parameters.body)["zero_conf_max_amount"] == "0.1"
