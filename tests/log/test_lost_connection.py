from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from domain.log import Log, LogUnreachable, PositionMoved
from domain.rows import Change, Committed
from tests.log.entries import events, opened, tracked
from tests.log.severing import SeveringProxy


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[SeveringProxy]:
    with SeveringProxy(urlsplit(postgres_url).port or 5432) as proxy:
        yield proxy


@pytest.fixture
def log(postgres_url: str, proxy: SeveringProxy) -> Iterator[Log]:
    port = urlsplit(postgres_url).port
    log = opened(postgres_url.replace(f":{port}/", f":{proxy.port}/"))
    yield log
    log.close()


def test_a_commit_whose_acknowledgement_was_lost_is_done(log: Log, proxy: SeveringProxy) -> None:
    proxy.sever_after(b"COMMIT")

    outcomes = log.commit([tracked("runa-1", "A"), tracked("runa-2", "B")])

    assert proxy.severed == 1
    assert all(isinstance(outcome, Committed) for outcome in outcomes)
    assert [row.order for row in log.read(0, 10)] == ["runa/A", "runa/A", "runa/B", "runa/B"]


def test_a_commit_whose_connection_broke_halfway_is_done_again(log: Log, proxy: SeveringProxy) -> None:
    proxy.sever_after(b"LOCK TABLE")

    outcomes = log.commit([tracked("runa-1", "A")])

    assert proxy.severed == 1
    assert [type(outcome) for outcome in outcomes] == [Committed]
    assert len(log.read(0, 10)) == 2


def test_a_read_whose_connection_broke_is_done_again(log: Log, proxy: SeveringProxy) -> None:
    log.commit([events("runa-1", 1)])
    proxy.sever_after(b"stored_events")

    assert len(log.read(0, 10)) == 1
    assert proxy.severed == 1


def test_a_server_that_ended_idle_connections_is_asked_again(log: Log, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ordertrail'"
        )

    assert log.commit([events("runa-1", 1)]) == [Committed([1])]


def test_a_projection_whose_acknowledgement_was_lost_is_left_to_its_runner(
    log: Log, proxy: SeveringProxy
) -> None:
    change = Change("orders", "runa/A", b"value", b"fold", {}, 5)
    proxy.sever_after(b"COMMIT")

    with pytest.raises(LogUnreachable):
        log.project("orders", 0, 5, [change], [])

    assert log.position("orders") == 5
    assert len(log.outbox(0, 10)) == 1
    with pytest.raises(PositionMoved):
        log.project("orders", 0, 5, [change], [])


def test_waiting_survives_a_broken_connection(log: Log, proxy: SeveringProxy) -> None:
    log.wait(0, 0.2)
    proxy.sever_after(b"LISTEN")

    log.wait(0, 0.2)
    log.commit([events("runa-1", 1)])
    log.wait(0, 5)

    assert log.tail() == 1
