import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from adapters.kafka import topics
from adapters.kafka.topics import Name, TopicMismatch, TopicRefused

pytestmark = pytest.mark.anyio


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
    with pytest.raises(TopicRefused, match="replication"):
        await topics.ensure(kafka, prefix="many.", replication=3)
