"""The fold: what people asked for, and what stays open."""

import msgspec
import pytest

from domain.encoding import UnknownEvent, chain, decode, digest
from domain.events import KINDS, Data, Event, EvidenceShown
from domain.instants import SECOND
from domain.order import Order, Tracking, evolve
from domain.tracking import evidence_shown, stop, track
from tests.domain.judging import START, Trial

WANTED = Tracking("https://provider.example", ref="invoice-7")


def asked(order: Order, events: list[Event[Data]]) -> Order:
    for link in chain("stream", order.version, order.digest, events):
        order = evolve(order, link.event, link.row.version, link.digest)
    return order


def tracked(order: Order, wanted: Tracking) -> list[Event[Data]]:
    return track(order, wanted, at=START, recorded_at=START + SECOND, rules="2.1", worker="main")


def stopped(order: Order) -> list[Event[Data]]:
    return stop(order, "asked", by="actor-1", at=START, rules="2.1", worker="main")


def test_tracking_begins_with_an_order_that_has_no_state() -> None:
    order = asked(Order(), tracked(Order(), WANTED))

    assert (order.tracking, order.watched, order.state, order.version) == (WANTED, True, None, 1)


def test_tracking_the_same_way_again_tells_nothing() -> None:
    order = asked(Order(), tracked(Order(), WANTED))

    assert tracked(order, WANTED) == []


def test_tracking_another_way_tells_only_what_changes() -> None:
    order = asked(Order(), tracked(Order(), WANTED))

    [event] = tracked(order, msgspec.structs.replace(WANTED, priority=9, ref=None))
    changed = asked(order, [event])

    assert msgspec.to_builtins(event.data) == {
        "changes": {"ref": {"before": "invoice-7", "after": None}, "priority": {"before": 5, "after": 9}}
    }
    assert changed.tracking == Tracking("https://provider.example", priority=9)


def test_a_stopped_order_goes_on_in_the_same_stream() -> None:
    order = asked(Order(), tracked(Order(), WANTED))
    order = asked(order, stopped(order))

    again = asked(order, tracked(order, WANTED))

    assert (order.watched, order.stopped) == (False, "asked")
    assert (again.watched, again.version) == (True, 3)


def test_an_order_that_is_not_watched_is_not_stopped() -> None:
    assert stopped(Order()) == []


def test_showing_evidence_changes_nothing_but_the_version() -> None:
    trial = Trial()
    trial.state("new", 10)

    shown = evidence_shown(trial.order, "ab", by=None, at=START, rules="2.1", worker="main")
    after = asked(trial.order, shown)

    assert [type(event.data) for event in shown] == [EvidenceShown]
    assert msgspec.structs.replace(after, version=2, digest=trial.order.digest) == trial.order


def test_every_event_names_the_digest_of_the_one_before() -> None:
    trial = Trial()
    trial.state("new", 10)
    trial.state("complete", 20)

    previous = [decode(row.topic, row.state).previous for row in trial.rows]

    assert previous == [None, *(digest(*row) for row in trial.rows[:-1])]
    assert trial.order.digest == digest(*trial.rows[-1])


def test_a_digest_covers_stream_version_topic_and_bytes() -> None:
    digests = {
        digest("a", 1, "t", b"x"),
        digest("b", 1, "t", b"x"),
        digest("a", 2, "t", b"x"),
        digest("a", 1, "u", b"x"),
        digest("a", 1, "t", b"y"),
        digest("at", 1, "", b"x"),
    }

    assert len(digests) == 6


def test_each_kind_of_event_has_a_topic_of_its_own() -> None:
    assert len(KINDS) == len(Data.__subclasses__())

    with pytest.raises(TypeError, match="needs a TOPIC of its own"):
        type("Teleported", (EvidenceShown,), {})


def test_events_that_this_version_does_not_know_are_refused() -> None:
    with pytest.raises(UnknownEvent, match=r"no event is called ordertrail.order-teleported.v1"):
        decode("ordertrail.order-teleported.v1", b"{}")
    with pytest.raises(UnknownEvent, match=r"ordertrail.agreed.v1: "):
        decode("ordertrail.agreed.v1", b"{}")
