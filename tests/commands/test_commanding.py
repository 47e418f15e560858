"""What commands do to the log, once each, and how they are answered."""

import pytest

from adapters.providers import ADAPTERS
from domain.log import LogUnreachable
from domain.rows import Entry, NewEvent
from domain.xverse import XVERSE
from ordertrail.commanding import NOT_ENABLED, NOT_WATCHED, TAKEN, UNFORESEEN, UNKNOWN
from ordertrail.executions import begin, turn_down
from tests.commands.sending import FUNDING, answers, command, commander, record, replies
from tests.fixtures.recording import ORDER, OTHER, Recording, key
from tests.recording.telling import told

ATTEMPT = "0198a000-0000-7000-8000-000000000001"


def seen(recording: Recording, state: str = "new") -> Recording:
    recording.state(1, state, orderType="rune_mint")
    return recording


def test_an_order_is_tracked_and_tracked_on_other_terms(any_recording: Recording) -> None:
    boss = commander(any_recording)

    boss.handle(record(command("track", "c-1", ref="invoice-7")))
    boss.handle(record(command("track", "c-2", priority=9)))

    known = any_recording.recorder.known(key(ORDER))
    assert known is not None
    assert known.order.tracking is not None
    assert (known.order.tracking.ref, known.order.tracking.priority) == ("invoice-7", 9)
    assert [(reply["id"], reply["outcome"], reply["version"]) for reply in replies(any_recording)] == [
        ("c-1", "done", 1),
        ("c-2", "done", 2),
    ]


def test_a_command_that_comes_again_is_done_and_answered_once(any_recording: Recording) -> None:
    boss = commander(seen(any_recording))

    for offset in (7, 7, 9):
        boss.handle(record(command("stop", reason="done"), offset))
    boss.handle(record(command("track", "c-2")))
    boss.handle(record(command("stop", reason="done")))

    assert told(any_recording)[-2:] == ["TrackingStopped", "OrderTracked"]
    assert answers(any_recording) == [("c-1", "done", None), ("c-2", "done", None)]


def test_an_id_that_was_used_for_something_else_is_answered_under_the_records_place(
    recording: Recording,
) -> None:
    boss = commander(seen(recording))

    boss.handle(record(command("stop", reason="done"), 7))
    for _ in range(2):
        boss.handle(record(command("track"), 8))

    assert answers(recording) == [("c-1", "done", None), ("commands/3/8", "refused", TAKEN)]
    assert replies(recording)[1]["order"] == ORDER


def test_a_request_to_refresh_goes_to_a_worker(recording: Recording) -> None:
    boss = commander(seen(recording))

    boss.handle(record(command("refresh")))

    [request] = recording.log.requests(["refresh"], 10)
    assert request.order == ORDER
    assert answers(recording) == [("c-1", "done", None)]


@pytest.mark.parametrize("name", ["stop", "refresh", "execute", "adopt"])
def test_what_is_asked_of_an_unknown_order_is_refused(recording: Recording, name: str) -> None:
    args = {
        "stop": {"reason": "r"},
        "refresh": {},
        "execute": {"funding_transaction": FUNDING},
        "adopt": {"state": "complete", "reason": "r"},
    }

    commander(recording).handle(record(command(name, **args[name])))

    assert answers(recording) == [("c-1", "refused", UNKNOWN)]
    assert replies(recording)[0]["version"] is None


def test_an_order_that_is_not_watched_can_not_be_refreshed(recording: Recording) -> None:
    boss = commander(seen(recording))
    recording.recorder.stop(key(ORDER), "asked", by=None)

    boss.handle(record(command("refresh")))

    assert answers(recording) == [("c-1", "refused", NOT_WATCHED)]


def test_executing_is_answered_when_a_worker_begins_it(recording: Recording) -> None:
    boss = commander(seen(recording))
    boss.handle(record(command("execute", funding_transaction=FUNDING)))
    before = answers(recording)
    [request] = recording.log.requests(["execute"], 10)

    begin(recording.recorder, request, ATTEMPT, key(ORDER), XVERSE, ADAPTERS["xverse"])

    assert before == []
    [reply] = replies(recording)
    assert (reply["id"], reply["outcome"], reply["version"]) == ("c-1", "done", 4)
    assert told(recording)[3].startswith("ExecutionRequested")


def test_a_worker_that_will_not_begin_it_answers_too(recording: Recording) -> None:
    boss = commander(seen(recording))
    boss.handle(record(command("execute", funding_transaction=FUNDING)))
    [request] = recording.log.requests(["execute"], 10)

    turn_down(recording.recorder, request, key(ORDER), "no")

    assert answers(recording) == [("c-1", "refused", "no")]
    assert recording.log.requests(["execute"], 10) == []


