from adapters.log.writing import BATCH_BYTES, batches
from domain.log import Log
from domain.rows import Committed, Conflict, Entry, EvidenceRow, KeyRow, NewEvent, Registration, WatchRow
from tests.log.entries import event, events, look, tracked


def test_an_entry_is_stored_with_all_its_parts(log: Log) -> None:
    entry = tracked("runa-1", "A")

    [outcome] = log.commit([entry])

    assert isinstance(outcome, Committed)
    assert list(outcome.positions) == [row.position for row in log.stream("runa-1")]
    assert log.registered("runa", "A") == "runa-1"
    assert log.look("look-runa-1") == entry.look
    assert log.looks("runa-1") == [entry.look]
    assert log.evidence("sha-runa-1") == [entry.evidence]
    assert log.key("runa-1") == b"wrapped"
    assert log.watch("runa-1") == entry.watch


def test_nothing_is_committed_as_nothing(log: Log) -> None:
    assert log.commit([]) == []
    assert log.commit([Entry()]) == [Committed([])]
    assert log.tail() == 0


def test_positions_follow_the_order_of_the_entries(log: Log) -> None:
    outcomes = log.commit([events("runa-2", 1, 2), events("runa-1", 1), events("runa-2", 3)])

    positions = [at for outcome in outcomes if isinstance(outcome, Committed) for at in outcome.positions]
    assert positions == [row.position for row in log.read(0, 10)] == [1, 2, 3, 4]
    assert [(row.stream, row.version) for row in log.read(0, 10)] == [
        ("runa-2", 1),
        ("runa-2", 2),
        ("runa-1", 1),
        ("runa-2", 3),
    ]


def test_a_lost_acknowledgement_gives_the_stored_positions(log: Log) -> None:
    entries = [tracked("runa-1", "A"), tracked("runa-2", "B"), events("_provider-runa", 1)]
    first = log.commit(entries)

    again = log.commit(entries)

    assert again == first
    assert len(log.read(0, 10)) == 5


def test_another_writers_event_is_a_conflict_and_leaves_nothing_behind(log: Log, other: Log) -> None:
    other.commit([events("runa-1", 1, state=b'{"by":"other"}')])

    outcomes = log.commit([tracked("runa-2", "B"), tracked("runa-1", "A"), tracked("runa-3", "C")])

    assert [type(outcome) for outcome in outcomes] == [Committed, Conflict, Committed]
    assert outcomes[1] == Conflict("runa-1")
    assert log.registered("runa", "A") is None
    assert log.looks("runa-1") == []
    assert log.evidence("sha-runa-1") == []
    assert log.key("runa-1") is None
    assert log.watch("runa-1") is None


def test_partly_stored_events_are_a_conflict(log: Log) -> None:
    log.commit([events("runa-1", 1)])

    [outcome] = log.commit([Entry(events=[event("runa-1", 1), event("runa-1", 2)])])

    assert outcome == Conflict("runa-1")
    assert len(log.stream("runa-1")) == 1


def test_entries_built_upon_a_conflict_are_conflicts_too(log: Log, other: Log) -> None:
    other.commit([events("runa-1", 1, state=b'{"by":"other"}')])

    outcomes = log.commit([events("runa-1", 1), events("runa-1", 2), events("runa-2", 1)])

    assert outcomes[:2] == [Conflict("runa-1"), Conflict("runa-1")]
    assert isinstance(outcomes[2], Committed)
    assert len(log.stream("runa-1")) == 1


def test_a_different_topic_in_the_same_place_is_a_conflict(log: Log) -> None:
    log.commit([events("runa-1", 1)])

    [outcome] = log.commit([Entry(events=[NewEvent("runa-1", 1, "ordertrail.agreed.v1", b"{}")])])

    assert outcome == Conflict("runa-1")


def test_an_order_is_registered_for_one_stream_only(log: Log, other: Log) -> None:
    other.commit([tracked("runa-1", "A")])

    [outcome] = log.commit([tracked("runa-2", "A")])

    assert outcome == Conflict("runa-2")
    assert log.registered("runa", "A") == "runa-1"
    assert log.stream("runa-2") == []


def test_a_stream_holds_one_order_only(log: Log) -> None:
    log.commit([Entry(registration=Registration("runa", "A", "runa-1"))])

    [outcome] = log.commit([Entry(registration=Registration("runa", "B", "runa-1"))])

    assert outcome == Conflict("runa-1")


