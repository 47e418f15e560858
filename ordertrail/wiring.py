"""Composition: settings in, working parts out. The only place that says which part gets which."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from logging import Logger
from pathlib import Path

import httpx

from adapters.clock import SystemClock
from adapters.endpoint import Endpoint
from adapters.kafka.ownership import GroupMember
from adapters.log import masked, open_log
from adapters.log.turn import turn_at
from adapters.membership import Membership
from adapters.providers import ADAPTERS
from adapters.vault import Vault, VaultError, load_key
from domain.identity import uuid7
from domain.judge import rules
from domain.log import Log, LogRefused, NoLog
from domain.providers import PROVIDERS
from ordertrail.budget import Budget, Window
from ordertrail.circuit import Circuit
from ordertrail.commanding import Commander
from ordertrail.door import Address, Door, refuse_open_door
from ordertrail.draining import Drainer
from ordertrail.insistence import Insistence
from ordertrail.machine import now, random_source
from ordertrail.obeying import Obeying
from ordertrail.ownership import Alone, LogWitness
from ordertrail.policy import Freshest
from ordertrail.poll import Rhythm, Worker
from ordertrail.publishing import Task
from ordertrail.readjudicating import Readjudication
from ordertrail.record import Recorder
from ordertrail.serve import Server
from ordertrail.settings import Settings
from ordertrail.target import Target
from ordertrail.thread import OneThread
from ordertrail.turns import InTurn

REPORT_SECONDS = 15.0
SQLITE = "sqlite:///"
MEMORY = ":memory:"


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
    """False only where there can't be any order yet. Raises LogUnreachable, LogRefused."""
    file = log_file(settings)
    if file is not None:
        return file.exists()
    try:
        made_log(settings, create=False).close()
    except NoLog:
        return False
    return True


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


def made_log(settings: Settings, *, create: bool = True) -> Log:
    """An open log, for one thread. Raises LogUnreachable, LogRefused."""
    at = now()
    return open_log(settings.log, create=create, now=at, new_id=uuid7(at, random_source()))


@contextmanager
def opened_log(settings: Settings, *, create: bool) -> Iterator[Log]:
    """Raises LogUnreachable, LogRefused."""
    log = made_log(settings, create=create)
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
    """A key is made only for a log that holds nothing yet. Raises VaultError, also for another log's key."""
    vault = Vault(log, load_key(demand_key_file(settings), create=log.tail() == 0))
    vault.demand_fit()
    return vault


def demand_key_file(settings: Settings) -> Path:
    """Raises VaultError if there is nowhere to keep the evidence key."""
    file = key_file(settings)
    if file is None:
        raise VaultError(
            "this log has no file of its own to keep the evidence key beside: name one in evidence_key_file "
            "(ORDERTRAIL_EVIDENCE_KEY_FILE); it is made with mode 600 if it is missing and the log is new"
        )
    return file


def recorder_of(settings: Settings, log: Log, vault: Vault) -> Recorder:
    return Recorder(
        log=log,
        vault=vault,
        providers=PROVIDERS,
        readers={slug: adapter.read for slug, adapter in ADAPTERS.items()},
        environments=environments(settings),
        now=now,
        rng=random_source(),
        patience=settings.judging,
        worker=settings.worker,
    )


def readjudication_of(parts: Parts) -> Readjudication:
    """By the rules of this version."""
    return Readjudication(
        log=parts.log,
        vault=parts.vault,
        providers=PROVIDERS,
        readers={slug: adapter.read for slug, adapter in ADAPTERS.items()},
        orders=parts.recorder,
    )


def drainer_of(settings: Settings, log: Log, say: Callable[[str], None]) -> Drainer:
    """The evidence key is asked for only if there is something to judge; it is never made."""

    def make() -> Readjudication:
        vault = Vault(log, load_key(demand_key_file(settings), create=False))
        return readjudication_of(Parts(log, vault, recorder_of(settings, log, vault)))

    today = {slug: rules(provider) for slug, provider in PROVIDERS.items()}
    return Drainer(log, rules=today, make=make, say=say)


