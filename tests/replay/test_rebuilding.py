import json

from domain.order import Tracking
from domain.readings import Failed
from ordertrail.project import Projector
from ordertrail.replay import lines, pages, span_of
from tests.fixtures.recording import ORDER, OTHER, Recording, key
from tests.replay.consumer import State, rebuilt


def lived(recording: Recording) -> None:
    """Two orders with steps, details, a contradiction, a time without contact."""
    recording.recorder.track([(key(ORDER), Tracking("https://provider.example", ref="invoice-7"))])
    recording.state(1, "new", orderType="runes_mint")
    recording.state(2, "executing", orderType="runes_mint", fee="10")
    recording.state(3, "new", order=OTHER)
    recording.state(4, "complete")
    recording.state(5, "new")
    recording.state(6, "complete", txid="ab")
    for minute in range(7, 20):
        recording.look(minute, Failed("timeout"), order=OTHER)
    recording.state(21, "refunded", order=OTHER)


def replayed(recording: Recording) -> bytes:
    log = recording.log
    return b"".join(lines(log.id, page) for page in pages(log, span_of(log.tail(), None, None)))


def test_a_consumer_rebuilds_every_order_from_a_replay_alone(any_recording: Recording) -> None:
    lived(any_recording)

    orders = rebuilt(replayed(any_recording).splitlines())

    Projector(any_recording.log, say=print).catch_up()
    models = {row.key: json.loads(row.value) for row in any_recording.log.select("orders", {})}
    assert set(models) == {ORDER, OTHER}
    assert {order: shared(models[order], known) for order, known in orders.items()} == orders


def test_a_replay_told_twice_changes_nothing(recording: Recording) -> None:
    lived(recording)
    once = replayed(recording).splitlines()

    orders = rebuilt([*once, *once])

    assert orders == rebuilt(once)


def test_the_same_log_gives_the_same_bytes(recording: Recording) -> None:
    lived(recording)

    assert replayed(recording) == replayed(recording) != b""


def shared(model: State, known: State) -> State:
    return {name: model[name] for name in known}
