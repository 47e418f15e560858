from random import Random

import pytest

from domain.identity import uuid7
from domain.phases import Phase
from domain.watch import Watch
from ordertrail.fleet import Fleet, Watched, stream_id
from ordertrail.scheduling.facts import Expectation, Facts, Priors
from ordertrail.scheduling.schedule import Schedule

RNG = Random(3)
SLOW = Priors(unknown=Expectation(dwell=1e9))


def watched() -> Watched:
    return Watched(stream_id(f"runa-{uuid7(0, RNG)}"), 1, watch=Watch())


def facts(due: float = 0.0) -> Facts:
    """Of an order that someone wants to be looked at just before then."""
    return Facts("order/open", None, 0.0, wanted_by=due - 0.5)


def fleet_of(**due: float | None) -> Fleet:
    """Orders by when they are due; None: never looked at."""
    fleet = Fleet("runa", Schedule(rate=1.0, priors=SLOW, seed=1))
    for order_id, at in due.items():
        if at is None:
            fleet.add(order_id, watched(), facts(), 0.0)
        else:
            fleet.add(order_id, watched(), facts(at), 0.0, 0.0)
    return fleet


def taken(fleet: Fleet, now: float) -> list[str]:
    found = []
    while (one := fleet.take(now)) is not None:
        found.append(one[0])
    return found


def test_orders_come_when_they_are_due_and_in_that_order() -> None:
    fleet = fleet_of(a=30.0, b=10.0, c=20.0)

    assert taken(fleet, 9.0) == []
    assert taken(fleet, 25.0) == ["b", "c"]
    assert taken(fleet, 30.0) == ["a"]


def test_an_order_that_is_out_does_not_come_again_until_it_is_back() -> None:
    fleet = fleet_of(a=10.0)
    assert taken(fleet, 10.0) == ["a"]

    assert taken(fleet, 100.0) == []
    fleet.kept("a", 110.0)
    assert taken(fleet, 109.0) == []
    assert taken(fleet, 110.0) == ["a"]


def test_a_failed_order_is_tried_again_soon() -> None:
    fleet = fleet_of(a=1.0)
    taken(fleet, 1.0)

    fleet.failed("a", 2.0)

    assert taken(fleet, 2.5) == []
    assert taken(fleet, 8.0) == ["a"]


def test_an_order_asked_about_while_it_is_out_comes_once_more() -> None:
    fleet = fleet_of(a=1.0)
    taken(fleet, 1.0)

    assert fleet.ask("a")
    fleet.looked("a", None, (), 2.0)

    assert taken(fleet, 2.0) == ["a"]
    fleet.looked("a", None, (), 2.0)
    assert taken(fleet, 499.0) == []


def test_an_order_asked_about_many_times_comes_once() -> None:
    fleet = fleet_of(a=99.0, b=1.0)

    assert all(fleet.ask("a") for _ in range(100))

    assert sorted(taken(fleet, 2.0)) == ["a", "b"]
    fleet.looked("a", None, (), 2.0)
    assert taken(fleet, 2.0) == []


def test_an_unknown_order_can_not_be_asked_about() -> None:
    assert not fleet_of(a=1.0).ask("b")


def test_a_removed_order_never_comes() -> None:
    fleet = fleet_of(a=1.0, b=1.0, c=None)
    first = fleet.take(1.0)
    assert first is not None

    for order_id in ("a", "b", "c"):
        fleet.remove(order_id)
    fleet.looked(first[0], None, (), 2.0)

    assert taken(fleet, 1e6) == []
    assert len(fleet) == 0


def test_an_order_tracked_again_while_it_was_out_starts_anew() -> None:
    fleet = fleet_of(a=1.0)
    taken(fleet, 1.0)
    fleet.remove("a")

    again = watched()
    again.version = 9
    fleet.add("a", again, facts(), 1.0)
    assert taken(fleet, 2.0) == []
    fleet.looked("a", None, (), 2.0)

    found = fleet.take(2.0)
    assert found is not None
    assert found[1].version == 9


