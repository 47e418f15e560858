import math
from random import Random

from ordertrail.circuit import Circuit


def failing(circuit: Circuit, times: int, now: float = 0.0) -> None:
    for _ in range(times):
        circuit.failed(now, sent=now - 1)


def test_a_few_failures_leave_it_closed() -> None:
    circuit = Circuit(Random(1))

    failing(circuit, 4)

    assert not circuit.open
    assert circuit.ready_at(0.0) == 0.0


def test_an_answer_between_failures_starts_the_count_anew() -> None:
    circuit = Circuit(Random(1))
    failing(circuit, 4)

    circuit.succeeded(sent=0.0)
    failing(circuit, 4)

    assert not circuit.open


def test_many_failures_in_a_row_open_it_and_it_says_so_once() -> None:
    circuit = Circuit(Random(1))
    failing(circuit, 4)

    assert circuit.failed(10.0, sent=9.0)
    assert not circuit.failed(10.5, sent=9.5)
    assert 10.5 <= circuit.ready_at(10.0) <= 11.0


def test_while_one_request_finds_out_no_other_leaves() -> None:
    circuit = Circuit(Random(1))
    failing(circuit, 5)

    circuit.sent()

    assert circuit.ready_at(100.0) == math.inf


def test_pauses_double_up_to_a_bound() -> None:
    circuit = Circuit(Random(1), longest=8.0)
    failing(circuit, 5)
    pauses = []
    now = 0.0
    for _ in range(12):
        now = circuit.ready_at(now)
        circuit.sent()
        circuit.failed(now, sent=now)
        pauses.append(circuit.ready_at(now) - now)

    assert all(1.0 <= pause <= 2.0 for pause in pauses[:1])
    assert all(4.0 <= pause <= 8.0 for pause in pauses[3:])


def test_an_answer_closes_it() -> None:
    circuit = Circuit(Random(1))
    failing(circuit, 5)
    circuit.sent()

    assert circuit.succeeded(sent=2.0)
    assert circuit.ready_at(2.0) == 2.0
    assert not circuit.open


def test_answers_to_requests_from_before_it_opened_change_nothing() -> None:
    circuit = Circuit(Random(1))
    failing(circuit, 5, now=10.0)
    ready = circuit.ready_at(10.0)

    assert not circuit.succeeded(sent=9.5)
    circuit.failed(10.1, sent=9.6)

    assert circuit.open
    assert circuit.ready_at(10.0) == ready


def test_a_pause_the_host_asks_for_is_kept() -> None:
    circuit = Circuit(Random(1))

    circuit.hold(30.0)
    circuit.hold(20.0)

    assert circuit.ready_at(1.0) == 30.0
