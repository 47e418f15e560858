import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from ordertrail.door import Address
from ordertrail.metrics import exposed
from ordertrail.reports import DwellRow, Health
from tests.fixtures.recording import START
from tests.reports.saying import report

DWELL = [
    DwellRow("mint/executing", 80, 300, 900, 1200, 3600, "learned"),
    DwellRow("pending", 0, None, None, None, 86_400, "prior"),
    DwellRow("complete", 0, None, None, None, None, None),
]


def scraped() -> dict[tuple[str, ...], float]:
    """Samples by name, provider and other labels' values in the order of their names."""
    reports = {"xverse": report("one", START, health=Health.AWAY, watching=(32_400.0, 64_800.0))}
    with exposed(Address("127.0.0.1", 0), lambda: reports, lambda: {"xverse": DWELL}) as port:
        text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    return {(one.name, one.labels.pop("provider"), *one.labels.values()): one.value for one in samples}


def test_what_a_worker_says_can_be_scraped() -> None:
    found = scraped()

    assert found["ordertrail_looks_total", "xverse"] == 100
    assert found["ordertrail_refused_total", "xverse"] == 1
    assert found["ordertrail_failed_looks_total", "xverse", "timeout"] == 3
    assert found["ordertrail_lateness_expected_seconds", "xverse"] == 120
    assert found["ordertrail_bound_promised_seconds", "xverse"] == 3600
    assert found["ordertrail_bound_watching_promised_seconds", "xverse"] == 32_400
    assert found["ordertrail_bound_watching_effective_seconds", "xverse"] == 64_800
    assert found["ordertrail_queue", "xverse", "due"] == 2
    assert found["ordertrail_window_left_requests", "xverse", "300/60s"] == 20


def test_one_health_holds_at_a_time() -> None:
    held = {name[2]: value for name, value in scraped().items() if name[0] == "ordertrail_health"}

    assert held == {each.value: float(each is Health.AWAY) for each in Health}


def test_dwell_times_can_be_scraped_by_state() -> None:
    found = {name: value for name, value in scraped().items() if "dwell" in name[0] or "overdue" in name[0]}

    assert found == {
        ("ordertrail_dwell_seconds", "xverse", "0.5", "mint/executing"): 300,
        ("ordertrail_dwell_seconds", "xverse", "0.9", "mint/executing"): 900,
        ("ordertrail_dwell_seconds", "xverse", "0.99", "mint/executing"): 1200,
        ("ordertrail_dwell_orders", "xverse", "mint/executing"): 80,
        ("ordertrail_dwell_orders", "xverse", "pending"): 0,
        ("ordertrail_dwell_orders", "xverse", "complete"): 0,
        ("ordertrail_overdue_after_seconds", "xverse", "learned", "mint/executing"): 3600,
        ("ordertrail_overdue_after_seconds", "xverse", "prior", "pending"): 86_400,
    }
