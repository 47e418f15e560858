"""Sealing evidence: a raw body compressed, then encrypted under its stream's key.

AES-256-GCM throughout; the key in settings wraps the streams' keys. A stream's key is made once, kept
wrapped beside the log, and destroyed to erase; what is kept after that has a new one. Whoever can write the
database but has no key can alter no column of a body's row unnoticed: all of them are authenticated with it.
"""

import os
import zlib
from collections import OrderedDict
from pathlib import Path
from tempfile import mkstemp
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.instants import Instant
from domain.log import Log
from domain.rows import Entry, EvidenceRow, Kept, KeyRow

KEY_BYTES = 32
_NONCE = 12
_CACHED_KEYS = 20_000
_TRIED = 5


class _Held(NamedTuple):
    cipher: AESGCM
    row: KeyRow


class VaultError(Exception):
    """The evidence can't be sealed or opened; the message says why and what to do."""


def load_key(path: Path, *, create: bool) -> bytes:
    """The key that wraps all others: a file of 64 hex digits, made with mode 600 if `create` allows it.

    Raises VaultError.
    """
    try:
        return _key_of(path, create=create)
    except OSError as error:
        raise VaultError(f"the evidence key file {path} can't be used: {error.strerror or error}") from error


def _key_of(path: Path, *, create: bool) -> bytes:
    if not path.exists():
        if not create:
            raise VaultError(f"the evidence key file {path} is missing: name it in evidence_key_file")
        return _make_key(path)
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise VaultError(f"the evidence key file {path} must hold 64 hex digits")
    return key


def _make_key(path: Path) -> bytes:
    key = os.urandom(KEY_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = mkstemp(prefix=f"{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(descriptor)
    try:
        os.link(draft, path)
    except FileExistsError:
        return load_key(path, create=False)
    finally:
        os.unlink(draft)
    return key


class Vault:
    """Seals and opens evidence of one log."""

    def __init__(self, log: Log, master: bytes) -> None:
        self._log = log
        self._master = AESGCM(master)
        self._keys: OrderedDict[str, _Held] = OrderedDict()

    def new_key(self, stream: str) -> KeyRow:
        """A key for a stream that has none yet; it counts once it is committed."""
        return self._cache(self._made(stream)).row

    def seal(self, stream: str, sha256: str, body: bytes, at: Instant) -> EvidenceRow:
        """`sha256` is the body's, in hex."""
        nonce = os.urandom(_NONCE)
        draft = EvidenceRow(sha256, stream, len(body), b"", at)
        sealed = self._key(stream).cipher.encrypt(nonce, zlib.compress(body, 1), _beside(draft))
        return draft._replace(sealed=nonce + sealed)

    def sealed_under(self, stream: str) -> KeyRow:
        """The key that `seal` uses: to be committed with what it has sealed, in `Entry.under`."""
        return self._key(stream).row

    def forget(self, stream: str) -> None:
        """The stream's key may have been destroyed: ask the log for it the next time."""
        self._keys.pop(stream, None)

    def open(self, row: EvidenceRow) -> bytes:
        """The body; raises VaultError if its key or anything of the row is not what was kept."""
        key = self._key(row.stream, create=False).cipher
        try:
            packed = key.decrypt(row.sealed[:_NONCE], row.sealed[_NONCE:], _beside(row))
        except (InvalidTag, ValueError):
            raise VaultError(f"evidence {row.sha256} does not open: its row or its key was altered") from None
        return zlib.decompress(packed)

    def demand_fit(self) -> None:
        """Raises VaultError if the key in settings fits none of the first keys in the log; a single one that
        it does not fit may have been altered."""
        misfit: VaultError | None = None
        for (stream,) in self._log.names(Kept.KEYS, (), _TRIED):
            wrapped = self._log.key(str(stream))
            try:
                if wrapped is not None:
                    self._unwrap(KeyRow(str(stream), wrapped))
                    return
            except VaultError as error:
                misfit = misfit or error
        if misfit is not None:
            raise misfit

    def check(self, key: KeyRow) -> None:
        """Raises VaultError for a key that was altered, or that another key in settings has wrapped."""
        self._unwrap(key)

    def _key(self, stream: str, *, create: bool = True) -> _Held:
        if stream in self._keys:
            self._keys.move_to_end(stream)
            return self._keys[stream]
        wrapped = self._log.key(stream)
        if wrapped is None and create:
            self._log.commit([Entry(key=self._made(stream).row)])
            wrapped = self._log.key(stream)
        if wrapped is None:
            raise VaultError(f"the evidence key of {stream} is gone: its evidence was erased or lost")
        row = KeyRow(stream, wrapped)
        return self._cache(_Held(self._unwrap(row), row))

    def _cache(self, held: _Held) -> _Held:
        self._keys[held.row.stream] = held
        if len(self._keys) > _CACHED_KEYS:
            self._keys.popitem(last=False)
        return held

    def _made(self, stream: str) -> _Held:
        key, nonce = os.urandom(KEY_BYTES), os.urandom(_NONCE)
        wrapped = nonce + self._master.encrypt(nonce, key, stream.encode())
        return _Held(AESGCM(key), KeyRow(stream, wrapped))

    def _unwrap(self, row: KeyRow) -> AESGCM:
        nonce, wrapped = row.wrapped[:_NONCE], row.wrapped[_NONCE:]
        try:
            return AESGCM(self._master.decrypt(nonce, wrapped, row.stream.encode()))
        except (InvalidTag, ValueError):
            raise VaultError(
                "the evidence key in settings does not fit: evidence_key_file names another log's key, or "
                f"the key of {row.stream} was altered"
            ) from None


def _beside(row: EvidenceRow) -> bytes:
    """What is authenticated with a body, without being in it."""
    return f"{row.sha256} {row.stream} {row.size} {row.kept_at}".encode()
