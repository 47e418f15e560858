from random import Random

from bench import chaos


def test_twenty_kills_and_freezes_lose_double_and_move_nothing() -> None:
    said: list[str] = []

    survived = chaos.survive(20, Random(20), say=said.append)

    assert survived.kills == len(said) == 20
    assert survived.verdict.events > 0
    assert survived.holds, (survived.line(), said)