def targets_of(settings: Settings) -> Mapping[str, Target]:
    """Every provider as one worker polls it."""
    found = {}
    for slug, endpoint in endpoints(settings).items():
        asked, adapter = settings.provider(slug), ADAPTERS[slug]
        windows = asked.windows or [Window.parse(words) for words in adapter.windows]
        found[slug] = Target(
            adapter=adapter,
            endpoint=endpoint,
            policy=Freshest(pace=settings.pace, bound=asked.bound, watch_for=settings.judging.watch_for),
            budget=Budget(windows),
            circuit=Circuit(random_source()),
            allowance=asked.cache_allowance,
            in_flight=asked.in_flight,
        )
    return found


def worker_of(settings: Settings, logger: Logger) -> Worker:
    """A poll worker. Raises VaultError for a log that needs an evidence key file and has none named."""
    demand_key_file(settings)
    return Worker(
        targets=targets_of(settings),
        open_log=partial(made_log, settings),
        make_recorder=partial(_worker_recorder, settings),
        clock=SystemClock(),
        rng=random_source(),
        worker=settings.worker,
        body_limit=settings.body_limit,
        patience=settings.judging,
        membership=membership_of(settings, logger),
        rhythm=Rhythm(report=REPORT_SECONDS),
        publish=settings.kafka is not None,
        logger=logger,
    )


def membership_of(settings: Settings, logger: Logger) -> Membership:
    """With Kafka a member of the group that shares the orders of a log, else the only one who asks."""
    inner: Membership = Alone()
    if settings.kafka is not None:
        inner = GroupMember(
            settings.kafka,
            prefix=settings.topics.prefix,
            replication=settings.topics.replication,
            witness=LogWitness(partial(made_log, settings), OneThread("witness")),
            logger=logger,
        )
    return InTurn(
        turn_at(settings.log, shared=settings.kafka is not None),
        inner,
        shown=masked(settings.log),
        clock=SystemClock(),
        make_thread=OneThread,
        logger=logger,
    )


def _worker_recorder(settings: Settings) -> Recorder:
    """A key that does not fit is as final as a log that does not: waiting cures neither."""
    log = made_log(settings)
    try:
        return recorder_of(settings, log, vault_of(settings, log))
    except VaultError as error:
        log.close()
        raise LogRefused(str(error)) from error


def obeying_of(settings: Settings, logger: Logger) -> Obeying:
    """What does the commands from the topic. ValueError without a broker, VaultError as for a worker."""
    if settings.kafka is None:
        raise ValueError("no Kafka is set")
    demand_key_file(settings)
    return Obeying(
        bootstrap=settings.kafka,
        prefix=settings.topics.prefix,
        replication=settings.topics.replication,
        make=partial(_commander, settings, logger),
        insist=Insistence(random_source(), logger),
        logger=logger,
    )


def _commander(settings: Settings, logger: Logger) -> Commander:
    return Commander(
        _worker_recorder(settings),
        providers=PROVIDERS,
        adapters=ADAPTERS,
        environments=environments(settings),
        now=now,
        execute=settings.commands.execute,
        logger=logger,
    )


def server_of(settings: Settings, logger: Logger) -> Server:
    """The feed's server, within a running loop. Raises AddressRefused."""
    address = Address.parse(settings.serve)
    token = settings.serve_token.get_secret_value() if settings.serve_token else None
    refuse_open_door(address, token)
    return Server(partial(made_log, settings), address, Door(address, token, settings.serve_origins), logger)


def publishing_task(settings: Settings) -> Task:
    """What the publishing process is told. ValueError without a broker."""
    if settings.kafka is None:
        raise ValueError("no Kafka is set")
    topics = settings.topics
    return Task(settings.log, settings.kafka, topics.prefix, topics.replication)
