from domain.order import Tracking
from domain.readings import Failed
from ordertrail.project import Projector
from ordertrail.queries import Filters, attention, orders
from tests.fixtures.recording import ORDER, OTHER, Recording, key, minute, minute_text

SECOND_LATER = "2026-01-01T00:02:01.000000Z"


def project(recording: Recording) -> None:
    Projector(recording.log, say=lambda words: None).catch_up()


def two_orders(recording: Recording) -> None:
    tracking = Tracking("https://provider.example", ref="invoice-7", tenant="shop")
    recording.recorder.track([(key(ORDER), tracking)])
    recording.state(1, "new")
    recording.state(2, "executing")
    recording.state(3, "executing")
    recording.state(1, "failed", order=OTHER)
    recording.state(4, "new", order=OTHER)
    project(recording)


def found(recording: Recording, filters: Filters) -> list[object]:
    return [line["order"] for line in orders(recording.log, filters)]


def test_a_line_has_the_keys_that_people_script(any_recording: Recording) -> None:
    two_orders(any_recording)

    line = next(orders(any_recording.log))

    assert line == {
        "order": ORDER,
        "provider": "xverse",
        "ref": "invoice-7",
        "state": "executing",
        "phase": "processing",
        "attention": [],
        "since": {"not_before": minute_text(1), "not_after": SECOND_LATER},
        "last_look": "2026-01-01T00:03:01.000000Z",
        "version": 3,
        "details": {},
    }


def test_each_filter_narrows_the_list(any_recording: Recording) -> None:
    two_orders(any_recording)

    for filters, expected in [
        (Filters(), [ORDER, OTHER]),
        (Filters(provider="runa"), []),
        (Filters(phase="processing"), [ORDER]),
        (Filters(state="failed"), [OTHER]),
        (Filters(attention=True), [OTHER]),
        (Filters(ref="invoice-7"), [ORDER]),
        (Filters(tenant="shop"), [ORDER]),
        (Filters(since=minute(2)), [ORDER]),
        (Filters(provider="xverse", state="failed", phase="processing"), []),
    ]:
        assert found(any_recording, filters) == expected


def test_a_long_list_reads_last_looks_at_once(recording: Recording) -> None:
    names = [f"xmrto/xmrto-{number:03}" for number in range(60)]
    for name in names:
        uuid = name.partition("/")[2]
        recording.look(1, {"uuid": uuid, "state": "UNPAID"}, order=name)
    project(recording)

    lines = list(orders(recording.log))

    assert [line["order"] for line in lines] == names
    assert {line["last_look"] for line in lines} == {"2026-01-01T00:01:01.000000Z"}


def test_attention_lists_what_is_open(any_recording: Recording) -> None:
    two_orders(any_recording)

    [line] = attention(any_recording.log)

    assert (line["order"], line["kinds"]) == (OTHER, ["regressed"])
    assert line["open"] == [{"version": 3, "kind": "regressed", "word": "new"}]


def test_a_provider_out_of_reach_stands_among_what_needs_attention(recording: Recording) -> None:
    for minutes in range(1, 9):
        recording.look(minutes, Failed("connect"))
    project(recording)

    [line] = attention(recording.log)

    assert (line["order"], line["provider"]) == ("_provider-xverse", "xverse")
    assert [one["order"] for one in orders(recording.log)] == [ORDER]
