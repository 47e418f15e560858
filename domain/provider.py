"""What the judgement needs to know of a provider: one entry per provider."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from statemachine import StateMachine

from domain.fields import Fields
from domain.lifecycle import Graph, compile_lifecycle
from domain.phases import Phase


@dataclass(frozen=True)
class Provider:
    """`rules` rises when this provider's reading or lifecycle changes any story's outcome; `executes`: it is
    to be told that an order is funded."""

    slug: str
    title: str
    documents: str
    machine: type[StateMachine]
    graph: Graph
    phases: Mapping[str, Phase]
    fields: Fields
    rules: int
    normalise: Callable[[str], str]
    executes: bool


def provider(
    *,
    slug: str,
    title: str,
    documents: str,
    machine: type[StateMachine],
    phases: Mapping[str, Phase],
    fields: Fields,
    rules: int,
    normalise: Callable[[str], str] = str,
    executes: bool = False,
) -> Provider:
    """An entry with its lifecycle compiled; ValueError if a state has no phase."""
    graph = compile_lifecycle(machine)
    if missing := set(graph.states) ^ set(phases):
        raise ValueError(f"{slug}: states without a phase, or phases without a state: {sorted(missing)}")
    return Provider(slug, title, documents, machine, graph, phases, fields, rules, normalise, executes)
