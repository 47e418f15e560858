"""What the simulators answer to the adapters' own requests is read as what they hold for true."""

import itertools
import json

import pytest

from adapters.endpoint import Endpoint
from adapters.providers import ADAPTERS
from domain.providers import PROVIDERS
from domain.readings import Answer, Failed, NotFound, Reading, Rejected, Shown, Unrecognised, WrongOrder
from simulators import Fault, Request, Simulator, build
from tests.providers.telling import unlisted

START = 1_750_000_000.0
AGES = (0.0, 90.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0, 10_000_000.0)
CASES = [("xverse", None), ("ordinalsbot", None), ("runa", None), *(("xmrto", f"v{n}") for n in range(4))]
every_provider = pytest.mark.parametrize(("slug", "version"), CASES)


def asked(simulator: Simulator, version: str | None, order_id: str, now: float) -> Answer:
    slug = simulator.provider
    request = ADAPTERS[slug].request(Endpoint("http://127.0.0.1:8001", "key", version), order_id)
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = dict(request.url.params)
    said = simulator.handle(Request(request.method, request.url.path, query, headers, request.content), now)
    return Answer(said.status, said.headers.get("content-type"), said.body)


def agrees(slug: str, reading: Reading, true_state: str) -> bool:
    if isinstance(reading, NotFound):
        return slug == "xmrto" and reading.gone
    graph = PROVIDERS[slug].graph
    assert isinstance(reading, Shown), reading
    behind = reading.at_least and true_state in graph.reachable[reading.state]
    return reading.state == true_state or behind


@every_provider
def test_an_order_is_read_as_it_truly_stands(slug: str, version: str | None) -> None:
    simulator = build(slug, seed=7, windows=None)
    order_ids = simulator.seed_orders(25, START)

    for now in (START + age for age in AGES):
        for order_id in order_ids:
            truth = simulator.truth_of(order_id, now)
            assert truth is not None
            reading = ADAPTERS[slug].read(order_id, asked(simulator, version, order_id, now))

            assert agrees(slug, reading, truth["states"][-1]["state"]), (
                order_id,
                now,
                reading,
                truth["state"],
            )


@every_provider
def test_every_field_of_a_simulated_body_is_listed(slug: str, version: str | None) -> None:
    simulator = build(slug, seed=8, windows=None)
    order_ids = simulator.seed_orders(25, START)

    for now in (START + age for age in AGES):
        for order_id in order_ids:
            body = json.loads(asked(simulator, version, order_id, now).body)

            assert unlisted(slug, body) == []


@pytest.mark.parametrize(
    ("fault", "reading"),
    [
        (Fault.SERVER_ERROR_HTML, Failed),
        (Fault.TOO_MANY_REQUESTS, Failed),
        (Fault.TOO_MANY_REQUESTS_BARE, Failed),
        (Fault.MALFORMED, Rejected),
        (Fault.UNKNOWN_WORD, Unrecognised),
    ],
)
@every_provider
def test_a_fault_is_read_as_what_it_is(
    slug: str, version: str | None, fault: Fault, reading: type[Reading]
) -> None:
    simulator = build(slug, seed=9, windows=None, faults={fault: 1.0})
    order_ids = simulator.seed_orders(10, START)

    told = [ADAPTERS[slug].read(each, asked(simulator, version, each, START + 1)) for each in order_ids]

    unspoiled = (
        fault is Fault.UNKNOWN_WORD and slug == "ordinalsbot"
    )  # its older orders give no word to spoil
    assert all(isinstance(each, (reading, Shown) if unspoiled else reading) for each in told)
    assert any(isinstance(each, reading) for each in told)


@every_provider
def test_an_order_it_never_had_is_not_found(slug: str, version: str | None) -> None:
    order_id = "00000000-0000-4000-8000-000000000000"

    reading = ADAPTERS[slug].read(order_id, asked(build(slug, seed=1), version, order_id, START))

    assert reading == NotFound(gone=slug == "xmrto")


def test_an_order_of_another_id_is_never_taken() -> None:
    simulator = build("runa", seed=1)
    first, second = simulator.seed_orders(2, START)

    assert isinstance(ADAPTERS["runa"].read(first, asked(simulator, None, second, START)), WrongOrder)


@pytest.mark.parametrize("slug", PROVIDERS)
def test_every_step_of_a_simulated_life_is_an_edge(slug: str) -> None:
    simulator, graph = build(slug, seed=11, windows=None), PROVIDERS[slug].graph
    simulator.seed_orders(300, START)

    for truth in simulator.truth(START):
        life = [step["state"] for step in (*truth["states"], *truth["ahead"])]

        assert all(pair in graph.event for pair in itertools.pairwise(life)), life
