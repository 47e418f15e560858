"""One thread commits while another reads, and commits a little itself, through the same object."""

from concurrent.futures import ThreadPoolExecutor

from domain.log import Log
from domain.rows import Committed, Entry, KeyRow
from tests.log.entries import events, tracked

COMMITS = 40
TOGETHER = 25


def test_a_commit_may_run_beside_reading(log: Log) -> None:
    log.commit([tracked("runa-0", "A")])
    portions = [
        [events(f"runa-{number}-{part}", 1, 2) for part in range(TOGETHER)] for number in range(COMMITS)
    ]

    with ThreadPoolExecutor(1) as committing:
        written = [committing.submit(log.commit, portion) for portion in portions]
        reads = 0
        while not written[-1].done():
            assert log.registered("runa", "A") == "runa-0"
            assert [row.version for row in log.stream("runa-0")] == [1, 2]
            reads += 1

    assert reads > 0
    assert all(isinstance(one, Committed) for each in written for one in each.result())
    assert len(log.read(0, 10_000)) == 2 + 2 * COMMITS * TOGETHER


def test_two_commits_at_once_are_both_stored(log: Log) -> None:
    portions = [
        [events(f"xmrto-{number}-{part}", 1) for part in range(TOGETHER)] for number in range(COMMITS)
    ]

    with ThreadPoolExecutor(1) as committing:
        written = [committing.submit(log.commit, portion) for portion in portions]
        made = [log.commit([Entry(key=KeyRow(f"runa-{number}", b"wrapped"))]) for number in range(COMMITS)]

    assert made == [[Committed([])]] * COMMITS
    assert sum(len(each.result()) for each in written) == COMMITS * TOGETHER
    assert log.key(f"runa-{COMMITS - 1}") == b"wrapped"
