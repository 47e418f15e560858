import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from adapters.kafka import topics
from adapters.kafka.topics import Name, TopicMismatch, TopicRefused
from ordertrail.kafka_words import words
from tests.kafka.admin import AdminOf

pytestmark = pytest.mark.anyio

TIMED_OUT, NOT_CONTROLLER, NO_LEADER, NOT_ALLOWED, TOO_FEW_BROKERS = 7, 41, 5, 29, 38
FENCED = "Unable to replicate the partition 1 time(s): All brokers are currently fenced"


async def answered(admin: AdminOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The topics are ensured on a broker that answers so."""
    monkeypatch.setattr(topics, "AIOKafkaAdminClient", admin)
    monkeypatch.setattr(topics, "PATIENCE_SECONDS", 0.1)
    await topics.ensure("a-broker:9092", prefix=admin.prefix)
    assert admin.asked == ["start", "close"]


async def test_a_broker_that_has_all_topics_is_content(monkeypatch: pytest.MonkeyPatch) -> None:
    await answered(AdminOf("p."), monkeypatch)


@pytest.mark.parametrize(
    ("admin", "says"),
    [
        (AdminOf("p.", making=TIMED_OUT), "the broker can't make p.orders: "),
        (AdminOf("p.", making=NOT_CONTROLLER, reason="not now"), "the broker can't make p.orders: not now"),
        (AdminOf("p.", making=TOO_FEW_BROKERS, reason=FENCED), f"the broker can't make p.orders: {FENCED}"),
        (AdminOf("p.", showing=NO_LEADER), "the broker does not show p.orders yet"),
        (
            AdminOf("p.", telling=TIMED_OUT, reason="slow"),
            "the broker can't tell the settings of p.orders: slow",
        ),
        (AdminOf("p.", leader=False), "no broker is up yet that could make topics"),
    ],
)
async def test_what_a_broker_refuses_for_now_is_tried_again_and_said(
    admin: AdminOf, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KafkaError) as refused:
        await answered(admin, monkeypatch)

    assert words(refused.value).startswith(says)


async def test_what_a_broker_refuses_for_good_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TopicRefused, match=r"refused to make p\.orders: .*"):
        await answered(AdminOf("p.", making=NOT_ALLOWED), monkeypatch)


async def test_settings_that_may_not_be_read_are_no_wrong_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TopicMismatch) as refused:
        await answered(AdminOf("p.", telling=NOT_ALLOWED, reason="not allowed"), monkeypatch)

    assert str(refused.value) == "the settings of p.orders can't be read: not allowed."


async def test_making_the_topics_twice_changes_nothing(kafka: str, prefix: str) -> None:
    await topics.ensure(kafka, prefix=prefix)

    states = await topics.describe(kafka, prefix=prefix)
    assert [state.topic.name for state in states] == list(Name)
    assert {state.full_name: state.partitions for state in states}[f"{prefix}ownership"] == 48
    assert not any(state.differences for state in states)


async def test_events_are_kept_for_ever(kafka: str, prefix: str) -> None:
    states = await topics.describe(kafka, prefix=prefix)

    assert states[0].settings["retention.ms"] == "-1"


async def test_topics_that_are_not_there_are_told_as_missing(kafka: str) -> None:
    states = await topics.describe(kafka, prefix="absent.")

    assert {state.partitions for state in states} == {None}


async def test_a_topic_with_other_partitions_and_settings_is_refused(kafka: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic("wrong.orders", 3, 1, topic_configs={"cleanup.policy": "delete"})])
    await admin.close()

    with pytest.raises(
        TopicMismatch, match=r"wrong\.orders has 3 partitions where 12.*cleanup\.policy=delete"
    ) as said:
        await topics.ensure(kafka, prefix="wrong.")
    assert f"kafka-configs.sh --bootstrap-server {kafka} --alter --entity-type topics" in str(said.value)
    assert "--entity-name wrong.orders --add-config cleanup.policy=compact,delete.retention" in str(
        said.value
    )
    assert "delete wrong.orders and let `ordertrail topics` make" in str(said.value)


async def test_what_the_broker_refuses_is_told(kafka: str) -> None:
    with pytest.raises(TopicRefused, match=r"many\.events, many\.orders, .*replication factor of 3") as said:
        await topics.ensure(kafka, prefix="many.", replication=3)

    assert str(said.value).count("replication factor") == 1
    assert "Set topics.replication to what" in str(said.value)
