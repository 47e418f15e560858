"""What a look tells beside the state."""

from msgspec import UNSET

from domain.events import DetailChange, DetailsChanged
from domain.fields import SECRET, Detail
from domain.runa import RUNA
from domain.xmrto import XMRTO
from tests.domain.judging import Trial, names, shown

PRICE = "total_price"
CONFIRMATIONS = "btc_num_confirmations"
PURGED_AT = "btc_num_confirmations_before_purge"


def changes(trial: Trial, at: float, **details: Detail) -> dict[str, DetailChange]:
    """What one more look at the first trial state tells to have changed."""
    events = trial.see(shown(trial.order.state or trial.provider.graph.initial, details), at)
    found: dict[str, DetailChange] = {}
    for event in events:
        if isinstance(event.data, DetailsChanged):
            found |= event.data.changes
    return found


def test_the_first_look_records_all_details() -> None:
    trial = Trial(RUNA)

    assert changes(trial, 10, currency="GBP", total_price="10.00") == {
        "currency": DetailChange(after="GBP"),
        PRICE: DetailChange(after="10.00"),
    }
    assert trial.order.details == {"currency": "GBP", PRICE: "10.00"}


def test_equal_decimals_are_no_change() -> None:
    trial = Trial(RUNA)
    changes(trial, 10, total_price="10")

    assert changes(trial, 20, total_price="10.00") == {}
    assert changes(trial, 30, total_price="10.01") == {PRICE: DetailChange("10", "10.01")}


def test_counters_are_told_at_their_milestones() -> None:
    trial = Trial(XMRTO)
    seen = [0, 1, 2, 5, 6, 7, 143, 144, 150]

    told = [bool(changes(trial, at, **{CONFIRMATIONS: n, PURGED_AT: 144})) for at, n in enumerate(seen, 10)]

    assert told == [True, True, False, False, True, False, False, True, False]


def test_absent_and_null_are_told_apart() -> None:
    trial = Trial(RUNA)
    changes(trial, 10, message="soon", currency="GBP")

    assert changes(trial, 20, message=None) == {
        "message": DetailChange("soon", None),
        "currency": DetailChange(before="GBP", after=UNSET),
    }
    assert trial.order.details == {"message": None}
    assert changes(trial, 30) == {"message": DetailChange(before=None, after=UNSET)}
    assert trial.order.details == {}


def test_a_secret_is_told_only_as_being_there() -> None:
    trial = Trial(RUNA)

    changes(trial, 10, **{"items[E-1].payout.url": SECRET})

    assert trial.order.details == {"items[E-1].payout.url": {"secret": True}}
    assert changes(trial, 20, **{"items[E-1].payout.url": SECRET}) == {}


def test_text_and_number_of_the_same_look_are_different() -> None:
    trial = Trial(RUNA)
    changes(trial, 10, message="1")

    assert changes(trial, 20, message=1) == {"message": DetailChange("1", 1)}


def test_details_go_on_changing_after_the_end() -> None:
    trial = Trial(RUNA)
    payout = "items[E-1].payout.status"
    trial.see(shown("COMPLETED", {payout: "ACTIVE"}), 10)

    assert changes(trial, 20, **{payout: "CLAIMED"}) == {payout: DetailChange("ACTIVE", "CLAIMED")}


def test_a_contradicting_look_changes_no_details() -> None:
    trial = Trial(RUNA)
    trial.see(shown("COMPLETED", {"currency": "GBP"}), 10)

    events = trial.see(shown("FAILED", {"currency": "USD"}), 20)

    assert names(events) == ["Contradicted"]
    assert trial.order.details == {"currency": "GBP"}


def test_very_many_details_are_told_in_portions() -> None:
    trial = Trial(RUNA)
    many = {f"items[{number}].id": "x" * 1000 for number in range(3000)}

    events = trial.see(shown("PROCESSING", many), 10)

    assert len(events) > 2
    assert max(len(row.state) for row in trial.rows) < 900_000
    assert trial.order.details == many
