"""Rows removed, inserted, put elsewhere, or altered together with what binds them: found, and where."""

import pytest

from domain.encoding import raw_digest
from domain.rows import LookRow
from domain.seal import Kind, event_entries, event_entry, looked, pack_stored, unpack_stored
from ordertrail.verifying.findings import What
from tests.fixtures.recording import ORDER, OTHER, Recording, key
from tests.recording.telling import stream_of
from tests.verifying.conftest import seal
from tests.verifying.tampering import Intruder, findings, kinds, verified


def test_an_untouched_log_agrees(recording: Recording) -> None:
    seal(recording)
    done, _ = verified(recording.log)

    assert done.told == 0
    assert (done.counts.seals, done.counts.unsealed, done.counts.orders) == (2, 0, 1)
    assert done.counts.events == done.counts.rejudged + done.counts.no_look + done.counts.seals


def test_an_order_that_was_forgotten_and_then_watched_no_more_agrees(recording: Recording) -> None:
    recording.state(5, "new", order=OTHER)
    for minutes in (6, 12, 18):
        recording.look(minutes, {}, order=OTHER, status=404)
    recording.recorder.stop(key(OTHER), "watch_ended", by=None)

    assert findings(recording.log) == []


@pytest.mark.parametrize("version", [1, 3, 5])
def test_a_removed_event_is_found(recording: Recording, intruder: Intruder, version: int) -> None:
    [(position,)] = intruder.ask(
        "SELECT position FROM stored_events WHERE originator_id <> '_log' AND originator_version = ?", version
    )
    assert intruder.run("DELETE FROM stored_events WHERE position = ?", position) == 1

    found = findings(recording.log)

    assert (What.REMOVED, position) in [(one.what, one.position) for one in found]


def test_a_removed_look_is_found(recording: Recording, intruder: Intruder) -> None:
    """The last one, which no event names."""
    [(look,)] = intruder.ask("SELECT look FROM looks ORDER BY asked_at DESC LIMIT 1")
    intruder.run("DELETE FROM looks WHERE look = ?", look)

    found = findings(recording.log)

    assert (What.REMOVED, look) in [(one.what, one.look) for one in found]


def test_removed_evidence_is_lost_and_not_erased(recording: Recording, intruder: Intruder) -> None:
    [(sha256,)] = intruder.ask("SELECT sha256 FROM evidence ORDER BY kept_at LIMIT 1")
    intruder.run("DELETE FROM evidence WHERE sha256 = ?", sha256)

    [lost] = findings(recording.log)

    assert (lost.what, lost.evidence, lost.order) == (What.LOST, sha256, ORDER)


def test_a_removed_key_is_lost_with_all_that_it_opens(recording: Recording, intruder: Intruder) -> None:
    intruder.run("DELETE FROM evidence_keys")

    assert kinds(recording.log) == {What.LOST}


def test_a_removed_registration_is_found(recording: Recording, intruder: Intruder) -> None:
    stream = stream_of(recording)
    intruder.run("DELETE FROM register")

    assert (What.REMOVED, stream) in [(one.what, one.stream) for one in findings(recording.log)]


def test_an_inserted_event_is_found(recording: Recording, intruder: Intruder) -> None:
    intruder.run(
        "INSERT INTO stored_events (originator_id, originator_version, topic, state) "
        "SELECT originator_id, originator_version + 90, topic, state FROM stored_events "
        "WHERE originator_id = ? AND originator_version = 3",
        stream_of(recording),
    )

    found = [(one.what, one.version) for one in findings(recording.log)]

    assert (What.INSERTED, 93) in found


def test_an_inserted_look_is_found(recording: Recording, intruder: Intruder) -> None:
    [look] = recording.log.looks(stream_of(recording))[:1]
    forged = look._replace(look="019b76db-ffff-76a3-a513-270e269e0d37")
    columns = "look, stream, order_name, asked_at, answered_at, http_status, content_type, age, api, rules"
    intruder.run(
        f"INSERT INTO looks ({columns}, evidence, truncated, basis) "
        f"SELECT ?, {columns.removeprefix('look, ')}, evidence, truncated, basis FROM looks WHERE look = ?",
        forged.look,
        look.look,
    )

    assert (What.INSERTED, forged.look) in [(one.what, one.look) for one in findings(recording.log)]


def test_an_inserted_registration_is_found(recording: Recording, intruder: Intruder) -> None:
    intruder.run("INSERT INTO register (provider, order_id, stream) VALUES ('runa', 'O-1', 'runa-1')")

    assert [(one.what, one.stream) for one in findings(recording.log)] == [(What.INSERTED, "runa-1")]


