"""Whether what the settings name can be reached: the log, its evidence key, Kafka, the providers."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import httpx
from aiokafka.errors import KafkaError

from adapters.kafka import topics
from adapters.log import masked
from domain.log import LogError
from ordertrail.kafka_words import words
from ordertrail.settings import Loaded, Settings
from ordertrail.wiring import endpoints, log_file, log_is_there, opened_log

PATIENCE_SECONDS = 5


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
    log, watched = _log(settings)
    needed = watched | {name.split(".")[1] for name in loaded.origins if name.startswith("providers.")}
    with ThreadPoolExecutor(8) as threads:
        kafka = threads.submit(_kafka, settings)
        hosts = [
            threads.submit(_provider, slug, endpoint.url, slug in needed)
            for slug, endpoint in endpoints(settings).items()
        ]
        return [log, kafka.result(), *(host.result() for host in hosts)]


def _log(settings: Settings) -> tuple[Reach, set[str]]:
    where = masked(settings.log)
    if not log_is_there(settings):
        file = log_file(settings)
        there = file is not None and file.absolute().parent.is_dir()
        says = "not there yet; made when it is needed" if there else "its directory is missing: make it"
        return Reach("log", where, there, says), set()
    try:
        with opened_log(settings, create=False) as log:
            watched = {head.provider for head in log.heads()}
            return Reach("log", where, True, f"log {log.id}, {log.tail()} positions"), watched
    except LogError as error:
        return Reach("log", where, False, str(error)), set()


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