def test_executing_is_refused_where_it_is_not_enabled_or_can_not_be(recording: Recording) -> None:
    ask = {"funding_transaction": FUNDING}
    seen(recording)
    commander(recording, execute=False).handle(record(command("execute", "c-1", **ask)))
    commander(recording).handle(record(command("execute", "c-2", **ask)))
    commander(recording).handle(record(command("execute", "c-3", **ask)))
    recording.state(2, "complete", orderType="rune_mint")
    commander(recording).handle(record(command("execute", "c-4", **ask)))

    assert answers(recording) == [
        ("c-1", "refused", NOT_ENABLED),
        ("c-3", "refused", "it was asked for before, and waits for a worker"),
        ("c-4", "refused", "it is complete: there is nothing left to execute"),
    ]


def test_a_state_is_adopted_that_the_provider_reported(recording: Recording) -> None:
    seen(recording, "complete")
    recording.state(2, "pending", orderType="rune_mint")
    boss = commander(recording)

    boss.handle(record(command("adopt", "c-1", state="new", reason="asked them")))
    boss.handle(record(command("adopt", "c-2", state="pending", reason="asked them")))

    assert [outcome for _, outcome, _ in answers(recording)] == ["refused", "done"]
    assert told(recording)[-1] == "StateAdopted pending"


def test_an_order_of_another_environment_is_refused(recording: Recording) -> None:
    commander(recording).handle(record(command("track")))

    commander(recording, environment="sandbox.example").handle(record(command("track", "c-2")))

    [_, (id, outcome, reason)] = answers(recording)
    assert (id, outcome) == ("c-2", "refused")
    assert "sandbox.example" in (reason or "")


@pytest.mark.parametrize("value", [None, b"no json", b"[]", b'{"id":7}', b"x" * 70_000])
def test_a_record_that_is_no_command_is_answered_under_its_place_once(
    recording: Recording, value: bytes | None
) -> None:
    for _ in range(2):
        commander(recording).handle(record(value))

    [reply] = replies(recording)
    assert (reply["id"], reply["outcome"], reply["command"], reply["order"]) == (
        "commands/3/7",
        "refused",
        None,
        None,
    )
    assert recording.log.outbox(0, 10)[0].key == "_commands"


def test_a_command_of_a_future_version_is_answered_under_its_id(recording: Recording) -> None:
    commander(recording).handle(record({**command("stop", reason="r"), "version": 2, "urgent": True}))

    assert answers(recording) == [("c-1", "refused", "version 2 is unknown here: 1 is the newest")]


def test_a_surprise_with_one_command_is_answered_and_the_next_is_done(recording: Recording) -> None:
    boss = commander(seen(recording))
    act = recording.recorder.act
    recording.recorder.act = surprise  # type: ignore[method-assign,assignment] # the log itself stays real

    boss.handle(record(command("stop", "c-1", reason="r")))
    recording.recorder.act = act  # type: ignore[method-assign] # as it was
    boss.handle(record(command("stop", "c-2", reason="r")))

    assert answers(recording) == [("c-1", "refused", UNFORESEEN), ("c-2", "done", None)]


@pytest.mark.parametrize(
    ("name", "args"), [("stop", {"reason": "r"}), ("refresh", {}), ("track", {"ref": "r"})]
)
def test_an_order_that_a_newer_version_wrote_about_is_refused_and_the_next_command_is_done(
    recording: Recording, name: str, args: dict[str, str]
) -> None:
    seen(recording).state(1, "new", order=OTHER)
    stream = recording.log.registered(*key(ORDER))
    assert stream is not None
    version = len(recording.log.stream(stream)) + 1
    unknown = NewEvent(stream, version, "ordertrail.order-hibernated.v1", b"{}")
    recording.log.commit([Entry(events=[unknown])])
    boss = commander(Recording(recording.log))

    boss.handle(record(command(name, "c-1", **args)))
    boss.handle(record(command("stop", "c-2", order=OTHER, reason="r")))

    [(_, verdict, why), done] = answers(recording)
    assert verdict == "refused"
    assert (
        why == "its events can't be read by this version: no event is called ordertrail.order-hibernated.v1"
    )
    assert done == ("c-2", "done", None)


def test_a_log_that_is_away_is_said_so_that_it_is_tried_again(recording: Recording) -> None:
    boss = commander(seen(recording))
    act = recording.log.act
    recording.log.act = away  # type: ignore[method-assign,assignment] # for a moment

    with pytest.raises(LogUnreachable):
        boss.handle(record(command("stop", reason="r")))
    recording.log.act = act  # type: ignore[method-assign] # as it was
    boss.handle(record(command("stop", reason="r")))

    assert answers(recording) == [("c-1", "done", None)]


def surprise(*_: object) -> None:
    raise KeyError("nobody thought of that")


def away(*_: object) -> None:
    raise LogUnreachable("the server is away")
