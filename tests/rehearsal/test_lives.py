import pytest

from domain.providers import PROVIDERS
from ordertrail.rehearsal.lives import EDGES, certain, leads, told_by_flags


@pytest.mark.parametrize("provider", list(EDGES))
def test_both_tables_of_edges_and_both_ways_of_reasoning_agree(provider: str) -> None:
    graph = PROVIDERS[provider].graph

    assert {(edge.source, edge.target) for edge in graph.edges} == {
        (source, target) for source, targets in EDGES[provider].items() for target in targets
    }
    for source in graph.states:
        for target in graph.states:
            assert leads(provider, source, target) == (target in graph.reachable[source])
            if source != target:
                assert certain(provider, source, target) == (graph.certain(source, target) or ())


def test_steps_nobody_saw_are_certain_only_if_every_way_has_them() -> None:
    assert certain("xverse", "new", "complete") == ("executing", "complete")
    assert certain("xmrto", "UNPAID", "BTC_SENT") == ("BTC_SENT",)
    assert certain("runa", "COMPLETED", "FAILED") == ()


def test_flags_tell_the_least_that_must_be_so() -> None:
    assert told_by_flags(["waiting-payment", "waiting-confirmation"]) == "waiting-payment"
    assert told_by_flags(["waiting-payment", "prep", "queued", "error"]) == "prep"
