"""A broker that is away: workers keep what they own, for as long as nobody has taken it over."""

import asyncio
import logging
from pathlib import Path

import pytest

from adapters.kafka import broker
from adapters.kafka.ownership import SESSION_SECONDS, WITNESSED_SECONDS, GroupMember
from adapters.membership import ALL, NONE, Partitions
from tests.waiting import until


class Words:
    def __init__(self) -> None:
        self.words = ""
        self.deaf = False

    async def tell(self, words: str) -> None:
        self.words = words

    async def told(self) -> str:
        if self.deaf:
            raise ConnectionError("nobody answers")
        return self.words

    async def close(self) -> None:
        pass


class Someone:
    owned: Partitions = NONE

    async def revoke(self) -> None:
        self.owned = NONE

    def assign(self, partitions: Partitions, kept: Partitions) -> None:
        self.owned = partitions


@pytest.mark.anyio
async def test_workers_keep_what_they_own_while_the_broker_is_away(tmp_path: Path) -> None:
    words, someone = Words(), Someone()
    started = await asyncio.to_thread(broker.start, tmp_path)
    member = GroupMember(started.bootstrap, witness=words, logger=logging.getLogger("tests.workers"))
    belonging = asyncio.create_task(member.run(someone))
    try:
        await until(lambda: someone.owned == ALL and member.holds())
        assert await member.settle(gained=False)

        await asyncio.to_thread(started.kill)
        for _ in range(int(SESSION_SECONDS) + 2):
            await asyncio.sleep(1)
            assert member.holds()

        words.words = "another assignment"
        await asyncio.sleep(WITNESSED_SECONDS + 0.2)
        assert not member.holds()
    finally:
        belonging.cancel()
        await asyncio.gather(belonging, return_exceptions=True)
        await asyncio.to_thread(started.stop)
