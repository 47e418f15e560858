"""Erasing: evidence and its key go together, and nothing is sealed under a key that was destroyed."""

from pathlib import Path

from domain.log import Log
from domain.rows import Committed, Conflict, Entry, Erasure, EvidenceRow, KeyRow
from tests.log.entries import NOW, event, look, opened, tracked

STREAM = "runa-1"
ERASED = Entry(events=[event(STREAM, 3)], erase=Erasure(STREAM, "runa/A", "_provider-runa", 1))


def more(name: str, under: bytes) -> Entry:
    """Another look with a body of its own."""
    evidence = EvidenceRow(f"sha-{name}", STREAM, 5, b"sealed", NOW)
    kept = look(name, STREAM)._replace(evidence=evidence.sha256)
    return Entry(look=kept, evidence=evidence, under=KeyRow(STREAM, under))


def test_bodies_and_key_are_gone_and_the_looks_stay(log: Log) -> None:
    log.commit([tracked(STREAM, "A"), tracked("runa-2", "B")])

    [outcome] = log.commit([ERASED])

    assert isinstance(outcome, Committed)
    assert log.evidence("sha-runa-1") == []
    assert log.key(STREAM) is None
    assert len(log.looks(STREAM)) == 1
    assert log.evidence("sha-runa-2") != []
    assert log.key("runa-2") == b"wrapped"


def test_an_erasure_that_counted_other_bodies_is_a_conflict(log: Log) -> None:
    log.commit([tracked(STREAM, "A"), more("late", b"wrapped")])

    [outcome] = log.commit([ERASED])

    assert outcome == Conflict(STREAM)
    assert log.evidence("sha-late") != []
    assert log.key(STREAM) == b"wrapped"


def test_an_erasure_given_again_after_a_lost_acknowledgement_is_done(log: Log) -> None:
    log.commit([tracked(STREAM, "A")])
    [first] = log.commit([ERASED])

    assert log.commit([ERASED]) == [first]


def test_what_was_sealed_under_the_destroyed_key_is_refused(log: Log) -> None:
    log.commit([tracked(STREAM, "A")])
    log.commit([ERASED])

    assert log.commit([more("late", b"wrapped")]) == [Conflict(STREAM)]
    assert log.evidence("sha-late") == []
    assert len(log.looks(STREAM)) == 1


def test_a_new_key_begins_anew(log: Log) -> None:
    log.commit([tracked(STREAM, "A")])
    log.commit([ERASED])
    log.commit([Entry(key=KeyRow(STREAM, b"another"))])

    [outcome] = log.commit([more("late", b"another")])

    assert isinstance(outcome, Committed)
    assert log.evidence("sha-late") != []


def test_letting_go_of_the_bytes_can_be_asked_of_each_database(log: Log) -> None:
    log.commit([tracked(STREAM, "A")])
    log.commit([ERASED])

    assert log.scrub()


def test_no_byte_of_it_is_left_in_the_file(tmp_path: Path, sqlite_url: str) -> None:
    log = opened(sqlite_url)
    key, body = b"the wrapped key of runa-1", b"the sealed body of runa-1" * 1000
    entry = tracked(STREAM, "A")
    assert entry.evidence is not None
    log.commit([entry._replace(key=KeyRow(STREAM, key), evidence=entry.evidence._replace(sealed=body))])

    log.commit([ERASED])

    assert log.scrub()
    log.close()
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert key not in left
    assert body[:1000] not in left
