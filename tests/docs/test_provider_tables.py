"""A provider that is added stands in every table that the tour says must have it."""

from collections.abc import Collection, Mapping, Sequence

import pytest

import simulators
from adapters.providers import ADAPTERS
from bench import fuzz_corpus
from domain.providers import PROVIDERS
from ordertrail.demo.world import SCALES
from ordertrail.rehearsal.lives import EDGES
from ordertrail.rehearsal.scenario import rule_of
from tests.docs.pages import ROOT, named_code

TABLES: Mapping[str, Sequence[Collection[str]]] = {
    "domain/providers.py": [PROVIDERS],
    "adapters/providers.py": [ADAPTERS],
    "simulators/__init__.py": [simulators.PROVIDERS],
    "ordertrail/rehearsal/lives.py": [EDGES],
    "ordertrail/demo/world.py": [SCALES],
    "bench/fuzz_corpus.py": [fuzz_corpus.ORDER_IDS, fuzz_corpus.IDENTITY],
}
SLUGS = sorted(PROVIDERS.keys() | ADAPTERS.keys() | simulators.PROVIDERS.keys())


@pytest.mark.parametrize("file", TABLES)
def test_every_provider_stands_in_each_table_that_must_have_it(file: str) -> None:
    for table in TABLES[file]:
        assert sorted(table) == SLUGS


@pytest.mark.parametrize("slug", SLUGS)
def test_a_rehearsal_limits_looks_by_a_rule_that_the_providers_simulator_has(slug: str) -> None:
    simulated = simulators.PROVIDERS[slug](seed=1, time_scale=1.0)

    assert rule_of(slug) in simulated.windows


def test_the_tour_names_every_table_that_must_have_a_provider() -> None:
    named = {file for file, _ in named_code(ROOT / "docs" / "tour.md")}

    assert named >= {*TABLES, "ordertrail/rehearsal/scenario.py"}
