import time
from pathlib import Path

import pytest

from ordertrail.demo.world import Place, World, WorldError, keys, new_world, simulators_of, spread
from tests.cli.conftest import Ordertrail


def test_a_world_comes_back_as_it_was(place: Path) -> None:
    now = time.time()
    world = new_world(3, 6, now)
    Place(place).write(world)

    again = Place(place).read()

    assert again == world
    assert isinstance(again, World)
    before, after = (
        [simulator.truth(now + 20) for simulator in simulators_of(each)] for each in (world, again)
    )
    assert before == after


def test_orders_are_spread_over_the_providers() -> None:
    assert spread(6) == {"xverse": 2, "ordinalsbot": 2, "runa": 1, "xmrto": 1}


def test_two_demos_in_one_place_are_one_too_many(place: Path) -> None:
    with Place(place).taken(), pytest.raises(WorldError, match="is running"), Place(place).taken():
        pass


def test_a_log_that_is_no_demos_is_left_alone(place: Path, ordertrail: Ordertrail) -> None:
    (place / "demo").mkdir()
    (place / "demo" / "ordertrail.db").touch()

    answer = ordertrail("demo", "--keep", "demo", "--no-kafka")

    assert answer.status == 2
    assert "--fresh" in answer.err


def test_a_demo_records_its_orders_and_goes_on_where_it_was(place: Path, ordertrail: Ordertrail) -> None:
    first = ordertrail("demo", "--no-kafka", "--json", "--orders", "4", "--seconds", "3", "--keep", "d")
    second = ordertrail("demo", "--no-kafka", "--json", "--seconds", "3", "--keep", "d")

    assert (first.status, second.status) == (0, 0)
    world = Place(place / "d").read()
    assert world is not None
    expected = {str(key) for key in keys(simulators_of(world), time.time())}
    tracked = [each["order"] for each in first.lines + second.lines if each.get("event") == "OrderTracked"]
    assert sorted(tracked) == sorted(expected)
    assert second.lines[-1]["events"] > first.lines[-1]["events"]
