import pytest
from msgspec.structs import replace

from domain.events import OrderOverdue
from domain.instants import DAY, HOUR, MINUTE, SECOND, Instant, text
from domain.lasting import ENOUGH, PRIORS, Bound, Dwells, bin_of, bound_of, class_of, overdue
from domain.order import Order, Overdue, Tracking
from domain.phases import FINAL, Phase
from domain.providers import PROVIDERS
from domain.rows import Dwell

AT = 1_767_225_600 * SECOND


def order(
    state: str = "executing", *, deadline: Instant | None = None, phase: Phase = Phase.PROCESSING
) -> Order:
    tracking = Tracking("host", deadline=None if deadline is None else text(deadline))
    return Order(1, None, tracking, state=state, phase=phase, not_before=text(AT - HOUR), not_after=text(AT))


def told(of: Order, at: Instant, dwells: Dwells | None = None) -> list[OrderOverdue]:
    events = overdue(of, dwells or Dwells("xverse"), at, "2.1", "main")
    return [event.data for event in events if isinstance(event.data, OrderOverdue)]


def lasted(state: str, seconds: int, times: int) -> Dwells:
    return Dwells("xverse", [Dwell("xverse", state, bin_of(seconds * SECOND), times)])


def test_every_state_that_is_not_final_has_a_prior() -> None:
    for slug, provider in PROVIDERS.items():
        unfinished = {state for state, phase in provider.phases.items() if phase not in FINAL}

        assert set(PRIORS[slug]) == unfinished


def test_until_enough_is_known_the_prior_counts() -> None:
    assert lasted("executing", 60, ENOUGH - 1).bound("executing") == Bound(DAY // SECOND, "prior")


def test_then_it_is_three_times_what_nearly_all_orders_took() -> None:
    bound = lasted("executing", 1000, ENOUGH).bound("executing")

    assert bound is not None
    assert bound.basis == "learned"
    assert 3000 <= bound.seconds <= 3 * 1000 * 2**0.25


def test_a_quick_state_is_never_overdue_within_minutes() -> None:
    assert lasted("executing", 1, ENOUGH).bound("executing") == Bound(5 * MINUTE // SECOND, "learned")


@pytest.mark.parametrize("seconds", [1, 2, 3, 59, 3600, 86_399, 86_400, 5_000_000])
def test_a_quantile_is_no_less_than_what_was_seen_and_little_more(seconds: int) -> None:
    quantile = lasted("new", seconds, 1).quantile("new", 0.99)

    assert quantile is not None
    assert seconds <= quantile <= seconds * 2**0.25 + 1


def test_a_tail_is_told_from_the_rest() -> None:
    dwells = lasted("new", 10, 990)
    dwells.add("new", bin_of(HOUR), 10)

    assert (dwells.quantile("new", 0.5) or 0) < 13
    assert (dwells.quantile("new", 0.995) or 0) > 3600


def test_an_order_that_outlasts_its_state_is_overdue_once() -> None:
    late = order()

    assert told(late, AT + DAY) == []
    assert told(late, AT + DAY + SECOND) == [OrderOverdue("executing", DAY // SECOND, "prior")]
    said = replace(late, overdue=Overdue(2, "executing", 1, "prior"))
    assert told(said, AT + 2 * DAY) == []


def test_a_deadline_that_comes_first_is_the_bound() -> None:
    urgent = order(deadline=AT + HOUR)

    assert bound_of(urgent, Dwells("xverse")) == Bound(3600, "deadline")
    assert [one.basis for one in told(urgent, AT + HOUR + SECOND)] == ["deadline"]


def test_final_and_unknown_states_and_orders_nobody_watches_are_never_overdue() -> None:
    assert told(order("complete", phase=Phase.FULFILLED), AT + 99 * DAY) == []
    assert told(Order(tracking=Tracking("host")), AT + 99 * DAY) == []
    stopped = Order(1, None, Tracking("host"), "asked", "executing", Phase.PROCESSING, None, text(AT))
    assert told(stopped, AT + 99 * DAY) == []


def test_kinds_of_orders_have_dwell_times_of_their_own() -> None:
    etch = replace(order("pending", phase=Phase.CONFIRMING), details={"orderType": "runes_etch"})
    mints = lasted("runes_mint/pending", 60, ENOUGH)

    assert bound_of(etch, mints) == Bound(DAY // SECOND, "prior")
    assert mints.classes(["pending"]) == ["mint/pending", "pending"]


def test_kinds_that_nobody_knows_share_the_states_dwell_times() -> None:
    made_up = replace(order("executing"), details={"orderType": "made up"})

    assert class_of(made_up) == class_of(order("executing")) == "executing"
    assert lasted("made up/executing", 1000, ENOUGH).seen("executing") == ENOUGH
