import pytest

from adapters.kafka.partition import partition_of
from adapters.kafka.records import event_record, outbox_record
from tests.kafka.logs import change, row


def test_an_event_is_a_cloudevent_in_binary_mode_around_the_stored_bytes() -> None:
    stored = row(7, inferred=True, not_before="2026-01-02T03:04:00.000000Z", evidence="ab12", rules="3.7")

    record = event_record(stored, "log-a", prefix="p.")

    assert (record.topic, record.key, record.value) == ("p.events", b"xverse/order-7", stored.state)
    assert record.partition == partition_of("xverse/order-7", 12)
    assert dict(record.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"xverse/order-7@1",
        "ce_source": b"urn:ordertrail:log-a",
        "ce_type": b"ordertrail.state-changed.v1",
        "ce_subject": b"xverse/order-7",
        "ce_time": b"2026-01-02T03:04:05.000006Z",
        "ce_notbefore": b"2026-01-02T03:04:00.000000Z",
        "ce_recordedat": b"2026-01-02T03:04:06.000000Z",
        "ce_position": b"7",
        "ce_inferred": b"true",
        "ce_rules": b"3.7",
        "ce_evidence": b"ab12",
        "ce_replay": b"false",
        "content-type": b"application/json",
    }


def test_what_an_event_does_not_know_is_left_out() -> None:
    record = event_record(row(7), "log-a", prefix="p.", replay=True, topic="elsewhere")

    headers = dict(record.headers)
    assert record.topic == "elsewhere"
    assert headers["ce_replay"] == b"true"
    assert headers["ce_inferred"] == b"false"
    assert not {"ce_notbefore", "ce_evidence"} & headers.keys()


def test_a_read_models_change_tells_its_log_position() -> None:
    record = outbox_record(change(3, "xverse/a", b'{"x":1}', position=9), prefix="p.")

    assert (record.topic, record.key, record.value) == ("p.orders", b"xverse/a", b'{"x":1}')
    assert dict(record.headers)["ce_position"] == b"9"


def test_a_tombstone_has_no_value_and_no_content_type() -> None:
    record = outbox_record(change(3, "xverse/a", None, topic="attention"), prefix="p.")

    assert record.value is None
    assert "content-type" not in dict(record.headers)


def test_an_outbox_row_for_no_topic_of_ours_is_refused() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        outbox_record(change(3, "k", topic="nonsense"), prefix="p.")
