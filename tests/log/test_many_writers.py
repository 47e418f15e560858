import time

from domain.log import Log
from domain.rows import Row
from tests.log.entries import opened
from tests.log.writers import begin, open_and_die, write_steadily

WRITERS = 4
COMMITS = 30
SIZE = 8
TOTAL = WRITERS * COMMITS * SIZE


def tail(log: Log, seconds: float) -> list[Row]:
    """What a reader sees that takes small bites while others write."""
    seen: list[Row] = []
    deadline = time.monotonic() + seconds
    while len(seen) < TOTAL and time.monotonic() < deadline:
        position = seen[-1].position if seen else 0
        log.wait(position, 1)
        seen += log.read(position, 50)
    return seen


def test_a_reader_misses_nothing_while_four_processes_write(url: str, log: Log) -> None:
    writers = [begin(write_steadily, url, name, COMMITS, SIZE) for name in ("a", "b", "c", "d")]

    seen = tail(log, seconds=60)

    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    positions = [row.position for row in seen]
    assert positions == sorted(set(positions))
    assert len(seen) == TOTAL
    for stream in {row.stream for row in seen}:
        assert [row.version for row in seen if row.stream == stream] == list(range(1, COMMITS + 1))


def test_processes_that_open_a_new_log_at_once_find_the_same_one(url: str) -> None:
    openers = [begin(open_and_die, url, 1_000_000) for _ in range(6)]

    for opener in openers:
        opener.join()

    assert [opener.exitcode for opener in openers] == [0] * 6
    log = opened(url, new_id="late")
    assert log.id == "log-1"
    log.close()
