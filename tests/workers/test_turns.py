"""One worker, or one group of workers, asks the providers about the orders of a log."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.log.turn import NoTurn, ServerTurn, Turn, turn_at
from adapters.membership import ALL, Partitions
from domain.log import LogUnreachable
from ordertrail import turns
from ordertrail.ownership import Alone
from ordertrail.thread import OneThread
from ordertrail.turns import InTurn, PollingRefused
from tests.waiting import until


class Someone:
    def __init__(self) -> None:
        self.owned: Partitions | None = None

    async def revoke(self) -> None:
        self.owned = None

    def assign(self, partitions: Partitions, kept: Partitions) -> None:
        self.owned = partitions


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ordertrail.db'}"
    else:
        yield request.getfixturevalue("postgres_url")


def taken(turn: Turn) -> bool:
    found = turn.take()
    turn.leave()
    return found


def test_one_worker_keeps_all_others_out_until_it_leaves(url: str) -> None:
    first = turn_at(url, shared=False)
    assert first.take()

    assert not taken(turn_at(url, shared=False))
    assert not taken(turn_at(url, shared=True))
    first.leave()
    assert taken(turn_at(url, shared=False))


def test_members_of_a_group_share_a_turn_and_keep_single_workers_out(url: str) -> None:
    first, second = turn_at(url, shared=True), turn_at(url, shared=True)

    assert first.take()
    assert second.take()
    assert not taken(turn_at(url, shared=False))
    assert first.kept()
    first.leave()
    second.leave()


def test_a_passing_log_needs_no_turn() -> None:
    assert isinstance(turn_at("sqlite:///:memory:", shared=False), NoTurn)


def test_a_server_that_is_away_is_said_to_be() -> None:
    turn = turn_at("postgresql://someone@127.0.0.1:1/nothing", shared=False)

    with pytest.raises(LogUnreachable, match="can't be reached"):
        turn.take()


def test_a_lock_ends_with_its_connection(postgres_url: str) -> None:
    turn = turn_at(postgres_url, shared=False)
    assert isinstance(turn, ServerTurn)
    assert turn.take()

    assert turn._connection is not None
    turn._connection.close()

    assert not turn.kept()
    assert taken(turn_at(postgres_url, shared=False))


def in_turn(url: str) -> InTurn:
    return InTurn(
        turn_at(url, shared=False),
        Alone(),
        shown="the log",
        clock=SystemClock(),
        make_thread=OneThread,
        logger=logging.getLogger("tests.turns"),
    )


@pytest.mark.anyio
async def test_a_second_worker_on_a_file_is_refused_and_told_what_to_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ordertrail.db'}"
    first = in_turn(url)
    someone = Someone()
    running = asyncio.create_task(first.run(someone))
    await until(lambda: someone.owned == ALL)

    with pytest.raises(PollingRefused, match=r"are asked .* already.*ORDERTRAIL_KAFKA"):
        await in_turn(url).run(Someone())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.anyio
async def test_a_second_worker_on_a_server_stands_by_and_takes_over(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(turns, "LAPSE_SECONDS", 1.0)
    one, other = in_turn(postgres_url), in_turn(postgres_url)
    first, second = Someone(), Someone()
    running = asyncio.create_task(one.run(first))
    await until(lambda: first.owned == ALL)
    waiting = asyncio.create_task(other.run(second))
    await asyncio.sleep(0.3)
    assert (first.owned, second.owned, other.holds()) == (ALL, None, False)

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await until(lambda: second.owned == ALL)

    assert other.holds()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


@pytest.mark.anyio
async def test_who_loses_the_lock_lets_go_and_waits_for_it_again(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "CHECK_SECONDS", 0.05)
    membership, someone = in_turn(postgres_url), Someone()
    running = asyncio.create_task(membership.run(someone))
    await until(lambda: someone.owned == ALL)
    rival = turn_at(postgres_url, shared=False)

    turn = membership._turn
    assert isinstance(turn, ServerTurn)
    turn.leave()  # as when the server ends the session
    async with asyncio.timeout(10):
        while someone.owned is not None:
            rival.take()
            await asyncio.sleep(0.01)

    assert not membership.holds()
    rival.leave()
    await until(lambda: someone.owned == ALL)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
