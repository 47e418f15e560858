"""Composition: settings in, working parts out. The only place that says which part gets which."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx

from adapters.endpoint import Endpoint
from adapters.log import open_log
from adapters.providers import ADAPTERS
from adapters.vault import Vault, VaultError, load_key
from domain.identity import uuid7
from domain.instants import Instant
from domain.log import Log
from domain.providers import PROVIDERS
from ordertrail.record import Recorder
from ordertrail.settings import Settings

SQLITE = "sqlite:///"
MEMORY = ":memory:"


def now() -> Instant:
    return time.time_ns() // 1000


@dataclass(frozen=True)
class Parts:
    """What commands work with; one thread at a time may use them."""

    log: Log
    vault: Vault
    recorder: Recorder


def log_file(settings: Settings) -> Path | None:
    """The file of a SQLite log; None for a server's or a passing one."""
    name = settings.log.removeprefix(SQLITE)
    return Path(name) if settings.log.startswith(SQLITE) and name != MEMORY else None


def log_is_there(settings: Settings) -> bool:
    """False only where there can't be any order yet: a SQLite file that was never made."""
    file = log_file(settings)
    return file is None or file.exists()


def key_file(settings: Settings) -> Path | None:
    """The evidence key's file: the one that is set, else beside a SQLite log."""
    beside = log_file(settings)
    if settings.evidence_key_file is not None or beside is None:
        return settings.evidence_key_file
    return beside.with_name(f"{beside.name}.key")


def endpoints(settings: Settings) -> Mapping[str, Endpoint]:
    """Where each provider is asked, and with which key."""
    found = {}
    for slug, adapter in ADAPTERS.items():
        asked = settings.provider(slug)
        key = asked.api_key.get_secret_value() if asked.api_key else None
        found[slug] = Endpoint(asked.url or adapter.default_url, key, asked.api_version)
    return found


def environments(settings: Settings) -> Mapping[str, str]:
    """The host asked for each provider's orders: what one log serves one of."""
    return {slug: httpx.URL(endpoint.url).host for slug, endpoint in endpoints(settings).items()}


@contextmanager
def opened_log(settings: Settings, *, create: bool) -> Iterator[Log]:
    """Raises LogUnreachable, LogRefused."""
    at = now()
    log = open_log(settings.log, create=create, now=at, new_id=uuid7(at, Random()))
    try:
        yield log
    finally:
        log.close()


@contextmanager
def opened(settings: Settings, *, create: bool) -> Iterator[Parts]:
    """The log with its vault and recorder. Raises LogUnreachable, LogRefused, VaultError."""
    with opened_log(settings, create=create) as log:
        vault = vault_of(settings, log)
        yield Parts(log, vault, recorder_of(settings, log, vault))


def vault_of(settings: Settings, log: Log) -> Vault:
    """A key is made only for a log that holds nothing yet. Raises VaultError."""
    file = key_file(settings)
    if file is None:
        raise VaultError(
            "this log has no file of its own to keep the evidence key beside: name one in evidence_key_file "
            "(ORDERTRAIL_EVIDENCE_KEY_FILE); it is made with mode 600 if it is missing and the log is new"
        )
    return Vault(log, load_key(file, create=log.tail() == 0))


def recorder_of(settings: Settings, log: Log, vault: Vault) -> Recorder:
    return Recorder(
        log=log,
        vault=vault,
        providers=PROVIDERS,
        readers={slug: adapter.read for slug, adapter in ADAPTERS.items()},
        environments=environments(settings),
        now=now,
        rng=Random(),
        patience=settings.judging,
        worker=settings.worker,
    )