def test_an_identical_registration_key_and_evidence_are_no_conflict(log: Log) -> None:
    first = tracked("runa-1", "A")
    log.commit([first])

    outcomes = log.commit(
        [first._replace(events=[event("runa-1", 3)], look=look("look-2", "runa-1"), watch=None)]
    )

    assert [type(outcome) for outcome in outcomes] == [Committed]
    assert [row.version for row in log.stream("runa-1")] == [1, 2, 3]
    assert log.look("look-2") is not None


def test_a_second_key_is_a_conflict_since_its_evidence_could_not_be_opened(log: Log) -> None:
    log.commit([Entry(key=KeyRow("runa-1", b"first"))])
    sealed_under_the_second = EvidenceRow("sha", "runa-1", 5, b"sealed", 1)

    [outcome] = log.commit([Entry(key=KeyRow("runa-1", b"second"), evidence=sealed_under_the_second)])

    assert outcome == Conflict("runa-1")
    assert log.key("runa-1") == b"first"
    assert log.evidence("sha") == []


def test_the_first_evidence_counts_per_stream(log: Log) -> None:
    first = EvidenceRow("sha", "runa-1", 5, b"first", 1)
    elsewhere = first._replace(stream="runa-2")

    log.commit(
        [Entry(evidence=first), Entry(evidence=first._replace(sealed=b"second")), Entry(evidence=elsewhere)]
    )

    assert log.evidence("sha") == [first, elsewhere]


def test_the_last_watch_row_counts(log: Log) -> None:
    log.commit([Entry(watch=WatchRow("runa-1", 1, b"a")), Entry(watch=WatchRow("runa-1", 2, b"b"))])
    assert log.watch("runa-1") == WatchRow("runa-1", 2, b"b")

    log.save_watches([WatchRow("runa-1", 3, b"c"), WatchRow("runa-2", 1, b"d"), WatchRow("runa-1", 4, b"e")])

    assert log.watch("runa-1") == WatchRow("runa-1", 4, b"e")
    assert log.watch("runa-2") == WatchRow("runa-2", 1, b"d")


def test_nobody_writes_over_a_watch_row_that_others_have_written_since(log: Log) -> None:
    mine, theirs = WatchRow("runa-1", 1, b"a", "me", 1), WatchRow("runa-1", 2, b"b", "them", 2)

    assert log.save_watches([mine]) == log.save_watches([mine._replace(watch=b"aa")]) == []
    assert log.save_watches([theirs]) == []
    assert log.save_watches([mine._replace(revision=2), WatchRow("runa-2", 1, b"c", "me", 1)]) == ["runa-1"]
    assert log.watches(["runa-1", "runa-2", "runa-3"]) == {
        "runa-1": theirs,
        "runa-2": WatchRow("runa-2", 1, b"c", "me", 1),
    }


def test_a_look_judged_on_an_outdated_watch_is_a_conflict(log: Log) -> None:
    log.save_watches([WatchRow("runa-1", 1, b"a", "them", 1)])
    late = events("runa-1", 1)._replace(watch=WatchRow("runa-1", 2, b"b", "me", 1))

    assert log.commit([late]) == [Conflict("runa-1")]
    assert log.stream("runa-1") == []
    assert isinstance(log.commit([late._replace(watch=WatchRow("runa-1", 2, b"b", "me", 2))])[0], Committed)


def test_a_commit_is_split_below_two_mebibytes_and_an_entry_never_is() -> None:
    small = [events(f"runa-{number}", 1, state=b"x" * 1000) for number in range(5000)]
    large = events("runa-large", *range(1, 40), state=b"x" * 100_000)

    parts = list(batches([*small, large]))

    assert [entry for part in parts for entry in part] == [*small, large]
    assert parts[-1] == [large]
    assert all(len(part) * 1200 < BATCH_BYTES for part in parts)


def test_a_commit_beyond_two_mebibytes_is_stored_in_order(log: Log) -> None:
    outcomes = log.commit([events("runa-1", version, state=b"x" * 300_000) for version in range(1, 13)])

    assert [outcome for outcome in outcomes if isinstance(outcome, Conflict)] == []
    assert [row.version for row in log.read(0, 100)] == list(range(1, 13))
