"""Workers of one Kafka group, with a real broker, on one log and asking the same simulators."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import pytest
from aiokafka.admin import NewTopic

from adapters.clock import SystemClock
from adapters.kafka import topics
from adapters.kafka.ownership import GroupMember
from domain.identity import OrderKey
from ordertrail.ownership import LogWitness
from ordertrail.poll import Worker
from ordertrail.target import Target
from ordertrail.thread import OneThread
from tests.poll.working import QUICK, Place, running
from tests.waiting import PATIENT, until

pytestmark = pytest.mark.anyio
ORDERS = 40
LOGGER = logging.getLogger("tests.workers")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "ordertrail.db", time_scale=1000.0)
    yield place
    place.log.close()


def witness(place: Place) -> LogWitness:
    return LogWitness(place.open, OneThread("witness"))


def member(place: Place, kafka: str, prefix: str) -> GroupMember:
    return GroupMember(kafka, prefix=prefix, witness=witness(place), logger=LOGGER)


def worker(place: Place, name: str, kafka: str, prefix: str, membership: GroupMember | None = None) -> Worker:
    targets: dict[str, Target] = {"xverse": place.target("xverse")}
    return Worker(
        targets=targets,
        open_log=place.open,
        make_recorder=lambda: place.recorder(worker=name),
        clock=SystemClock(),
        rng=Random(name),
        worker=name,
        rhythm=QUICK,
        membership=membership or member(place, kafka, prefix),
        logger=place.logger,
    )


def orders(*workers: Worker) -> list[int]:
    return [each.orders["xverse"] for each in workers]


def seen(place: Place, keys: list[OrderKey]) -> bool:
    return all(place.order(key).state is not None for key in keys)


async def test_workers_share_the_orders_and_who_stays_takes_over(
    place: Place, kafka: str, prefix: str
) -> None:
    keys = place.seed_orders("xverse", ORDERS)
    place.track(keys)
    first, second = (worker(place, name, kafka, prefix) for name in ("first", "second"))

    async with running(first):
        await until(lambda: orders(first) == [ORDERS])
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(running(second))
            await until(lambda: sum(orders(first, second)) == ORDERS and all(orders(first, second)))
            await until(lambda: seen(place, keys))
            new = place.seed_orders("xverse", 10)
            place.track(new)
            await until(lambda: seen(place, new))
            await until(lambda: sum(orders(first, second)) == ORDERS + 10)
        await until(lambda: orders(first) == [ORDERS + 10])


async def test_what_a_worker_was_given_is_certain_until_its_membership_may_have_lapsed(
    place: Place, kafka: str, prefix: str
) -> None:
    place.track(place.seed_orders("xverse", 3))
    clock = 0.0
    membership = GroupMember(
        kafka, prefix=prefix, witness=witness(place), logger=LOGGER, steady=lambda: clock
    )

    async with running(worker(place, "only", kafka, prefix, membership)):
        await until(membership.holds)
        clock = 4.6

        assert not membership.holds()
        await until(membership.holds)


async def test_a_topic_with_other_partitions_ends_the_worker(place: Place, kafka: str) -> None:
    await _make("odd-ownership.", kafka)

    with pytest.raises(topics.TopicMismatch, match="ownership has 3 partitions where 48 are needed"):
        async with asyncio.timeout(PATIENT):
            await worker(place, "odd", kafka, "odd-ownership.").run(asyncio.Event())


async def _make(prefix: str, kafka: str) -> None:
    async with topics._admin(kafka) as admin:
        await admin.create_topics([NewTopic(f"{prefix}ownership", 3, 1)])
