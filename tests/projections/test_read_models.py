import json
from typing import Any

from domain.events import EvidenceShown
from domain.identity import OrderKey
from domain.order import Tracking
from domain.readings import Failed
from domain.rows import Change, Entry, ModelRow, NewEvent, Row
from projections import attention, orders
from projections.read_models import Folded, fold, fold_order
from tests.fixtures.recording import ORDER, OTHER, Recording, key, minute_text

TRACKING = Tracking("https://provider.example", ref="invoice-7", tenant="shop", priority=7)


def all_rows(recording: Recording) -> list[Row]:
    return recording.log.read(0, 10_000)


def value(changes: list[Change], model: str, order: str = ORDER) -> dict[str, Any] | None:
    [found] = [change.value for change in changes if (change.model, change.key) == (model, order)]
    parsed: dict[str, Any] | None = None if found is None else json.loads(found)
    return parsed


def row_by_row(rows: list[Row]) -> dict[tuple[str, str], Change]:
    """Folded one row at a time, each on what the one before left."""
    latest: dict[tuple[str, str], Change] = {}
    current: dict[str, ModelRow] = {}
    parked: list[str] = []
    for row in rows:
        folded = fold([row], current, parked)
        parked += [one.order for one in folded.parked]
        latest |= {(change.model, change.key): change for change in folded.changes}
        for change in folded.changes:
            if change.model == orders.MODEL or attention.contact(change.key):
                current.pop(change.key, None)
                if change.value is not None:
                    current[change.key] = ModelRow(change.key, change.value, change.fold)
    return {name: change for name, change in latest.items() if change.value is not None}


def unreadable(recording: Recording, order: str = ORDER) -> None:
    """Another version of the program appends an event that this one does not know."""
    stream = recording.log.registered(*key(order)) or ""
    last = recording.log.stream(stream)[-1]
    state = last.state
    event = NewEvent(stream, last.version + 1, "ordertrail.order-teleported.v1", state)
    recording.log.commit([Entry(events=[event])])
    recording.recorder = recording.another_recorder()


def test_an_order_row_says_where_it_stands(recording: Recording) -> None:
    recording.recorder.track([(key(ORDER), TRACKING)])
    recording.state(1, "new", orderType="runes_mint")
    recording.state(2, "executing", orderType="runes_mint")

    folded = fold(all_rows(recording), {})

    row = value(folded.changes, orders.MODEL)
    assert row == {
        "order": ORDER,
        "provider": "xverse",
        "ref": "invoice-7",
        "state": "executing",
        "phase": "processing",
        "attention": [],
        "since": {"not_before": minute_text(1), "not_after": "2026-01-01T00:02:01.000000Z"},
        "version": 4,
        "tracking": {
            "environment": "https://provider.example",
            "priority": 7,
            "deadline": None,
            "tenant": "shop",
            "kind": None,
            "stopped": None,
        },
        "details": {"orderType": "runes_mint"},
        "position": all_rows(recording)[-1].position,
    }


def test_the_columns_are_what_can_be_filtered_by(recording: Recording) -> None:
    recording.recorder.track([(key(ORDER), TRACKING)])
    recording.state(1, "new")

    [change] = fold(all_rows(recording), {}).changes

    assert change.columns == {
        "provider": "xverse",
        "state": "new",
        "phase": "awaiting_payment",
        "ref": "invoice-7",
        "attention": "",
        "tenant": "shop",
        "since": "2026-01-01T00:01:01.000000Z",
    }


def test_a_contradiction_opens_a_row_of_attention_and_agreement_ends_it(recording: Recording) -> None:
    recording.state(1, "executing")
    recording.state(2, "new")
    contradicted = fold(all_rows(recording), {})

    recording.state(3, "complete")
    ended = fold(all_rows(recording)[3:], {ORDER: _stored(contradicted)})

    row = value(contradicted.changes, attention.MODEL)
    assert row is not None
    assert row["kinds"] == ["regressed"]
    assert row["open"] == [{"version": 3, "kind": "regressed", "word": "new"}]
    assert value(contradicted.changes, orders.MODEL)["attention"] == ["regressed"]  # type: ignore[index] # there
    assert value(ended.changes, attention.MODEL) is None


def test_what_opens_and_ends_within_a_batch_was_never_there(recording: Recording) -> None:
    recording.state(1, "executing")
    recording.state(2, "new")
    recording.state(3, "complete")

    folded = fold(all_rows(recording), {})

    assert [change.model for change in folded.changes] == [orders.MODEL]


def test_a_lost_provider_needs_attention_and_is_no_order(recording: Recording) -> None:
    recording.state(0, "new")
    for minutes in range(1, 9):
        recording.look(minutes, Failed("timeout"))

    folded = fold(all_rows(recording), {})

    row = value(folded.changes, attention.MODEL, "_provider-xverse")
    assert row is not None
    assert (row["provider"], row["kinds"]) == ("xverse", ["contact_lost"])
    assert {change.key for change in folded.changes if change.model == orders.MODEL} == {ORDER}


