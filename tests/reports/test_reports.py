"""What workers say of a provider, put together."""

import pytest

from domain.instants import HOUR, MINUTE, SECOND, text
from domain.providers import PROVIDERS
from domain.watch import Span
from ordertrail.cli.providers import said
from ordertrail.reports import Blind, Health, ProviderRow, WorkerReport, provider_row, stored
from tests.fixtures.recording import START, Recording
from tests.reports.saying import report

NOW = START + 10 * HOUR


def row(recording: Recording, *reports: WorkerReport) -> ProviderRow:
    recording.log.report([stored(each, "xverse", NOW) for each in reports], ())
    return provider_row(recording.log, PROVIDERS["xverse"], NOW)


def test_nobody_says_anything_where_no_worker_runs(recording: Recording) -> None:
    told = row(recording)

    assert (told.health, told.workers, told.queue.orders) == (Health.UNWATCHED, [], 0)
    assert said(told) == "No worker is running."


def test_several_workers_share_the_budget_and_the_orders(any_recording: Recording) -> None:
    told = row(
        any_recording, report("one", NOW, lateness=100.0), report("two", NOW, lateness=200.0, orders=30)
    )

    assert told.workers == ["one", "two"]
    assert (told.queue.orders, told.looks, told.failures) == (40, 200, {"timeout": 6})
    assert told.freshness.lateness == 175.0
    assert [(window.limit, window.allowed) for window in told.windows] == [(300, 300)]
    assert told.rate == 5.0


def test_the_worst_of_them_is_the_providers_health(recording: Recording) -> None:
    told = row(recording, report("one", NOW), report("two", NOW, health=Health.AWAY))

    assert told.health is Health.AWAY


def test_a_worker_that_has_been_silent_is_not_running(recording: Recording) -> None:
    told = row(recording, report("one", NOW - 3 * MINUTE))

    assert told.workers == []


def test_it_says_what_the_budget_buys(recording: Recording) -> None:
    words = said(row(recording, report("one", NOW)))

    assert "a change at xverse is seen after 2 min on average" in words
    assert "twice the budget would make it about 60 s" in words
    assert "No order waits longer than 60 min" in words


def test_a_stretched_bound_is_said(recording: Recording) -> None:
    words = said(row(recording, report("one", NOW, effective=9000.0)))

    assert "but for so many orders the budget allows only every 2 h" in words


def test_orders_that_are_over_have_a_bound_of_their_own(any_recording: Recording) -> None:
    told = row(
        any_recording,
        report("one", NOW, watching=(32_400.0, 32_400.0)),
        report("two", NOW, watching=(7200.0, 14_400.0)),
    )
    words = said(told)

    assert (told.freshness.watching_promised, told.freshness.watching_effective) == (32_400.0, 32_400.0)
    assert "No open order waits longer than 60 min for a look." in words
    assert "No order that is over waits longer than 9 h for a look." in words


def test_the_bound_of_orders_that_are_over_may_be_stretched(recording: Recording) -> None:
    words = said(row(recording, report("one", NOW, effective=7200.0, watching=(32_400.0, 64_800.0))))

    assert "No open order should wait longer than 60 min" in words
    assert "No order that is over should wait longer than 9 h for a look, but" in words
    assert "only every 18 h" in words


def test_while_a_provider_is_away_nothing_is_promised(recording: Recording) -> None:
    words = said(row(recording, report("one", NOW, health=Health.AWAY)))

    assert "is tried at longer intervals" in words
    assert "waits longer" not in words


@pytest.mark.parametrize(
    ("used", "price", "why"),
    [
        (0.4, 45.0, "only 40 % of it is used"),
        (0.95, 1e-6, "looked at as often as it may be"),
    ],
)
def test_where_the_budget_does_not_limit_more_of_it_is_not_praised(
    recording: Recording, used: float, price: float, why: str
) -> None:
    words = said(row(recording, report("one", NOW, used=used, price=price)))

    assert "a change at xverse is seen after 2 min on average; more would change little" in words
    assert why in words
    assert "twice" not in words


def test_when_nobody_had_an_answer_is_told_exactly(any_recording: Recording) -> None:
    day = [Span(START, START + HOUR, 9, 0, {}), Span(START + 3 * HOUR, START + 4 * HOUR, 9, 0, {})]
    other = [Span(START + 2 * HOUR, START + 3 * HOUR + MINUTE, 9, 0, {})]

    told = row(any_recording, report("one", NOW, answered=day), report("two", NOW, answered=other))

    assert told.blind == [
        Blind(text(START + HOUR), text(START + 2 * HOUR)),
        Blind(text(START + 4 * HOUR), text(NOW)),
    ]
    assert told.blind_gap == 5 * MINUTE // SECOND


def test_dwell_times_and_news_stand_in_it(any_recording: Recording) -> None:
    for minutes, word in enumerate(["new", "executing", "complete"], 1):
        any_recording.state(minutes, word, colour="red")
    any_recording.recorder.write_learned()

    told = row(any_recording)

    states = {each.state: (each.seen, each.basis) for each in told.dwell}
    assert states["executing"] == (1, "prior")
    assert [(one.what, one.path, one.times) for one in told.drift] == [("field", "colour", 3)]


def test_a_row_goes_to_the_topic_through_the_outbox(any_recording: Recording) -> None:
    any_recording.state(1, "new")
    any_recording.log.report((), [("xverse", b"{}")])

    [out] = any_recording.log.outbox(0, 10)

    assert (out.topic, out.key, out.value, out.position) == (
        "providers",
        "xverse",
        b"{}",
        any_recording.log.tail(),
    )
