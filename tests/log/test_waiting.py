import threading
import time

from domain.log import Log
from tests.log.entries import events


def elapsed(log: Log, after: int, timeout: float) -> float:
    started = time.monotonic()
    log.wait(after, timeout)
    return time.monotonic() - started


def test_waiting_ends_at_once_when_there_is_more(log: Log) -> None:
    log.commit([events("runa-1", 1)])

    assert elapsed(log, 0, 30) < 10


def test_waiting_ends_after_the_given_time(log: Log) -> None:
    assert 0.2 <= elapsed(log, 0, 0.2) < 10


def test_waiting_ends_when_another_writer_appends(log: Log, other: Log) -> None:
    appending = threading.Timer(0.2, lambda: other.commit([events("runa-1", 1)]))
    appending.start()

    waited = elapsed(log, 0, 30)
    appending.join()

    assert 0.1 < waited < 10
    assert log.tail() == 1
