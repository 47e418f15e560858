"""The edges of the four lifecycles, written down a second time, and what follows from them."""

import pytest
from statemachine import StateMachine
from statemachine.exceptions import TransitionNotAllowed

from domain.phases import Phase
from domain.providers import PROVIDERS

EDGES = {
    "xverse": {
        "new": {"pending", "executing", "failed", "stale"},
        "pending": {"executing", "failed"},
        "executing": {"complete", "failed"},
        "complete": set(),
        "failed": {"refunded"},
        "refunded": set(),
        "stale": {"pending", "executing"},
    },
    "ordinalsbot": {
        "waiting-payment": {
            "waiting-rune-balance",
            "waiting-confirmation",
            "prep",
            "expired",
            "cancelled",
            "error",
        },
        "waiting-rune-balance": {
            "waiting-payment",
            "waiting-confirmation",
            "prep",
            "expired",
            "cancelled",
            "error",
        },
        "waiting-confirmation": {"waiting-parent", "prep", "cancelled", "error", "waiting-refund"},
        "waiting-parent": {"prep", "error"},
        "prep": {"waiting-parent", "queued", "error"},
        "queued": {"waiting-reveal", "completed", "error"},
        "waiting-reveal": {"completed", "error"},
        "completed": set(),
        "error": {"waiting-refund"},
        "cancelled": {"waiting-refund"},
        "expired": {"waiting-refund"},
        "waiting-refund": {"refunded"},
        "refunded": set(),
    },
    "runa": {"PROCESSING": {"COMPLETED", "FAILED"}, "COMPLETED": set(), "FAILED": set()},
    "xmrto": {
        "TO_BE_CREATED": {"UNPAID", "TIMED_OUT"},
        "UNPAID": {
            "UNDERPAID",
            "PAID_UNCONFIRMED",
            "PAID",
            "TIMED_OUT",
            "REJECTED",
            "PAYMENT_FAILED",
            "FLAGGED_DESTINATION_ADDRESS",
        },
        "UNDERPAID": {
            "UNPAID",
            "PAID_UNCONFIRMED",
            "PAID",
            "TIMED_OUT",
            "REJECTED",
            "PAYMENT_FAILED",
            "FLAGGED_DESTINATION_ADDRESS",
        },
        "PAID_UNCONFIRMED": {
            "PAID",
            "BTC_SENT",
            "REJECTED",
            "PAYMENT_FAILED",
            "FLAGGED_DESTINATION_ADDRESS",
        },
        "PAID": {"BTC_SENT", "REJECTED", "PAYMENT_FAILED", "FLAGGED_DESTINATION_ADDRESS"},
        "BTC_SENT": set(),
        "TIMED_OUT": set(),
        "REJECTED": set(),
        "PAYMENT_FAILED": set(),
        "FLAGGED_DESTINATION_ADDRESS": set(),
    },
}
INITIAL = {
    "xverse": "new",
    "ordinalsbot": "waiting-payment",
    "runa": "PROCESSING",
    "xmrto": "TO_BE_CREATED",
}
CERTAIN = [
    ("xverse", "new", "complete", ("executing", "complete")),
    ("xverse", "new", "refunded", ("failed", "refunded")),
    ("xverse", "stale", "complete", ("executing", "complete")),
    ("xverse", "complete", "new", None),
    ("xverse", "complete", "executing", None),
    ("ordinalsbot", "waiting-payment", "queued", ("prep", "queued")),
    ("ordinalsbot", "waiting-payment", "completed", ("prep", "queued", "completed")),
    ("ordinalsbot", "waiting-confirmation", "refunded", ("waiting-refund", "refunded")),
    ("ordinalsbot", "queued", "completed", ("completed",)),
    ("ordinalsbot", "expired", "prep", None),
    ("runa", "PROCESSING", "COMPLETED", ("COMPLETED",)),
    ("runa", "COMPLETED", "FAILED", None),
    ("xmrto", "UNPAID", "BTC_SENT", ("BTC_SENT",)),
    ("xmrto", "TO_BE_CREATED", "BTC_SENT", ("UNPAID", "BTC_SENT")),
    ("xmrto", "TIMED_OUT", "PAID", None),
    ("xmrto", "BTC_SENT", "UNDERPAID", None),
]


@pytest.mark.parametrize("slug", PROVIDERS)
def test_a_lifecycle_has_just_the_agreed_edges(slug: str) -> None:
    graph = PROVIDERS[slug].graph

    edges = {state: set(graph.successors[state]) for state in graph.states}

    assert edges == EDGES[slug]
    assert graph.initial == INITIAL[slug]


@pytest.mark.parametrize("slug", PROVIDERS)
def test_the_graph_and_the_machine_agree_on_every_state_and_event(slug: str) -> None:
    provider = PROVIDERS[slug]
    events = sorted({edge.event for edge in provider.graph.edges})

    for state in provider.graph.states:
        for event in events:
            machine = provider.machine(start_value=state)
            try:
                machine.send(event)
                arrived = next(iter(machine.configuration_values))
            except TransitionNotAllowed:
                arrived = None

            assert arrived == provider.graph.step.get((state, event)), (state, event)


@pytest.mark.parametrize("slug", PROVIDERS)
def test_no_state_or_event_hides_what_a_machine_needs(slug: str) -> None:
    """An event called `send` or `prepare` breaks the class without a word."""
    machine = PROVIDERS[slug].machine
    names = {edge.event for edge in PROVIDERS[slug].graph.edges} | {state.id for state in machine.states}

    assert [name for name in sorted(names) if hasattr(StateMachine, name)] == []


@pytest.mark.parametrize(("slug", "source", "target", "steps"), CERTAIN)
def test_only_steps_on_every_path_are_certain(
    slug: str, source: str, target: str, steps: tuple[str, ...] | None
) -> None:
    assert PROVIDERS[slug].graph.certain(source, target) == steps


@pytest.mark.parametrize("slug", PROVIDERS)
def test_every_state_has_a_phase(slug: str) -> None:
    provider = PROVIDERS[slug]

    assert set(provider.phases) == set(provider.graph.states)
    assert Phase.FORGOTTEN not in provider.phases.values()


def test_a_provider_is_found_under_its_own_slug() -> None:
    assert {slug: provider.slug for slug, provider in PROVIDERS.items()} == {slug: slug for slug in PROVIDERS}