def test_an_inserted_body_is_found(recording: Recording, intruder: Intruder) -> None:
    intruder.run(
        "INSERT INTO evidence (sha256, stream, size, sealed, kept_at) "
        "SELECT 'ab', stream, size, sealed, kept_at FROM evidence ORDER BY kept_at LIMIT 1"
    )

    assert [(one.what, one.evidence) for one in findings(recording.log)] == [(What.INSERTED, "ab")]


def test_a_body_copied_to_another_order_does_not_open(recording: Recording, intruder: Intruder) -> None:
    recording.state(5, "new", order=OTHER)
    [(sealed,)] = intruder.ask("SELECT sealed FROM evidence ORDER BY kept_at LIMIT 1")
    intruder.run("UPDATE evidence SET sealed = ? WHERE stream = ?", sealed, stream_of(recording, OTHER))

    assert [(one.what, one.order) for one in findings(recording.log)] == [(What.ALTERED, OTHER)]


def test_events_that_changed_places_are_found(recording: Recording, intruder: Intruder) -> None:
    stream = stream_of(recording)
    versions = {3: 4, 4: 3}
    for version, at in versions.items():
        intruder.run(
            "UPDATE stored_events SET originator_version = ? WHERE originator_id = ? "
            "AND originator_version = ?",
            at + 1000,
            stream,
            version,
        )
    intruder.run(
        "UPDATE stored_events SET originator_version = originator_version - 1000 "
        "WHERE originator_version > 1000"
    )

    found = findings(recording.log)

    assert {3, 4} <= {one.version for one in found if one.what is What.ALTERED}


def test_positions_that_changed_places_are_found(recording: Recording, intruder: Intruder) -> None:
    recording.state(5, "new", order=OTHER)
    tail = recording.log.tail()
    for before, after in ((tail, 9000), (tail - 1, tail), (9000, tail - 1)):
        intruder.run("UPDATE stored_events SET position = ? WHERE position = ?", after, before)

    found = findings(recording.log)

    assert {tail - 1, tail} == {one.position for one in found if one.what is What.ALTERED}


def test_an_event_altered_with_its_receipt_breaks_its_seal(recording: Recording, intruder: Intruder) -> None:
    _rewrite(recording, intruder, version=1)

    found = findings(recording.log)

    [seal_broken] = [one for one in found if one.what is What.UNSEALED]
    assert seal_broken.sealed == (1, 4)
    assert What.ALTERED not in {one.what for one in found}
    assert [one.version for one in found if one.what is What.UNCHAINED] == [2]


def test_the_last_event_altered_with_its_receipt_is_judged_otherwise(
    recording: Recording, intruder: Intruder
) -> None:
    last = recording.log.stream(stream_of(recording))[-1].version
    _rewrite(recording, intruder, version=last)

    found = findings(recording.log)

    assert {one.what for one in found} == {What.DIFFERS}
    assert last in {one.version for one in found}


def test_a_look_altered_with_its_receipt_breaks_its_seal(recording: Recording, intruder: Intruder) -> None:
    [look] = recording.log.looks(stream_of(recording))[:1]
    intruder.run("UPDATE looks SET content_type = 'text/html' WHERE look = ?", look.look)
    _rewrite_look(recording, intruder, look._replace(content_type="text/html"))

    assert What.UNSEALED in kinds(recording.log)
    assert What.ALTERED not in kinds(recording.log)


def _rewrite(recording: Recording, intruder: Intruder, *, version: int) -> None:
    """Another worker's name, and a receipt that fits it."""
    [row] = [row for row in recording.log.stream(stream_of(recording)) if row.version == version]
    state = row.state.replace(b'"worker":"main"', b'"worker":"mallory"')
    intruder.run("UPDATE stored_events SET state = ? WHERE position = ?", state, row.position)
    digest = raw_digest(row.stream, row.version, row.topic, state)
    for receipt in recording.log.receipts(0, 100):
        entries = [
            event_entry(at, digest if at == row.position else before)
            for at, before in event_entries(receipt.events)
        ]
        intruder.run("UPDATE receipts SET events = ? WHERE id = ?", b"".join(entries), receipt.id)


def _rewrite_look(recording: Recording, intruder: Intruder, look: LookRow) -> None:
    for receipt in recording.log.receipts(0, 100):
        rows = [
            looked(look) if row.kind is Kind.LOOK and row.name == look.look else row
            for row in unpack_stored(receipt.rows)
        ]
        intruder.run("UPDATE receipts SET kept = ? WHERE id = ?", pack_stored(rows), receipt.id)
