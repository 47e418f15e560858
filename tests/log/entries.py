"""Entries as a writer would give them, and a log to give them to."""

from adapters.log import open_log
from domain.log import Log
from domain.rows import Entry, EvidenceRow, KeyRow, LookRow, NewEvent, Registration, WatchRow

NOW = 1_700_000_000_000_000


def opened(url: str, *, new_id: str = "log-1", create: bool = True) -> Log:
    return open_log(url, create=create, now=NOW, new_id=new_id)


def event(stream: str, version: int, state: bytes = b"{}") -> NewEvent:
    return NewEvent(stream, version, "ordertrail.state-changed.v1", state)


def events(stream: str, *versions: int, state: bytes = b"{}") -> Entry:
    """An entry of nothing but events."""
    return Entry(events=[event(stream, version, state) for version in versions])


def tracked(stream: str, order_id: str) -> Entry:
    """An order's first entry: registered, with two events, a look, its evidence, a key and a watch row."""
    return Entry(
        events=[event(stream, 1), event(stream, 2)],
        registration=Registration("runa", order_id, stream),
        look=look(f"look-{stream}", stream),
        evidence=EvidenceRow(f"sha-{stream}", stream, 5, b"sealed", NOW),
        key=KeyRow(stream, b"wrapped"),
        watch=WatchRow(stream, NOW, b'{"looks":1}'),
    )


def look(name: str, stream: str) -> LookRow:
    return LookRow(
        look=name,
        stream=stream,
        order="runa/A",
        asked_at=NOW,
        answered_at=NOW + 5,
        http_status=200,
        content_type=None,
        age=0,
        api="v2",
        rules="2.1",
        evidence=f"sha-{stream}",
        truncated=False,
        basis=b"{}",
    )
