"""The topics: what they hold, how they are made, and whether those of a broker are as they should be.

Partition counts never change later: that would move keys to other partitions and break their order.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from adapters.kafka.partition import SHARES

PREFIX = "ordertrail."
DAY_MS = 86_400_000
CREATED, EXISTS, TOO_FEW_BROKERS = 0, 36, 38
FENCED = "currently fenced"
PATIENCE_SECONDS = 60  # a broker shows topics once their files are there: long on a busy disk
ALTER = "kafka-configs.sh --bootstrap-server {bootstrap} --alter --entity-type topics --entity-name {name}"
MEND_SETTINGS = "Nothing was changed. Set it right with: "
MEND_PARTITIONS = (
    "A wrong number of partitions can't be mended: use another prefix, or stop the publisher, delete {name} "
    "and let `ordertrail topics` make it anew; what was published there comes again by `ordertrail topics "
    "--republish TOPIC`."
)


class Name(StrEnum):
    """A topic's name without its prefix."""

    EVENTS = "events"
    ORDERS = "orders"
    ATTENTION = "attention"
    PROVIDERS = "providers"
    COMMANDS = "commands"
    REPLIES = "replies"
    POSITIONS = "positions"
    OWNERSHIP = "ownership"


@dataclass(frozen=True)
class Topic:
    name: Name
    key: str
    partitions: int
    holds: str
    settings: Mapping[str, str]

    def settings_on(self, replication: int) -> dict[str, str]:
        durable = {"min.insync.replicas": "2"} if replication > 2 else {}
        return {**self.settings, **durable}


@dataclass(frozen=True)
class TopicState:
    """A topic as found on a broker; `partitions` None: it is missing. `differences` is for people.

    `settings` has what was found of the settings `wanted`; empty for a missing topic, as `wanted` is.
    """

    topic: Topic
    full_name: str
    partitions: int | None
    settings: Mapping[str, str] = field(default_factory=dict)
    differences: Sequence[str] = ()
    wanted: Mapping[str, str] = field(default_factory=dict)


class TopicMismatch(Exception):
    """Topics are not as they should be; the message says which, how and what to do."""


class TopicRefused(Exception):
    """The broker would not make a topic; the message holds its reason."""


# The broker's clock says when a record was appended: no record then falls to retention for its own age.
ALL = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": "1048588"}
KEPT = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1", **ALL}
PASSING = {"cleanup.policy": "delete", "retention.ms": str(7 * DAY_MS), **ALL}
COMPACTED = {"cleanup.policy": "compact", "delete.retention.ms": str(7 * DAY_MS), **ALL}
REWRITTEN = {  # read in full at every start, so kept short
    **COMPACTED,
    "segment.ms": "600000",
    "min.cleanable.dirty.ratio": "0.01",
    "max.compaction.lag.ms": "600000",
}

TOPICS = (
    Topic(Name.EVENTS, "order", 12, "every event, CloudEvents 1.0", KEPT),
    Topic(Name.ORDERS, "order", 12, "where each order stands now", COMPACTED),
    Topic(Name.ATTENTION, "order", 12, "orders that need a person", COMPACTED),
    Topic(Name.PROVIDERS, "provider", 1, "health, dwell times, freshness", COMPACTED),
    Topic(Name.COMMANDS, "order", 12, "what is asked: track, stop, refresh, execute, adopt", PASSING),
    Topic(Name.REPLIES, "order", 12, "answers to commands", PASSING),
    Topic(Name.POSITIONS, "publisher", 1, "the log position last published", REWRITTEN),
    Topic(Name.OWNERSHIP, "none", SHARES, "nothing: its partitions are what poll workers share", PASSING),
)
TOPIC = {topic.name: topic for topic in TOPICS}


async def ensure(bootstrap: str, *, prefix: str = PREFIX, replication: int = 1) -> None:
    """Makes what is missing and leaves what is there.

    Raises TopicMismatch, TopicRefused, and KafkaError for what may pass by itself.
    """
    async with _admin(bootstrap) as admin:
        await _create(admin, prefix, replication)
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            states = await _states(admin, prefix, replication)
            missing = [state.full_name for state in states if state.partitions is None]
            if not missing:
                break
            if asyncio.get_running_loop().time() > deadline:
                raise KafkaError(f"the broker does not show {', '.join(missing)} yet")
            await asyncio.sleep(0.1)
    _refuse_differences(states, bootstrap)


async def describe(bootstrap: str, *, prefix: str = PREFIX, replication: int = 1) -> list[TopicState]:
    """Every topic of ours as the broker has it, in the order of TOPICS. Raises KafkaError."""
    async with _admin(bootstrap) as admin:
        return await _states(admin, prefix, replication)


