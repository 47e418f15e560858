"""Seals: due by number or by time, one after the other, whoever writes them."""

import hashlib

from domain.encoding import decode, raw_digest
from domain.events import LogSealed
from domain.instants import SECOND
from domain.seal import LOG_STREAM, event_entry, merkle_root
from ordertrail.sealing import Sealer
from tests.fixtures.recording import Recording
from tests.verifying.conftest import seal, sealer
from tests.verifying.tampering import findings


def seals(recording: Recording) -> list[LogSealed]:
    data = [decode(row.topic, row.state).data for row in recording.log.stream(LOG_STREAM)]
    return [each for each in data if isinstance(each, LogSealed)]


def test_the_root_is_that_of_rfc_6962() -> None:
    """The tree hashes of that document's own reference implementation, of its eight test entries."""
    entries = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    leaves = [bytes.fromhex(entry) for entry in entries]

    roots = [merkle_root(leaves[:count]) for count in (0, 1, 2, 3, 8)]

    assert roots == [
        hashlib.sha256().hexdigest(),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]


def test_a_seal_follows_the_one_before_it_and_seals_that_too(recording: Recording) -> None:
    seal(recording)

    first, second = seals(recording)

    assert (first.start, second.start, second.previous) == (1, first.end + 1, first.root)
    between = recording.log.read(first.end, second.count)
    assert between[0].stream == LOG_STREAM
    entries = [
        event_entry(row.position, raw_digest(row.stream, row.version, row.topic, row.state))
        for row in between
    ]
    assert (second.root, second.end) == (merkle_root(entries), between[-1].position)


def test_nothing_new_is_not_sealed_again(recording: Recording) -> None:
    assert seal(recording) == 1
    assert seal(recording) == 0


def test_a_look_that_told_nothing_is_sealed(recording: Recording) -> None:
    seal(recording)
    recording.state(6, "complete", orderType="rune_etch", confirmations=3, unheard_of="x")

    assert seal(recording) == 1
    assert (seals(recording)[-1].rows, seals(recording)[-1].count) == (1, 1)


def test_many_events_take_many_seals(recording: Recording) -> None:
    before = len(seals(recording))

    assert seal(recording, every=2) > 1
    assert all(one.count <= 2 for one in seals(recording)[before:])
    assert findings(recording.log) == []


def test_seals_are_due_by_number_at_once_and_by_time_later(recording: Recording) -> None:
    by_number = Sealer(recording.log, now=lambda: recording.at, worker="main", say=print, every=2)
    by_time = Sealer(recording.log, now=lambda: recording.at, worker="main", say=print, within=60 * SECOND)

    assert by_time.step() == 0
    recording.at += 59 * SECOND
    assert by_time.step() == 0
    recording.at += SECOND
    assert by_time.step() == 1
    recording.state(9, "complete", orderType="rune_mint")
    recording.state(10, "complete", orderType="rune_etch")
    assert by_number.step() >= 1


def test_two_sealers_go_on_from_each_other(recording: Recording) -> None:
    one, other = sealer(recording), sealer(recording)
    assert one.seal() == 1
    recording.state(5, "complete", orderType="rune_mint")

    assert other.seal() == 1
    recording.state(6, "complete", orderType="rune_etch")
    assert one.seal() + one.seal() == 1
    assert findings(recording.log) == []