def test_it_says_when_the_next_order_is_due() -> None:
    fleet = fleet_of(a=30.0, b=10.0)
    assert fleet.next_due() == 10.0

    taken(fleet, 10.0)

    assert fleet.next_due() == 30.0
    assert fleet_of().next_due() == float("inf")


def test_what_is_noted_while_an_order_is_out_is_kept() -> None:
    fleet = fleet_of(a=1.0)
    found = fleet.take(1.0)
    assert found is not None

    found[1].phase = Phase.REFUNDED
    fleet.looked("a", None, (), 2.0)

    kept = fleet.get("a")
    assert kept is not None
    assert kept.phase is Phase.REFUNDED


def test_watches_are_told_by_stream_and_never_of_an_order_that_is_out() -> None:
    fleet = fleet_of(a=1.0, b=99.0)
    record = fleet.get("b")
    assert record is not None
    taken(fleet, 1.0)

    watches, out = fleet.watches(["a", "b", "gone"])

    assert watches == {record.stream("runa"): Watch()}
    assert out == ["a"]


def test_what_was_seen_of_a_removed_order_is_still_to_be_stored() -> None:
    fleet = fleet_of(a=1.0, b=1.0, c=None)
    seen = Watch(first=1, seen=2, last=2, span_looks=3, counts={"timeout": 1})
    idle, out = fleet.get("a"), fleet.get("b")
    assert idle is not None
    assert out is not None
    idle.watch = seen
    fleet.update("a", idle)
    while (found := fleet.take(1.0)) is not None and found[0] != "b":
        fleet.kept(found[0], 99.0)
    assert found is not None

    for order_id in ("a", "b", "c"):
        fleet.remove(order_id)
    found[1].watch = seen
    fleet.looked("b", None, (), 2.0)

    assert fleet.watches([]) == ({idle.stream("runa"): seen, out.stream("runa"): seen}, [])
    assert fleet.watches(["a", "b", "c"]) == ({}, [])


def test_an_order_removed_twice_within_a_saving_is_stored_twice() -> None:
    fleet = fleet_of(a=1.0)
    record = fleet.get("a")
    assert record is not None
    for looks in (1, 2):
        record.watch = Watch(first=looks, seen=looks, span_looks=looks)
        fleet.add("a", record, facts(), 1.0)
        fleet.remove("a")

    assert [watch.span_looks for _ in range(3) for watch in fleet.watches([])[0].values()] == [1, 2]


def test_a_final_order_is_only_watched_since_it_was_tracked_again_or_forgotten() -> None:
    order = watched()
    order.phase, order.since = Phase.FULFILLED, 5
    assert order.ended == 5

    order.began = 9
    assert order.ended == 9

    order.phase, order.watch = Phase.FORGOTTEN, Watch(unseen=3, unseen_since=12)
    assert order.ended == 12


def test_a_stream_name_survives_packing() -> None:
    name = f"xmrto-{uuid7(1_767_225_600_000_000, RNG)}"

    assert Watched(stream_id(name), 1).stream("xmrto") == name


@pytest.mark.parametrize("seed", range(5))
def test_no_order_is_lost_or_doubled_whatever_happens(seed: int) -> None:
    rng, fleet, now = Random(seed), fleet_of(), 0.0
    out: set[str] = set()
    known = {f"o{number}" for number in range(40)}
    for order_id in known:
        fleet.add(order_id, watched(), facts(rng.uniform(1, 50)), 0.0, rng.choice((None, 0.0)))

    for _ in range(2_000):
        now += rng.uniform(0, 1)
        fleet.ask(rng.choice(sorted(known - out)))
        fleet.ask(rng.choice(sorted(known)))
        found = fleet.take(now)
        assert found is not None
        assert found[0] not in out
        out.add(found[0])
        while len(out) > rng.randrange(10):
            back = rng.choice((fleet.failed, fleet.kept, lambda one, at: fleet.looked(one, None, (), at)))
            back(out.pop(), now)

    for order_id in out:
        fleet.kept(order_id, now)
    assert sorted(taken(fleet, now + 1e6)) == sorted(known)
