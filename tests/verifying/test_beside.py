"""Verifying while others write: what came in between two readings is no finding."""

from collections.abc import Callable, Sequence

import pytest

from domain.providers import PROVIDERS
from domain.rows import Cells, Kept, Receipt
from ordertrail.erasing import Eraser
from tests.fixtures.recording import ORDER, OTHER, Recording, key
from tests.verifying.conftest import seal
from tests.verifying.tampering import findings


def between(recording: Recording, kept: Kept, write: Callable[[Recording], object]) -> None:
    """Something is written when these rows are about to be read, once."""
    read, written = recording.log.cells, False

    def cells(asked: Kept, names: Sequence[str]) -> list[Cells]:
        nonlocal written
        if asked is kept and not written:
            written = True
            write(recording)
        return read(asked, names)

    recording.log.cells = cells  # type: ignore[assignment, method-assign] # the log itself stays real


def look(recording: Recording) -> None:
    recording.state(8, "complete", orderType="rune_mint")


def erase(recording: Recording) -> None:
    eraser = Eraser(recording.recorder, recording.vault, now=lambda: recording.at, worker="main")
    eraser.erase(key(ORDER), PROVIDERS["xverse"], reason="asked for", by="actor-1")


def erase_and_look(recording: Recording) -> None:
    erase(recording)
    look(recording)


@pytest.mark.parametrize("kept", [Kept.LOOKS_OF, Kept.EVIDENCE, Kept.KEYS])
@pytest.mark.parametrize("write", [look, erase, erase_and_look])
def test_a_stream_that_is_written_to_is_read_again(
    recording: Recording, kept: Kept, write: Callable[[Recording], object]
) -> None:
    between(recording, kept, write)

    assert findings(recording.log) == []


def test_what_is_stored_after_the_census_is_left_to_the_next_verification(recording: Recording) -> None:
    read, written = recording.log.receipts, False

    def receipts(after: int, limit: int) -> list[Receipt]:
        nonlocal written
        if not written:
            written = True
            recording.state(8, "new", order=OTHER)
            seal(recording)
        return read(after, limit)

    recording.log.receipts = receipts  # type: ignore[method-assign] # as above

    assert findings(recording.log) == []
