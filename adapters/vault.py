"""Sealing evidence: a raw body compressed, then encrypted under its stream's key.

AES-256-GCM throughout; the key in settings wraps the streams' keys. A stream's key is made once, kept
wrapped beside the log, and destroyed to erase.
"""

import os
import zlib
from collections import OrderedDict
from pathlib import Path
from tempfile import mkstemp

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.instants import Instant
from domain.log import Entry, EvidenceRow, KeyRow, Log

KEY_BYTES = 32
_NONCE = 12
_CACHED_KEYS = 20_000


class VaultError(Exception):
    """The evidence can't be sealed or opened; the message says why and what to do."""


def load_key(path: Path, *, create: bool) -> bytes:
    """The key that wraps all others: a file of 64 hex digits, made with mode 600 if `create` allows it."""
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
        self._keys: OrderedDict[str, AESGCM] = OrderedDict()

    def new_key(self, stream: str) -> KeyRow:
        """A key for a stream that has none yet; it counts once it is committed."""
        key = os.urandom(KEY_BYTES)
        self._cache(stream, AESGCM(key))
        return self._wrapped(stream, key)

    def seal(self, stream: str, sha256: str, body: bytes, at: Instant) -> EvidenceRow:
        """`sha256` is the body's, in hex."""
        nonce = os.urandom(_NONCE)
        sealed = self._key(stream).encrypt(nonce, zlib.compress(body, 1), sha256.encode())
        return EvidenceRow(sha256, stream, len(body), nonce + sealed, at)

    def open(self, row: EvidenceRow) -> bytes:
        """The body; raises VaultError if its key or its bytes are not what was kept."""
        key = self._key(row.stream, create=False)
        try:
            packed = key.decrypt(row.sealed[:_NONCE], row.sealed[_NONCE:], row.sha256.encode())
        except (InvalidTag, ValueError):
            raise VaultError(
                f"evidence {row.sha256} does not open: its bytes or its key were altered"
            ) from None
        return zlib.decompress(packed)

    def _key(self, stream: str, *, create: bool = True) -> AESGCM:
        if stream in self._keys:
            self._keys.move_to_end(stream)
            return self._keys[stream]
        wrapped = self._log.key(stream)
        if wrapped is None and create:
            self._log.commit([Entry(key=self._wrapped(stream, os.urandom(KEY_BYTES)))])
            wrapped = self._log.key(stream)
        if wrapped is None:
            raise VaultError(f"the evidence key of {stream} is gone: its evidence was erased or lost")
        return self._cache(stream, self._unwrap(stream, wrapped))

    def _cache(self, stream: str, key: AESGCM) -> AESGCM:
        self._keys[stream] = key
        if len(self._keys) > _CACHED_KEYS:
            self._keys.popitem(last=False)
        return key

    def _wrapped(self, stream: str, key: bytes) -> KeyRow:
        nonce = os.urandom(_NONCE)
        return KeyRow(stream, nonce + self._master.encrypt(nonce, key, stream.encode()))

    def _unwrap(self, stream: str, wrapped: bytes) -> AESGCM:
        try:
            return AESGCM(self._master.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], stream.encode()))
        except InvalidTag:
            raise VaultError(
                "the evidence key in settings does not fit: evidence_key_file names another log's key"
            ) from None
