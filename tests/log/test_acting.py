"""Requests to running workers, and commands whose events are stored with all else that they do."""

from domain.log import Log
from domain.rows import (
    Claim,
    CommandRow,
    Committed,
    Conflict,
    Effect,
    Entry,
    Gone,
    NewRequest,
    Repeated,
    Reply,
    Request,
)
from tests.log.entries import events

VERBS = ("refresh", "execute")
COMMAND = CommandRow("c-1", "digest", "stop", "runa/A", 5)
REPLY = Reply("c-1", "runa/A", b'{"id":"c-1"}')


def asked(log: Log, verb: str, order: str = "runa/A") -> Request:
    log.ask(NewRequest(verb, order, 5, '{"a":1}', "c-1"))
    return log.requests(VERBS, 10)[-1]


def test_a_request_is_claimed_by_one_worker(log: Log, other: Log) -> None:
    for order in ("runa/A", "runa/B", "runa/C"):
        log.ask(NewRequest("refresh", order, 5))
    open_ones = log.requests(VERBS, 10)

    first = log.claim(open_ones[:2])
    rest = other.claim(open_ones)

    assert [(request.verb, request.order, request.asked_at) for request in first + rest] == [
        ("refresh", "runa/A", 5),
        ("refresh", "runa/B", 5),
        ("refresh", "runa/C", 5),
    ]
    assert log.requests(VERBS, 10) == log.claim(open_ones) == []


def test_requests_are_listed_by_verb_and_page(log: Log) -> None:
    first, second = asked(log, "refresh"), asked(log, "execute")

    assert first == Request(first.id, "refresh", "runa/A", 5, '{"a":1}', "c-1")
    assert log.requests(["execute"], 10) == [second]
    assert log.requests(VERBS, 1) == [first]
    assert log.requests(VERBS, 10, after=first.id) == [second]


def test_an_event_and_its_claim_are_stored_together_or_not_at_all(log: Log, other: Log) -> None:
    request = asked(log, "execute")

    mine = log.act(events("s", 1), Effect(claims=Claim(request.id, "one", 9)))
    late = other.act(events("t", 1), Effect(claims=Claim(request.id, "two", 9)))

    assert isinstance(mine, Committed)
    assert late == Gone(request.id)
    assert other.stream("t") == []
    assert log.requests(VERBS, 10) == [request._replace(claimed_by="one", claimed_at=9)]
    assert log.claim([request]) == []


def test_a_conflict_leaves_the_request_open(log: Log) -> None:
    request = asked(log, "execute")
    log.commit([events("s", 1, state=b'{"other":1}')])

    outcome = log.act(events("s", 1), Effect(claims=Claim(request.id, "one", 9)))

    assert outcome == Conflict("s")
    assert log.requests(VERBS, 10) == [request]


def test_a_claimed_request_ends_once(log: Log, other: Log) -> None:
    request = asked(log, "execute")
    assert log.act(events("s", 1), Effect(ends=request.id)) == Gone(request.id)
    log.act(events("s", 1), Effect(claims=Claim(request.id, "one", 9)))

    assert isinstance(log.act(events("s", 2), Effect(ends=request.id)), Committed)
    assert other.act(events("s", 3), Effect(ends=request.id)) == Gone(request.id)
    assert len(log.stream("s")) == 2


def test_only_a_request_that_nobody_is_about_can_be_dropped(log: Log, other: Log) -> None:
    first, second = asked(log, "execute"), asked(log, "execute")
    other.act(events("s", 1), Effect(claims=Claim(first.id, "one", 9)))

    assert log.act(Entry(), Effect(drops=first.id)) == Gone(first.id)
    assert log.act(Entry(), Effect(drops=second.id)) == Committed([])
    assert [request.id for request in log.requests(VERBS, 10)] == [first.id]


def test_a_command_is_done_once_and_its_reply_waits_in_the_outbox(log: Log, other: Log) -> None:
    done = log.act(events("s", 1), Effect(takes=COMMAND, reply=REPLY))
    again = other.act(events("s", 2), Effect(takes=COMMAND, reply=REPLY))

    assert isinstance(done, Committed)
    assert again == Repeated(COMMAND._replace(reply=REPLY.value))
    assert len(other.stream("s")) == 1
    [row] = log.outbox(0, 10)
    assert row[1:] == ("replies", "runa/A", REPLY.value, done.positions[0])


def test_a_command_that_tells_nothing_is_answered_at_the_logs_tail(log: Log) -> None:
    log.commit([events("s", 1, 2)])

    log.act(Entry(), Effect(takes=COMMAND, reply=REPLY))

    assert log.outbox(0, 10)[0].position == log.tail()


def test_a_command_left_to_a_worker_is_answered_later(log: Log) -> None:
    request = NewRequest("execute", "runa/A", 5, "{}", "c-1")
    log.act(Entry(), Effect(takes=COMMAND, asks=request))
    assert log.command("c-1") == COMMAND
    [left] = log.requests(VERBS, 10)

    log.act(events("s", 1), Effect(claims=Claim(left.id, "one", 9), reply=REPLY))

    assert left[1:6] == request
    assert log.command("c-1") == COMMAND._replace(reply=REPLY.value)
    assert [row.value for row in log.outbox(0, 10)] == [REPLY.value]


def test_a_command_whose_events_come_too_late_is_not_taken(log: Log) -> None:
    log.commit([events("s", 1, state=b'{"other":1}')])

    assert log.act(events("s", 1), Effect(takes=COMMAND, reply=REPLY)) == Conflict("s")
    assert log.command("c-1") is None
    assert log.outbox(0, 10) == []
