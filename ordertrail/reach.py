"""Whether what the settings name can be reached: the log, its evidence key, Kafka, the providers."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from os.path import exists

import httpx
from aiokafka.errors import KafkaError

from adapters.kafka import topics
from adapters.log import masked
from adapters.vault import Vault, VaultError, load_key
from domain.log import Log, LogError
from ordertrail.kafka_words import words
from ordertrail.settings import Loaded, Settings
from ordertrail.wiring import demand_key_file, endpoints, key_file, log_file, log_is_there, opened_log

PATIENCE_SECONDS = 5
KEY = "evidence_key"
TO_BE_MADE = "not there yet; made when it is needed"


@dataclass(frozen=True)
class Reach:
    """`reachable` None: not tried, because nothing needs it."""

    check: str
    where: str
    reachable: bool | None
    says: str

    def line(self) -> dict[str, object]:
        return asdict(self)


def reaches(loaded: Loaded) -> list[Reach]:
    """The log first; the rest at the same time, so that one silence is all the waiting there is."""
    settings = loaded.settings
    log, key, watched = _log_and_key(settings)
    needed = watched | {name.split(".")[1] for name in loaded.origins if name.startswith("providers.")}
    with ThreadPoolExecutor(8) as threads:
        kafka = threads.submit(_kafka, settings)
        hosts = [
            threads.submit(_provider, slug, endpoint.url, slug in needed)
            for slug, endpoint in endpoints(settings).items()
        ]
        return [log, key, kafka.result(), *(host.result() for host in hosts)]


def _log_and_key(settings: Settings) -> tuple[Reach, Reach, set[str]]:
    """Both, and the providers that the log has orders of."""
    where = masked(settings.log)
    try:
        if not log_is_there(settings):
            return _log_to_be_made(settings), _key(settings, None, new=True), set()
        with opened_log(settings, create=False) as log:
            watched, tail = {head.provider for head in log.heads()}, log.tail()
            found = Reach("log", where, True, f"log {log.id}, {tail} positions")
            return found, _key(settings, log, new=tail == 0), watched
    except LogError as error:
        return Reach("log", where, False, str(error)), _key(settings, None), set()


def _log_to_be_made(settings: Settings) -> Reach:
    file = log_file(settings)
    there = file is None or file.absolute().parent.is_dir()
    says = TO_BE_MADE if there else "its directory is missing: make it"
    return Reach("log", masked(settings.log), there, says)


def _key(settings: Settings, log: Log | None, *, new: bool = False) -> Reach:
    """`log` None: it can't be asked whether the key fits. `new`: there is nothing that a key must fit."""
    where = str(key_file(settings) or "")
    try:
        file = demand_key_file(settings)
        if new and not exists(file):
            return Reach(KEY, where, True, TO_BE_MADE)
        key = load_key(file, create=False)
        if log is not None:
            Vault(log, key).demand_fit()
    except VaultError as error:
        return Reach(KEY, where, False, str(error))
    return Reach(KEY, where, True, "holds a key" if log is None else "fits the log")


def _kafka(settings: Settings) -> Reach:
    if settings.kafka is None:
        return Reach("kafka", "", None, "not set: nothing is published")
    try:
        states = asyncio.run(asyncio.wait_for(_described(settings, settings.kafka), PATIENCE_SECONDS * 2))
    except (KafkaError, OSError, TimeoutError) as error:
        return Reach("kafka", settings.kafka, False, words(error))
    made = sum(state.partitions is not None for state in states)
    return Reach("kafka", settings.kafka, True, f"{made} of {len(states)} topics are there")


async def _described(settings: Settings, bootstrap: str) -> list[topics.TopicState]:
    return await topics.describe(
        bootstrap, prefix=settings.topics.prefix, replication=settings.topics.replication
    )


def _provider(slug: str, url: str, needed: bool) -> Reach:
    """A connection is enough: asking about an order would cost quota."""
    if not needed:
        return Reach(slug, url, None, "no orders and no settings of its own: not tried")
    place = httpx.URL(url)
    port = place.port or (443 if place.scheme == "https" else 80)
    try:
        socket.create_connection((place.host, port), PATIENCE_SECONDS).close()
    except OSError as error:
        return Reach(slug, url, False, error.strerror or str(error))
    return Reach(slug, url, True, f"{place.host} takes connections on port {port}")
