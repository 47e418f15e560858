"""The lifecycles as people read them: tables and diagrams, printed from the machines themselves."""

from collections.abc import Iterator, Sequence

from domain.phases import FINAL
from domain.provider import Provider

HEAD = """\
# Lifecycles

This file is printed by `ordertrail lifecycles --markdown`; the state machines in `domain/` are the authority.
A state is the provider's own word; its phase is what all providers have in common. In a final phase nothing
more is due, though a failed order may still be refunded and an expired one paid late. An edge is one step; a
poll may skip steps, so an order may be seen further on than the next state.
"""


def line(provider: Provider) -> dict[str, object]:
    """One provider's lifecycle as a JSON object."""
    return {
        "provider": provider.slug,
        "title": provider.title,
        "documents": provider.documents,
        "initial": provider.graph.initial,
        "states": [
            {"state": state, "phase": phase, "final": final} for state, phase, final in state_rows(provider)
        ],
        "edges": [edge._asdict() for edge in provider.graph.edges],
    }


def state_rows(provider: Provider) -> list[tuple[str, str, bool]]:
    """(state, phase, whether it is final), in the order the machine declares them."""
    phases = provider.phases
    return [(state, phases[state].value, phases[state] in FINAL) for state in provider.graph.states]


def edge_rows(provider: Provider) -> list[tuple[str, str, str]]:
    return [(edge.source, edge.event, edge.target) for edge in provider.graph.edges]


def markdown(providers: Sequence[Provider]) -> str:
    return "\n".join([HEAD, *("\n".join(_section(provider)) for provider in providers)])


def mermaid(provider: Provider) -> str:
    """A state diagram, as python-statemachine draws it."""
    return format(provider.machine, "mermaid").strip()


def _section(provider: Provider) -> Iterator[str]:
    yield f"## {provider.title} (`{provider.slug}`)\n\n<{provider.documents}>\n"
    yield "```mermaid"
    yield mermaid(provider)
    yield "```\n"
    yield "| state | phase | final |\n|---|---|---|"
    for state, phase, final in state_rows(provider):
        yield f"| `{state}` | {phase} | {'yes' if final else ''} |"
    yield "\n| from | event | to |\n|---|---|---|"
    for source, event, target in edge_rows(provider):
        yield f"| `{source}` | {event} | `{target}` |"
    yield ""
