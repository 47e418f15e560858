import gzip
import json

import pytest

from simulators import Answer, Fault, Simulator
from tests.simulators.asking import PROVIDERS, START, body, create, quiet, read, shown_state


def suffering(provider: str, fault: Fault, seed: int = 1) -> tuple[Simulator, list[str]]:
    simulator = quiet(provider, seed=seed, faults={fault: 1.0})
    return simulator, simulator.seed_orders(16, START)


def answers(provider: str, fault: Fault) -> list[tuple[str, Answer]]:
    simulator, ids = suffering(provider, fault)
    return [(each, simulator.handle(read(provider, each), START + 900)) for each in ids]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("fault", list(Fault))
def test_an_answer_names_the_fault_it_suffers(provider: str, fault: Fault) -> None:
    assert any(answer.fault == fault for _, answer in answers(provider, fault))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_gateway_answers_html(provider: str) -> None:
    for _, answer in answers(provider, Fault.SERVER_ERROR_HTML):
        assert answer.status in (500, 502, 503)
        assert answer.body.startswith(b"<html>")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_broken_provider_says_so_in_its_own_json(provider: str) -> None:
    for _, answer in answers(provider, Fault.SERVER_ERROR):
        assert answer.status in (500, 503)
        assert body(answer)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_malformed_bodies_are_not_json(provider: str) -> None:
    for _, answer in answers(provider, Fault.MALFORMED):
        with pytest.raises(ValueError, match=r"."):
            json.loads(answer.body)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_regression_shows_a_state_the_order_really_was_in_before(provider: str) -> None:
    simulator, ids = suffering(provider, Fault.REGRESSION)

    for order_id in ids:
        answer = simulator.handle(read(provider, order_id), START + 900)
        truth = simulator.truth_of(order_id, START + 900)
        if truth is not None and answer.fault is not None and "state" in body(answer):
            before = [step["state"] for step in truth["states"][:-1]]
            assert shown_state(provider, body(answer)) in before


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_unknown_word_is_no_state_of_the_order(provider: str) -> None:
    simulator, ids = suffering(provider, Fault.UNKNOWN_WORD)

    for order_id in ids:
        answer = simulator.handle(read(provider, order_id), START)
        truth = simulator.truth_of(order_id, START)
        if truth is not None and answer.fault is not None:
            assert shown_state(provider, body(answer)) != truth["states"][0]["state"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_too_many_requests_names_a_time_to_wait_or_none(provider: str) -> None:
    _, waiting = answers(provider, Fault.TOO_MANY_REQUESTS)[0]
    _, bare = answers(provider, Fault.TOO_MANY_REQUESTS_BARE)[0]

    assert (waiting.status, bare.status) == (429, 429)
    assert int(waiting.headers["retry-after"]) > 0
    assert "retry-after" not in bare.headers


def test_the_same_request_at_the_same_moment_suffers_the_same() -> None:
    plan = dict.fromkeys(Fault, 0.9 / len(Fault))
    one, other = quiet("runa", faults=plan), quiet("runa", faults=plan)
    ids = one.seed_orders(30, START)
    other.seed_orders(30, START)

    forwards = {each: one.handle(read("runa", each), START) for each in ids}
    backwards = {each: other.handle(read("runa", each), START) for each in reversed(ids)}

    assert forwards == backwards
    assert {answer.fault for answer in forwards.values()} > {None, Fault.SLOW}


def test_a_fault_before_the_provider_places_no_order() -> None:
    simulator = quiet("runa", faults={Fault.SERVER_ERROR_HTML: 1.0})

    simulator.handle(create("runa"), START)

    assert simulator.truth(START) == []


def test_a_fault_on_the_way_back_has_placed_the_order() -> None:
    simulator = quiet("runa", faults={Fault.CUT_OFF: 1.0})

    answer = simulator.handle(create("runa"), START)

    assert answer.cut_after is not None
    assert answer.cut_after < len(answer.body)
    assert len(simulator.truth(START)) == 1


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("fault", [Fault.OTHER_ORDER, Fault.OTHER_ORDER_NAMELESS])
def test_another_orders_body_is_told_of_that_order(provider: str, fault: Fault) -> None:
    spoilt = [(asked, answer) for asked, answer in answers(provider, fault) if answer.fault]

    assert all(answer.told is not None for _, answer in spoilt)
    assert any(answer.told is not None and answer.told.order != asked for asked, answer in spoilt)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_stale_answer_admits_an_age_that_covers_the_moment_it_shows(provider: str) -> None:
    for _, answer in answers(provider, Fault.STALE_WITH_AGE):
        if answer.fault is not None and answer.told is not None:
            age = int(answer.headers["age"])
            assert age <= START + 900 - answer.told.at < age + 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_body_without_its_state_names_none(provider: str) -> None:
    for _, answer in answers(provider, Fault.VANISHED_STATE):
        if answer.fault is not None:
            assert not {"state", "state_str", "status"} & set(body(answer))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_zipped_body_is_the_same_when_unpacked(provider: str) -> None:
    for _, answer in answers(provider, Fault.GZIPPED):
        if answer.fault is not None:
            assert json.loads(gzip.decompress(answer.body))
