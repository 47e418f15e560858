"""A poll worker as a member of the group that shares the partitions of the ownership topic.

Kafka says who owns what. A membership is certain for a while after the group's coordinator has confirmed it;
by a clock of its own a worker knows when that is over, however long it was frozen. While the coordinator
can't be asked, a witness is: every assignment has a token, which each member leaves with the witness before
it begins with what is new to it. As long as the token found there is its own nobody has taken anything over.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata

from adapters.kafka import topics
from adapters.kafka.client import check_client
from adapters.kafka.topics import PREFIX, Name, TopicMismatch
from adapters.membership import NONE, Owner, Partitions, Witness
from adapters.waiting import Pauses

SESSION_SECONDS = 6.0
HEARTBEAT_SECONDS = 1.0
REBALANCE_SECONDS = 10.0
"""Longer than a worker takes to let go."""

MARGIN_SECONDS = 1.5
"""Between heartbeats the coordinator may have heard of a member a while before it answers it."""

ANSWER_SECONDS = 1.0
WITNESSED_SECONDS = 3.0
"""How long the witness's word is good for; whoever takes over waits for longer."""

SETTLE_SECONDS = WITNESSED_SECONDS + 0.5
POLL_MS = 500
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0


def _boot_seconds() -> float:
    """Goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class GroupMember:
    """`logger` is warned once that Kafka is waited for, and told once that it is there. `run` raises
    TopicMismatch, TopicRefused, ClientUnfit."""

    sole = False

    def __init__(
        self,
        bootstrap: str,
        *,
        witness: Witness,
        prefix: str = PREFIX,
        replication: int = 1,
        logger: logging.Logger,
        steady: Callable[[], float] = _boot_seconds,
    ) -> None:
        self._bootstrap = bootstrap
        self._witness = witness
        self._prefix = prefix
        self._replication = replication
        self._logger = logger
        self._steady = steady
        self._partitions: Partitions = NONE
        self._token = ""
        self._told = False
        self._certain_until = -1.0
        self._lapsed = True
        self._waiting = False
        self._assignment = asyncio.Event()

    def holds(self) -> bool:
        return bool(self._token) and self._steady() < self._certain_until

    async def run(self, owner: Owner) -> None:
        try:
            await self._stay(owner)
        finally:
            await self._witness.close()

    async def _stay(self, owner: Owner) -> None:
        pauses = Pauses(FIRST_PAUSE, LONGEST_PAUSE)
        while True:
            try:
                await self._belong(owner)
            except (KafkaError, OSError, TimeoutError) as error:
                self._wait_for(error)
            if self._token:
                pauses.reset()
                await self._let_go(owner)
            await asyncio.sleep(pauses.take())

    async def settle(self, *, gained: bool) -> bool:
        token = self._token
        while token and self._token == token:
            if await self._settled(token, gained):
                return True
            await asyncio.sleep(0.05)
        return False

    async def _settled(self, token: str, gained: bool) -> bool:
        """What was told at a moment that counts no more, after a stall for instance, is told again."""
        if not await self._announced(token):
            return False
        self._told = True
        if gained:
            await asyncio.sleep(SETTLE_SECONDS)
        return self._token == token and self.holds()

    async def _announced(self, token: str) -> bool:
        """Only what is certain at that moment is told."""
        if not self.holds() or self._token != token:
            return False
        try:
            async with asyncio.timeout(WITNESSED_SECONDS):
                await self._witness.tell(token)
        except Exception:  # noqa: BLE001 whatever keeps the witness from listening, it is told again
            return False
        return self._token == token

    async def _belong(self, owner: Owner) -> None:
        """One consumer, from joining to leaving."""
        check_client()
        await _demand_topic(self._bootstrap, self._prefix, self._replication)
        assignor = _new_assignor()
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id=f"{self._prefix}ownership",
            group_id=f"{self._prefix}ownership",
            enable_auto_commit=False,
            auto_offset_reset="latest",
            partition_assignment_strategy=(assignor,),
            session_timeout_ms=int(SESSION_SECONDS * 1000),
            heartbeat_interval_ms=int(HEARTBEAT_SECONDS * 1000),
            rebalance_timeout_ms=int(REBALANCE_SECONDS * 1000),
        )
        consumer.subscribe([self._prefix + Name.OWNERSHIP], listener=_Listener(self, owner, assignor))
        confirming: asyncio.Task[None] | None = None
        try:
            await consumer.start()
            confirming = asyncio.create_task(self._confirm(consumer))
            while not confirming.done():
                await consumer.getmany(timeout_ms=POLL_MS)  # nothing comes; who doesn't ask loses its place
            confirming.result()
        finally:
            if confirming is not None:
                confirming.cancel()
                await asyncio.gather(confirming, return_exceptions=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(SESSION_SECONDS):
                    await consumer.stop()

    async def assigned(self, owner: Owner, partitions: Partitions, token: str) -> None:
        kept = NONE if self._lapsed else self._partitions & partitions
        self._partitions, self._token, self._told, self._lapsed = partitions, token, False, False
        self._certain_until = -1.0
        self._assignment.set()
        if self._waiting:
            self._waiting = False
            self._logger.info("Kafka is there: polling goes on")
        owner.assign(partitions, kept)

    async def revoked(self, owner: Owner) -> None:
        if self._token:
            await self._let_go(owner)

    async def _let_go(self, owner: Owner) -> None:
        self._lapsed = self._lapsed or not self.holds()
        self._token, self._certain_until = "", -1.0
        await owner.revoke()

    async def _confirm(self, consumer: AIOKafkaConsumer) -> None:
        """Ask the coordinator, or else the witness, again and again."""
        while True:
            token, started = self._token, self._steady()
            if not token or not self._partitions:
                self._assignment.clear()
                await self._assignment.wait()
                continue
            answer = await self._asked(consumer)
            if token != self._token:
                continue
            if answer:
                self._certain_until, self._lapsed = started + SESSION_SECONDS - MARGIN_SECONDS, False
            elif answer is None and (until := await self._undisputed(token)):
                self._certain_until = max(self._certain_until, until)
            if not self.holds():
                self._lapsed = True
            await asyncio.sleep(HEARTBEAT_SECONDS if answer else HEARTBEAT_SECONDS / 4)

    async def _asked(self, consumer: AIOKafkaConsumer) -> bool | None:
        """Whether the coordinator takes this for a member; None if it can't be asked.

        Only a member may commit, and who commits is alive.
        """
        place = TopicPartition(self._prefix + Name.OWNERSHIP, min(self._partitions))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await consumer.commit({place: OffsetAndMetadata(0, "")})
        except (CommitFailedError, IllegalStateError):
            return False
        except (KafkaError, OSError, TimeoutError):
            return None
        return True

    async def _undisputed(self, token: str) -> float | None:
        """Until when the witness's word is good; None if it says otherwise or nothing."""
        if not self._told or self._lapsed:
            return None
        started = self._steady()
        try:
            async with asyncio.timeout(WITNESSED_SECONDS / 2):
                undisputed = await self._witness.told() == token
        except Exception:  # noqa: BLE001 whatever keeps the witness from speaking, its word is missing
            return None
        return started + WITNESSED_SECONDS if undisputed and self._token == token else None

    def _wait_for(self, error: Exception) -> None:
        level = logging.DEBUG if self._waiting else logging.WARNING
        self._waiting = True
        self._logger.log(level, "polling waits for Kafka, which says whose the orders are: %s", error)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka ships no type information
    def __init__(self, member: GroupMember, owner: Owner, assignor: "type[_Assignor]") -> None:
        self._member = member
        self._owner = owner
        self._assignor = assignor

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        await self._member.revoked(self._owner)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        partitions = frozenset(found.partition for found in assigned)
        await self._member.assigned(self._owner, partitions, self._assignor.token)


