import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from ordertrail.door import Address
from ordertrail.metrics import exposed
from ordertrail.reports import Health
from tests.fixtures.recording import START
from tests.reports.saying import report


def scraped() -> dict[tuple[str, ...], float]:
    """Samples by name, provider and other labels' values, as Prometheus reads them."""
    reports = {"xverse": report("one", START, health=Health.AWAY)}
    with exposed(Address("127.0.0.1", 0), lambda: reports) as port:
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
    assert found["ordertrail_queue", "xverse", "due"] == 2
    assert found["ordertrail_window_left_requests", "xverse", "300/60s"] == 20


def test_one_health_holds_at_a_time() -> None:
    held = {name[2]: value for name, value in scraped().items() if name[0] == "ordertrail_health"}

    assert held == {each.value: float(each is Health.AWAY) for each in Health}
