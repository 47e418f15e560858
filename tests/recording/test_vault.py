"""The vault: one key a stream, made once; nothing opens but what was kept."""

import hashlib
import os
import zlib
from pathlib import Path

import pytest

from adapters.vault import KEY_BYTES, Vault, VaultError, load_key
from domain.rows import Entry, EvidenceRow
from tests.fixtures.recording import KEY, START, Recording
from tests.recording.telling import body, kept, stream_of, unwritten

BODY = b'{"state": "new"}'
SHA256 = hashlib.sha256(BODY).hexdigest()
STREAM = "_provider-xverse"


def sealed(vault: Vault) -> EvidenceRow:
    return vault.seal(STREAM, SHA256, BODY, START)


def test_two_vaults_that_make_a_key_at_once_use_the_same_one(any_recording: Recording) -> None:
    log = any_recording.log
    first, second = Vault(log, KEY), Vault(log, KEY)
    commit = log.commit
    early: list[EvidenceRow] = []

    def late(entries: list[Entry]) -> object:
        log.commit = commit  # type: ignore[method-assign] # the log itself stays real
        early.append(sealed(first))
        return commit(entries)

    log.commit = late  # type: ignore[assignment, method-assign] # as above
    rows = [sealed(second), *early]

    stranger = Vault(log, KEY)
    assert [vault.open(row) for vault in (first, second, stranger) for row in rows] == [BODY] * 6


def test_a_key_that_was_never_written_seals_nothing(any_recording: Recording) -> None:
    vault = Vault(any_recording.log, KEY)
    unwritten(any_recording, lambda: sealed(vault))

    row = sealed(vault)

    assert Vault(any_recording.log, KEY).open(row) == BODY


def test_a_vault_that_comes_later_opens_what_was_kept(any_recording: Recording) -> None:
    any_recording.state(1, "new")

    [row] = kept(any_recording, body("new"))

    assert b'"new"' in Vault(any_recording.log, KEY).open(row)


def test_a_wrong_master_key_is_refused_and_says_so(any_recording: Recording) -> None:
    row = sealed(any_recording.vault)
    any_recording.vault = Vault(any_recording.log, bytes(KEY_BYTES))

    for work in (lambda: any_recording.vault.open(row), lambda: sealed(any_recording.vault)):
        with pytest.raises(VaultError, match="evidence_key_file names another log's key"):
            work()


@pytest.mark.parametrize("place", [0, 11, 12, 20, -1])
def test_bytes_that_were_altered_do_not_open(recording: Recording, place: int) -> None:
    row = sealed(recording.vault)
    altered = bytearray(row.sealed)
    altered[place] ^= 1

    with pytest.raises(VaultError, match="altered"):
        recording.vault.open(row._replace(sealed=bytes(altered)))


@pytest.mark.parametrize("length", [0, 5, 12, 20])
def test_bytes_that_were_cut_off_do_not_open(recording: Recording, length: int) -> None:
    row = sealed(recording.vault)

    with pytest.raises(VaultError, match="altered"):
        recording.vault.open(row._replace(sealed=row.sealed[:length]))


def test_evidence_passes_for_no_other(recording: Recording) -> None:
    recording.state(1, "new")
    row = sealed(recording.vault)

    for other in (row._replace(sha256="0" * 64), row._replace(stream=stream_of(recording))):
        with pytest.raises(VaultError, match="altered"):
            recording.vault.open(other)


def test_evidence_whose_key_is_gone_can_not_be_opened(recording: Recording) -> None:
    row = sealed(recording.vault)._replace(stream="xverse-gone")

    with pytest.raises(VaultError, match="the evidence key of xverse-gone is gone"):
        recording.vault.open(row)


def test_equal_bodies_look_different_and_hide_what_they_hold(recording: Recording) -> None:
    rows = [sealed(recording.vault) for _ in range(2)]

    assert rows[0].sealed != rows[1].sealed
    assert not any(clear in row.sealed for row in rows for clear in (BODY, zlib.compress(BODY, 1), KEY))


def test_a_streams_key_is_stored_wrapped_only(recording: Recording) -> None:
    sealed(recording.vault)

    wrapped = recording.log.key(STREAM)

    assert wrapped is not None
    assert len(wrapped) == 12 + KEY_BYTES + 16


def test_the_key_file_is_made_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "ordertrail.db.key"
    before = os.umask(0)

    try:
        made = load_key(file, create=True)
    finally:
        os.umask(before)

    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["ordertrail.db.key"]
    assert load_key(file, create=False) == load_key(file, create=True) == made


def test_what_a_killed_process_left_behind_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / f"log.key.{os.getpid()}").write_text("half")

    assert len(load_key(tmp_path / "log.key", create=True)) == KEY_BYTES


def test_a_missing_key_file_is_made_only_where_that_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="is missing: name it in evidence_key_file"):
        load_key(tmp_path / "log.key", create=False)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"00" * 31, b"zz" * 32, b"00" * 33])
def test_a_file_that_holds_no_key_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "log.key"
    file.write_bytes(content)

    with pytest.raises(VaultError, match="must hold 64 hex digits"):
        load_key(file, create=True)
