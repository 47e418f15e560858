"""Records of the topic of commands, good and bad."""

import json

import pytest

from ordertrail.commands import LARGEST, Execute, Read, Stop, Track, Unreadable, read
from tests.commands.sending import FUNDING, command
from tests.fixtures.recording import ORDER, key


def sent(value: object) -> Read | Unreadable:
    return read(json.dumps(value).encode())


def why(value: object) -> Unreadable:
    found = sent(value)
    assert isinstance(found, Unreadable)
    return found


def test_a_command_is_read_with_what_it_asks() -> None:
    found = sent(command("track", ref="invoice-7", priority=9, deadline="2026-05-01T02:00:00+02:00"))

    assert isinstance(found, Read)
    assert isinstance(found.command, Track)
    assert found.key == key(ORDER)
    assert (found.command.args.priority, found.command.args.deadline) == (9, "2026-05-01T00:00:00.000000Z")


def test_what_may_be_left_out_is() -> None:
    found = sent({"id": "c-1", "command": "refresh", "order": ORDER.upper().replace("XVERSE", "xverse")})

    assert isinstance(found, Read)
    assert (found.key, found.command.by) == (key(ORDER), None)


def test_the_same_wish_has_the_same_digest_whenever_it_is_sent() -> None:
    first, later = command("stop", reason="done"), {**command("stop", reason="done"), "sent_at": None}
    other = command("stop", reason="done indeed")

    found = [sent(each) for each in (first, later, other)]

    digests = [each.digest for each in found if isinstance(each, Read)]
    assert digests[0] == digests[1] != digests[2]


def test_arguments_become_what_is_recorded() -> None:
    execute = sent(command("execute", funding_transaction=FUNDING.upper()))
    stop = sent(command("stop", reason="done"))

    assert isinstance(execute, Read)
    assert isinstance(execute.command, Execute)
    assert execute.command.args.funding_transaction == FUNDING
    assert isinstance(stop, Read)
    assert isinstance(stop.command, Stop)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff\xfe",
        b"no json",
        b"[1]",
        b"7",
        b"[" * 60_000,
        b'{"id":"c-1","command":"stop"',
        b'{"id":7}',
        b'{"id":""}',
        b'{"id":"a b"}',
        b'{"id":"commands/3/7"}',
        b'{"id":"' + b"x" * 129 + b'"}',
        b'{"id":"c-1","x":"' + b"x" * LARGEST + b'"}',
    ],
)
def test_what_names_nothing_to_answer_says_why(value: bytes | None) -> None:
    found = read(value)

    assert isinstance(found, Unreadable)
    assert found.id is None
    assert found.why


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"command": "explode"}, "command is none of track"),
        ({"command": None}, "command is none of track"),
        ({"version": 2}, "version 2 is unknown here"),
        ({"version": "1"}, "version 1 is unknown here"),
        ({"order": "runa"}, "is no order"),
        ({"order": "nobody/A"}, "unknown provider"),
        ({"order": 7}, "order"),
        ({"args": {}}, "reason"),
        ({"args": {"reason": 7}}, "$.args.reason"),
        ({"args": {"reason": " "}}, "reason needs some words"),
        ({"args": {"reason": "x" * 513}}, "reason needs some words"),
        ({"args": {"reason": "x", "more": 1}}, "more"),
        ({"more": 1}, "more"),
        ({"by": ""}, "by needs some words, 128 characters at most"),
        ({"by": "u\u0000"}, "by holds a control character"),
        ({"by": 7}, "$.by"),
        ({"sent_at": "today"}, ""),
    ],
)
def test_what_is_wrong_with_a_command_is_said_to_whoever_sent_it(
    changes: dict[str, object], says: str
) -> None:
    found = why({**command("stop", reason="done"), **changes})

    assert found.id == "c-1"
    assert says in found.why


@pytest.mark.parametrize(
    ("name", "args", "says"),
    [
        ("track", {"priority": 10}, "0 to 9"),
        ("track", {"deadline": "soon"}, ""),
        ("track", {"deadline": "0001-01-01T00:00:00+23:00"}, "is before 1970, or after 9999"),
        ("track", {"deadline": "1900-01-01T00:00:00Z"}, "is before 1970"),
        ("stop", {"reason": "watch_ended"}, "that is said when watching ends by itself"),
        ("track", {"ref": "x" * 513}, "ref needs some words"),
        ("track", {"ref": "a\u0000b"}, "ref holds a control character"),
        ("track", {"tenant": "\u001b[2J"}, "tenant holds a control character"),
        ("stop", {"reason": "a\u007f"}, "reason holds a control character"),
        ("execute", {"funding_transaction": "ab"}, "64 hexadecimal digits"),
        ("adopt", {"state": "complete"}, "reason"),
        ("refresh", {"now": True}, "now"),
    ],
)
def test_arguments_are_checked(name: str, args: dict[str, object], says: str) -> None:
    assert says in why({**command(name), "args": args}).why


def test_who_adopts_a_state_has_to_be_said() -> None:
    assert "by is missing" in why({**command("adopt", state="complete", reason="r"), "by": None}).why
