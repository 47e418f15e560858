"""Each commit leaves a receipt: the digests of its events, its register and its look rows."""

from domain.encoding import raw_digest
from domain.log import Log
from domain.rows import Entry, EvidenceRow, KeyRow
from domain.seal import event_entries, looked, registered, unpack_stored
from tests.log.entries import event, events, look, tracked


def test_a_commit_leaves_one_receipt_of_all_that_it_stored(log: Log) -> None:
    entry = tracked("runa-1", "A")
    log.commit([entry, events("runa-2", 1)])

    [receipt] = log.receipts(0, 10)

    stored = [event("runa-1", 1), event("runa-1", 2), event("runa-2", 1)]
    assert list(event_entries(receipt.events)) == [
        (row.position, raw_digest(*one)) for row, one in zip(log.read(0, 10), stored, strict=True)
    ]
    assert entry.registration
    assert entry.look
    assert unpack_stored(receipt.rows) == [registered(entry.registration), looked(entry.look)]


def test_a_look_that_told_nothing_leaves_a_receipt_too(log: Log) -> None:
    log.commit([tracked("runa-1", "A")])
    log.commit([Entry(look=look("look-2", "runa-1"))])

    _, receipt = log.receipts(0, 10)

    assert receipt.events == b""
    assert [row.name for row in unpack_stored(receipt.rows)] == ["look-2"]
    assert log.last_receipt() == receipt.id


def test_what_leaves_no_rows_leaves_no_receipt(log: Log) -> None:
    log.commit([tracked("runa-1", "A")])
    log.commit([Entry(key=KeyRow("runa-2", b"wrapped"))])
    log.commit([tracked("runa-1", "B")._replace(look=None, evidence=None)])

    assert len(log.receipts(0, 10)) == 1


def test_the_census_counts_what_there_is(log: Log) -> None:
    log.commit([tracked("runa-1", "A"), tracked("runa-2", "B")])

    assert log.census() == (1, log.tail(), 2, 2)


def test_evidence_that_no_look_names_is_found(log: Log) -> None:
    log.commit([tracked("runa-1", "A")])
    log.commit([Entry(evidence=EvidenceRow("sha-9", "runa-1", 5, b"sealed", 0))])

    assert log.stray_evidence() == [("sha-9", "runa-1")]