def test_a_provider_that_is_back_needs_none(recording: Recording) -> None:
    for minutes in range(1, 9):
        recording.look(minutes, Failed("timeout"))
    lost = fold(all_rows(recording), {})
    recording.state(10, "new")

    [row] = [change for change in lost.changes if change.key == "_provider-xverse"]
    current = {row.key: ModelRow(row.key, row.value or b"", row.fold)}
    restored = fold([row for row in all_rows(recording)[1:] if row.order == "_provider-xverse"][-1:], current)

    assert value(restored.changes, attention.MODEL, "_provider-xverse") is None


def test_batches_of_any_size_come_to_the_same(recording: Recording) -> None:
    words = ["new", "executing", "new", "executing", "odd", "complete", "failed"]
    for minutes, word in enumerate(words):
        recording.state(minutes, word)
        recording.state(minutes, word, order=OTHER, reason=f"because {minutes}")
    unreadable(recording, OTHER)
    recording.state(20, "refunded")

    at_once = fold(all_rows(recording), {})

    whole = {(change.model, change.key): change for change in at_once.changes if change.value is not None}
    assert row_by_row(all_rows(recording)) == whole


def test_positions_rise_within_a_batch(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "new", order=OTHER)
    recording.state(3, "executing")

    positions = [change.position for change in fold(all_rows(recording), {}).changes]

    assert positions == sorted(set(positions))


def test_rows_that_are_folded_already_change_nothing(recording: Recording) -> None:
    recording.state(1, "new")
    folded = fold(all_rows(recording), {})

    again = fold(all_rows(recording), {ORDER: _stored(folded)})

    assert again == Folded([], [], 0)


def test_an_unreadable_event_parks_its_order_and_no_other(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(1, "new", order=OTHER)
    unreadable(recording)
    position = all_rows(recording)[-1].position
    recording.state(2, "executing", order=OTHER)

    folded = fold(all_rows(recording), {})

    [parked] = folded.parked
    assert (parked.order, parked.position) == (ORDER, position)
    assert parked.why == "no event is called ordertrail.order-teleported.v1"
    assert value(folded.changes, orders.MODEL, OTHER)["state"] == "executing"  # type: ignore[index] # there
    row = value(folded.changes, attention.MODEL)
    assert row is not None
    assert row["kinds"] == ["parked"]
    assert row["open"] == [{"version": 3, "kind": "parked", "word": parked.why}]


def test_events_of_a_parked_order_are_passed_over_and_counted(recording: Recording) -> None:
    recording.state(1, "new")

    folded = fold(all_rows(recording), {}, [ORDER])

    assert folded == Folded([], [], 2)


def test_a_missing_event_parks_the_order(recording: Recording) -> None:
    recording.state(1, "new")
    recording.state(2, "executing")
    rows = all_rows(recording)

    [parked] = fold([rows[0], rows[2]], {}).parked

    assert parked.why == "version 3 follows 1: events of the order are missing"


def test_an_order_folded_anew_ends_its_attention(recording: Recording) -> None:
    recording.state(1, "new")

    folded = fold_order(all_rows(recording), position=99)

    assert [(change.model, change.position) for change in folded.changes] == [
        ("orders", 99),
        ("attention", 99),
    ]
    assert value(folded.changes, attention.MODEL) is None
    assert value(folded.changes, orders.MODEL) == value(fold(all_rows(recording), {}).changes, orders.MODEL)


def test_a_row_that_is_too_large_to_publish_leaves_its_details_out(recording: Recording) -> None:
    many = [{"txid": f"{number:064x}", "state": "x" * 4000} for number in range(240)]
    recording.state(1, "new", transactions=many)

    row = value(fold(all_rows(recording), {}).changes, orders.MODEL)

    assert row is not None
    assert row["details"] is None
    assert row["details_omitted"] is True
    assert row["state"] == "new"


def test_evidence_that_was_shown_changes_only_the_version(recording: Recording) -> None:
    recording.state(1, "new")
    before = value(fold(all_rows(recording), {}).changes, orders.MODEL)
    recording.recorder.evidence_shown(OrderKey(*key(ORDER)), "ab" * 32, by="someone")

    after = value(fold(all_rows(recording), {}).changes, orders.MODEL)

    assert all_rows(recording)[-1].topic == EvidenceShown.TOPIC
    assert before is not None
    assert after == {**before, "version": 3, "position": 3}


def _stored(folded: Folded) -> ModelRow:
    [row] = [change for change in folded.changes if change.model == orders.MODEL]
    return ModelRow(row.key, row.value or b"", row.fold)
