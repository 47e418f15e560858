import json
from threading import Event
from typing import Any

from domain.log import Log, LogUnreachable
from domain.rows import Parked, Row
from ordertrail.project import Projected, Projector, parked_orders, retry_parked, unpark
from projections import attention, orders
from projections.attention import Parking
from projections.orders import stored
from projections.read_models import PROJECTION
from tests.fixtures.recording import ORDER, OTHER, Recording


class Away:
    """The log, but its first reads find nobody there."""

    def __init__(self, log: Log, times: int) -> None:
        self._log = log
        self._left = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def read(self, after: int, limit: int) -> list[Row]:
        if self._left:
            self._left -= 1
            raise LogUnreachable("nobody is there")
        return self._log.read(after, limit)


class StopAfter(Event):
    """Set once it was asked so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._left = times

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0


def row(recording: Recording, model: str = orders.MODEL, order: str = ORDER) -> dict[str, Any] | None:
    found = recording.log.model_rows(model, [order]).get(order)
    parsed: dict[str, Any] | None = None if found is None else json.loads(found.value)
    return parsed


def say_nothing(words: str) -> None:
    """Nobody listens."""


def park(recording: Recording) -> None:
    """The order's next event could not be read by the version that runs."""
    log = recording.log
    before = log.model_rows(orders.MODEL, [ORDER])[ORDER]
    parking = Parking(99, "no event is called that")
    change = attention.change(ORDER, stored(before.fold), log.tail(), parking)
    parked = Parked(ORDER, log.tail(), parking.why)
    log.project(PROJECTION, log.position(PROJECTION), log.tail(), [change], [parked])


def test_it_catches_up_in_batches(any_recording: Recording) -> None:
    for minutes, word in enumerate(["new", "executing", "complete"]):
        any_recording.state(minutes, word)
        any_recording.state(minutes, word, order=OTHER)

    done = Projector(any_recording.log, say=say_nothing, batch_rows=3).catch_up()

    assert done == Projected(events=8, changes=6, parked=0, skipped=0)
    assert any_recording.log.position(PROJECTION) == any_recording.log.tail()
    for order in (ORDER, OTHER):
        found = row(any_recording, order=order)
        assert found is not None
        assert (found["state"], found["version"]) == ("complete", 4)


def test_an_empty_log_is_caught_up_at_once(any_recording: Recording) -> None:
    assert Projector(any_recording.log, say=say_nothing).catch_up() == Projected()


def test_two_projectors_share_a_log_without_harm(any_recording: Recording) -> None:
    one = Projector(any_recording.log, say=say_nothing)
    other = Projector(any_recording.log, say=say_nothing)
    for minutes, word in enumerate(["new", "executing", "complete", "executing", "complete"]):
        any_recording.state(minutes, word)
        (one, other)[minutes % 2].catch_up()

    one.catch_up()

    found = row(any_recording)
    assert found is not None
    assert (found["state"], found["version"], found["attention"]) == ("complete", 6, [])
    outbox = any_recording.log.outbox(0, 100)
    assert [sent.position for sent in outbox if sent.topic == "orders"] == [2, 3, 4, 5, 6]


def test_a_row_of_attention_is_deleted_when_nothing_is_open(any_recording: Recording) -> None:
    projector = Projector(any_recording.log, say=say_nothing)
    any_recording.state(1, "executing")
    any_recording.state(2, "new")
    projector.catch_up()
    opened = row(any_recording, attention.MODEL)
    any_recording.state(3, "executing")
    projector.catch_up()

    assert opened is not None
    assert opened["kinds"] == ["regressed"]
    assert row(any_recording, attention.MODEL) is None
    last = any_recording.log.outbox(0, 100)[-1]
    assert (last.topic, last.key, last.value) == ("attention", ORDER, None)


def test_a_parked_order_waits_and_is_folded_anew_when_unparked(any_recording: Recording) -> None:
    projector = Projector(any_recording.log, say=say_nothing)
    any_recording.state(1, "new")
    projector.catch_up()
    park(any_recording)
    any_recording.state(2, "executing")
    skipped = Projector(any_recording.log, say=say_nothing).catch_up().skipped
    waiting = parked_orders(any_recording.log)

    assert unpark(any_recording.log, ORDER) is None
    any_recording.state(3, "complete")
    projector.catch_up()

    assert (skipped, waiting, parked_orders(any_recording.log)) == (1, [ORDER], [])
    found = row(any_recording)
    assert found is not None
    assert (found["state"], found["version"], found["attention"]) == ("complete", 4, [])
    assert row(any_recording, attention.MODEL) is None


def test_parked_orders_are_tried_again_and_it_is_said_which_go_on(recording: Recording) -> None:
    said: list[str] = []
    recording.state(1, "new")
    Projector(recording.log, say=say_nothing).catch_up()
    park(recording)
    recording.state(2, "executing")

    retry_parked(recording.log, said.append)
    Projector(recording.log, say=say_nothing).catch_up()

    found = row(recording)
    assert found is not None
    assert (found["state"], parked_orders(recording.log)) == ("executing", [])
    assert said == [f"{ORDER} is no longer parked: all its events can be read now"]


def test_it_runs_until_it_is_told_to_stop(recording: Recording) -> None:
    recording.state(1, "new")

    Projector(recording.log, say=say_nothing).run(StopAfter(times=2))

    assert row(recording) is not None


def test_an_unreachable_log_is_waited_for_and_said_once(recording: Recording) -> None:
    said: list[str] = []
    stop = Event()
    recording.state(1, "new")

    def stop_when_back(words: str) -> None:
        said.append(words)
        if "back" in words:
            stop.set()

    Projector(Away(recording.log, times=3), say=stop_when_back, first_delay=0.001).run(stop)

    assert said == [
        "the read models wait for the log: nobody is there",
        "the log is back, the read models go on",
    ]
