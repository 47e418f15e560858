"""A verification that is interrupted goes on where it was, and says so."""

import pytest

from ordertrail.verifying import stored, streams, verify
from ordertrail.verifying.findings import Finding
from tests.fixtures.recording import Recording
from tests.verifying.tampering import Intruder, verification, verified


class Interrupted(Exception):
    pass


@pytest.fixture(autouse=True)
def short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "RECEIPTS_AT_ONCE", 1)
    monkeypatch.setattr(streams, "STREAMS_AT_ONCE", 1)
    monkeypatch.setattr(verify, "STEPS_PER_NOTE", 1)


def interrupt(recording: Recording, part: str, at: int) -> list[Finding]:
    """Ends in the middle of a part; what was found till then."""
    found: list[Finding] = []
    steps = 0

    def progress(what: str, done: int, of: int) -> None:
        nonlocal steps
        steps += what == part
        if steps == at:
            raise Interrupted

    running = verification(recording.log, found)
    running.progress = progress
    with pytest.raises(Interrupted):
        running.run(resume=False)
    return found


@pytest.mark.parametrize(("part", "where"), [("rows", "position"), ("streams", "stream")])
def test_it_goes_on_where_it_was_and_counts_everything_once(
    recording: Recording, part: str, where: str
) -> None:
    whole, _ = verified(recording.log)
    interrupt(recording, part, 2)

    done, resumed = verified(recording.log, resume=True)

    assert resumed.startswith(where)
    assert done.counts == whole.counts


def test_what_was_found_before_still_counts(recording: Recording, intruder: Intruder) -> None:
    intruder.run("UPDATE looks SET api = 'v9' WHERE look = (SELECT min(look) FROM looks)")
    found = interrupt(recording, "streams", 1)

    done, _ = verified(recording.log, resume=True)

    assert len(found) == done.told == 1


def test_after_a_whole_one_there_is_nothing_to_go_on_with(recording: Recording) -> None:
    interrupt(recording, "rows", 2)
    verified(recording.log)

    assert verified(recording.log, resume=True).resumed == ""