class _Assignor(StickyPartitionAssignor):  # type: ignore[misc] # aiokafka ships no type information
    """Whoever leads the group adds a token of the assignment to what each member is told."""

    token = ""

    @classmethod
    def assign(cls, cluster: object, members: object) -> dict[str, ConsumerProtocolMemberAssignment]:
        token = uuid4().hex.encode()
        return {
            member: ConsumerProtocolMemberAssignment(found.version, found.assignment, token)
            for member, found in super().assign(cluster, members).items()
        }

    @classmethod
    def on_assignment(cls, assignment: ConsumerProtocolMemberAssignment) -> None:
        super().on_assignment(assignment)
        cls.token = assignment.user_data.decode()


def _new_assignor() -> type[_Assignor]:
    """Its state is the class's: each consumer needs a class of its own."""
    return type("Assignor", (_Assignor,), {})


async def _demand_topic(bootstrap: str, prefix: str, replication: int) -> None:
    """What is wrong with other topics is the publisher's concern."""
    try:
        await topics.ensure(bootstrap, prefix=prefix, replication=replication)
    except TopicMismatch:
        states = await topics.describe(bootstrap, prefix=prefix, replication=replication)
        [state] = [state for state in states if state.topic.name is Name.OWNERSHIP]
        if state.partitions != state.topic.partitions:
            raise
