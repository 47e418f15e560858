"""A provider's `StateMachine` compiled into a graph that answers in nanoseconds.

The class is the authority; the graph is read off it once, at import. A test walks every (state, event) pair
through both. What a poll may skip is answered by dominators: the states on *every* path from one state to
another, so that a step nobody saw is written only when it must have happened.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from statemachine import StateMachine


class Edge(NamedTuple):
    source: str
    event: str
    target: str


class Graph:
    """States and edges of one lifecycle, with everything a snapshot asks of them precomputed."""

    def __init__(self, initial: str, states: Iterable[str], edges: Iterable[Edge]) -> None:
        self.initial = initial
        self.states = tuple(states)
        self.edges = tuple(edges)
        self.step: Mapping[tuple[str, str], str] = {(e.source, e.event): e.target for e in self.edges}
        self.event: Mapping[tuple[str, str], str] = {(e.source, e.target): e.event for e in self.edges}
        self.successors: Mapping[str, tuple[str, ...]] = {
            state: tuple(e.target for e in self.edges if e.source == state) for state in self.states
        }
        self.reachable: Mapping[str, frozenset[str]] = {s: _reach(s, self.successors) for s in self.states}
        self._certain: Mapping[tuple[str, str], tuple[str, ...]] = {
            (source, target): self._dominators(source, target)
            for source in self.states
            for target in self.reachable[source]
            if source != target
        }

    def certain(self, source: str, target: str) -> tuple[str, ...] | None:
        """The states entered for certain on the way, in order, `target` last; None if there is no way."""
        return self._certain.get((source, target))

    def ways(self, source: str, target: str, most: int = 1000) -> list[tuple[str, ...]]:
        """Ways from one state to another that enter no state twice, the shortest first; `most` at most."""
        found: list[tuple[str, ...]] = []
        going: deque[tuple[str, ...]] = deque([(source,)])
        while going and len(found) < most:
            way = going.popleft()
            for state in self.successors[way[-1]]:
                if state == target:
                    found.append((*way, state))
                elif state not in way:
                    going.append((*way, state))
        return found[:most]

    def _dominators(self, source: str, target: str) -> tuple[str, ...]:
        inner = [
            state
            for state in self.reachable[source]
            if state not in (source, target) and target not in _reach(source, self.successors, without=state)
        ]
        inner.sort(key=lambda state: len(_reach(source, self.successors, without=state)))
        return (*inner, target)


def _reach(
    source: str, successors: Mapping[str, tuple[str, ...]], without: str | None = None
) -> frozenset[str]:
    """Every state that one step or more from `source` can lead to, never entering `without`."""
    seen: set[str] = set()
    waiting = [source]
    while waiting:
        for target in successors[waiting.pop()]:
            if target != without and target not in seen:
                seen.add(target)
                waiting.append(target)
    return frozenset(seen)


def compile_lifecycle(machine: type[StateMachine]) -> Graph:
    """Read the graph off a lifecycle class; its states' values are the provider's words.

    Raises ValueError for what a graph can't say: guards, internal, eventless or ambiguous transitions, and
    names that would replace a part of StateMachine.
    """
    edges: list[Edge] = []
    for state in machine.states:
        for transition in state.transitions:
            events = str(transition.event or "").split()
            targets = [] if transition.target is None else [transition.target]
            guarded = [*transition.cond, *transition.validators]
            if len(events) != 1 or len(targets) != 1 or guarded or transition.internal:
                raise ValueError(f"{machine.__name__}: {state.value} has a transition that is no plain edge")
            edges.append(Edge(str(state.value), events[0], str(targets[0].value)))
    names = {state.id for state in machine.states} | {edge.event for edge in edges}
    if taken := sorted(name for name in names if hasattr(StateMachine, name)):
        raise ValueError(f"{machine.__name__}: {taken} would replace a part of StateMachine")
    pairs = [(edge.source, edge.target) for edge in edges]
    if len(set(pairs)) != len(pairs) or len({(e.source, e.event) for e in edges}) != len(edges):
        raise ValueError(
            f"{machine.__name__}: two transitions join the same states or share a source and event"
        )
    return Graph(str(machine.initial_state.value), [str(state.value) for state in machine.states], edges)
