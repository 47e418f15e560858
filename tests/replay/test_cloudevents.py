import json

import pytest

from adapters.kafka.records import event_record
from ordertrail.cloudevents import UnreadableEvent, source, structured
from tests.kafka.logs import row

GIVEN = row(
    7,
    inferred=True,
    not_before="2026-01-02T03:04:00.000000Z",
    evidence="ab" * 32,
    recorded_at="2026-01-02T03:04:06Z",
)


@pytest.mark.parametrize("replay", [True, False])
def test_the_attributes_are_those_of_the_record_on_kafka(replay: bool) -> None:
    record = event_record(GIVEN, "log-a", prefix="p.", replay=replay)

    event = json.loads(structured(GIVEN, source("log-a"), replay=replay))

    headers = {name.removeprefix("ce_"): value.decode() for name, value in record.headers}
    headers["datacontenttype"] = headers.pop("content-type")
    told = {name: json.dumps(value) if isinstance(value, bool) else value for name, value in event.items()}
    del told["data"]
    assert told == headers


def test_the_stored_bytes_are_the_data_unaltered() -> None:
    odd = GIVEN._replace(state=b'{"data":{"x" : 1.10,"x":2},"not_after":"2026-01-02T03:04:05Z"}')

    assert structured(odd, source("log-a"), replay=True).endswith(b',"data":' + odd.state + b"}")


def test_what_is_not_known_is_left_out() -> None:
    event = json.loads(structured(row(1), source("log-a"), replay=False))

    assert not {"notbefore", "evidence"} & set(event)
    assert event["replay"] is event["inferred"] is False


def test_an_event_that_is_no_json_is_named() -> None:
    with pytest.raises(UnreadableEvent, match="position 7, xverse/order-7@1"):
        structured(GIVEN._replace(state=b"{"), source("log-a"), replay=False)
