import random
from random import Random

import pytest

from adapters.kafka.artifacts import KAFKA, KAFKA_BEFORE
from bench import chaos


@pytest.mark.parametrize(("kafka", "kills"), [(KAFKA, 20), (KAFKA_BEFORE, 10)])
def test_kills_and_freezes_lose_double_and_move_nothing(kafka: str, kills: int) -> None:
    said = [f"seed {(seed := random.SystemRandom().randrange(1_000_000))}"]

    survived = chaos.survive(kills, Random(seed), kafka=kafka, say=said.append)

    assert survived.kills == len(said) - 1 == kills
    assert survived.verdict.events > 0
    assert survived.holds, (survived.line(), said)
