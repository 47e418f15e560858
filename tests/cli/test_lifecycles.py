from domain.providers import PROVIDERS
from tests.cli.conftest import Ordertrail


def test_every_state_and_edge_is_printed(ordertrail: Ordertrail) -> None:
    for line in ordertrail("lifecycles", "--json").lines:
        graph = PROVIDERS[line["provider"]].graph

        assert [state["state"] for state in line["states"]] == list(graph.states)
        assert len(line["edges"]) == len(graph.edges)


def test_the_markdown_is_the_same_every_time(ordertrail: Ordertrail) -> None:
    first, second = ordertrail("lifecycles", "--markdown"), ordertrail("lifecycles", "--markdown")

    assert first.out == second.out
    assert first.out.count("```mermaid") == len(PROVIDERS)
    assert "| `waiting-payment` | awaiting_payment |  |" in first.out


def test_one_provider_is_enough(ordertrail: Ordertrail) -> None:
    answer = ordertrail("lifecycles", "runa")

    assert "PROCESSING" in answer.out
    assert "BTC_SENT" not in answer.out


def test_every_verb_has_help(ordertrail: Ordertrail) -> None:
    verbs = "demo run check lifecycles track stop refresh import orders order history evidence attention"

    for verb in [*verbs.split(), "topics", "audit", "simulate"]:
        answer = ordertrail(verb, "--help")

        assert answer.status == 0
        assert "--json" in answer.out
