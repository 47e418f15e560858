import signal

from domain.log import Log
from domain.rows import Committed, Entry
from tests.log.entries import events, opened, tracked
from tests.log.writers import begin, commit_and_die, open_and_die


def is_whole(log: Log, entry: Entry) -> bool:
    """Whether all of an entry is stored; fails when it is some of it."""
    assert entry.registration
    assert entry.look
    stream = entry.registration.stream
    parts = [
        log.registered(entry.registration.provider, entry.registration.order_id) == stream,
        len(log.stream(stream)) == len(entry.events),
        log.looks(stream) == [entry.look],
        log.evidence(f"sha-{stream}") == [entry.evidence],
        log.key(stream) is not None,
        log.watch(stream) is not None,
    ]
    assert all(parts) or not (any(parts) or log.stream(stream)), parts
    return all(parts)


def killed(process_exit: int | None) -> bool:
    assert process_exit in (0, -signal.SIGKILL)
    return process_exit != 0


def test_a_writer_killed_between_any_two_statements_leaves_whole_entries(url: str, log: Log) -> None:
    survivors = []
    for statements in range(100):
        entries = [tracked(f"runa-{statements}-{name}", f"{statements}-{name}") for name in ("a", "b")]
        writer = begin(commit_and_die, url, entries, statements)
        writer.join()

        whole = [is_whole(log, entry) for entry in entries]
        assert whole[0] == whole[1]
        assert all(isinstance(outcome, Committed) for outcome in log.commit(entries))
        assert all(is_whole(log, entry) for entry in entries)
        survivors.append(whole[0])
        if not killed(writer.exitcode):
            break

    assert len(survivors) > 8
    assert survivors[-1] is True
    assert survivors[:-2] == [False] * (len(survivors) - 2)


def test_a_process_killed_while_it_makes_a_log_leaves_none(url: str) -> None:
    for statements in (1, 5, 10, 15, 20):
        opener = begin(open_and_die, url, statements)
        opener.join()
        assert killed(opener.exitcode)

    log = opened(url, new_id="after")

    assert log.id == "after"
    assert log.commit([events("runa-1", 1)]) == [Committed([1])]
    log.close()