@asynccontextmanager
async def _admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="ordertrail-topics")
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def _create(admin: AIOKafkaAdminClient, prefix: str, replication: int) -> None:
    wanted = [
        NewTopic(
            prefix + topic.name, topic.partitions, replication, topic_configs=topic.settings_on(replication)
        )
        for topic in TOPICS
    ]
    if admin._client.cluster.controller is None:
        raise KafkaError("no broker is up yet that could make topics")
    answer = await admin.create_topics(wanted)
    refused = [_Refused(*error) for error in answer.topic_errors if error[1] not in (CREATED, EXISTS)]
    if lasting := [each for each in refused if not each.passes]:
        raise TopicRefused(f"the broker refused to make {_listed(lasting)}{_mend(lasting)}")
    if refused:
        raise KafkaError(f"the broker can't make {_listed(refused)}")


class _Refused(NamedTuple):
    """What a broker would not do for a topic."""

    name: str
    code: int
    reason: str | None

    @property
    def passes(self) -> bool:
        """A broker that was just started, or is slow, is fenced for a while: there is no code for that."""
        return for_code(self.code).retriable or FENCED in (self.reason or "")

    @property
    def why(self) -> str:
        return self.reason or for_code(self.code).description or f"error {self.code}"


def _listed(refused: Iterable[_Refused]) -> str:
    """Topics that share a reason, which brokers give for each of them, with the reason once."""
    names: dict[str, list[str]] = {}
    for each in refused:
        names.setdefault(each.why, []).append(each.name)
    return "; ".join(f"{', '.join(same)}: {why}" for why, same in names.items())


def _mend(refused: Iterable[_Refused]) -> str:
    few = any(each.code == TOO_FEW_BROKERS for each in refused)
    return " Set topics.replication to what the brokers can hold, or start more of them." if few else ""


class _Settings(NamedTuple):
    """A topic's settings, or why they can't be read."""

    found: Mapping[str, str]
    unread: str = ""


async def _states(admin: AIOKafkaAdminClient, prefix: str, replication: int) -> list[TopicState]:
    names = [prefix + topic.name for topic in TOPICS]
    partitions = {
        found["topic"]: len(found["partitions"])
        for found in await admin.describe_topics(names)
        if found["error_code"] == 0
    }
    settings = await _settings(admin, [name for name in names if name in partitions])
    return [
        _state(topic, prefix + topic.name, partitions.get(prefix + topic.name), settings, replication)
        for topic in TOPICS
    ]


async def _settings(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, _Settings]:
    """Raises KafkaError."""
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    settings: dict[str, _Settings] = {}
    for answer in await admin.describe_configs(resources):
        for code, reason, _kind, name, entries in answer.resources:
            refused = _Refused(name, code, reason)
            if code and refused.passes:
                raise KafkaError(f"the broker can't tell the settings of {name}: {refused.why}")
            unread = refused.why if code else ""
            settings[name] = _Settings({entry[0]: entry[1] for entry in entries}, unread)
    return settings


def _state(
    topic: Topic, name: str, partitions: int | None, settings: Mapping[str, _Settings], replication: int
) -> TopicState:
    if partitions is None:
        return TopicState(topic, name, None, {}, [f"{name} is missing"])
    here, unread = settings[name]
    wanted = {} if unread else topic.settings_on(replication)
    differences = [
        f"{name} has {key}={here.get(key)} where {value} is needed"
        for key, value in wanted.items()
        if here.get(key) != value
    ]
    if unread:
        differences.append(f"the settings of {name} can't be read: {unread}")
    if partitions != topic.partitions:
        differences.insert(0, f"{name} has {partitions} partitions where {topic.partitions} are needed")
    found = {key: here.get(key, "") for key in wanted}
    return TopicState(topic, name, partitions, found, differences, wanted)


def _refuse_differences(states: Sequence[TopicState], bootstrap: str) -> None:
    differences = [words for state in states for words in state.differences]
    if differences:
        raise TopicMismatch(" ".join([f"{'; '.join(differences)}.", *_advice(states, bootstrap)]))


def _advice(states: Sequence[TopicState], bootstrap: str) -> Iterator[str]:
    """What a person runs against the differences."""
    commands = [
        f"{ALTER.format(bootstrap=bootstrap, name=state.full_name)} --add-config {','.join(wrong)}"
        for state in states
        if (
            wrong := [f"{key}={value}" for key, value in state.wanted.items() if state.settings[key] != value]
        )
    ]
    if commands:
        yield MEND_SETTINGS + " ; ".join(commands) + "."
    for state in states:
        if state.partitions not in (None, state.topic.partitions):
            yield MEND_PARTITIONS.format(name=state.full_name)
