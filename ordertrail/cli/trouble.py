"""What can go wrong in a command, as a sentence and an exit status."""

import ssl
from enum import IntEnum

import click
from aiokafka.errors import KafkaError

from adapters.kafka.artifacts import FetchFailed
from adapters.kafka.broker import BrokerFailed
from adapters.kafka.client import ClientUnfit
from adapters.kafka.failures import PublisherFailed, PublishError, PublishRefused
from adapters.kafka.topics import TopicMismatch, TopicRefused
from adapters.vault import VaultError
from domain.encoding import UnknownEvent
from domain.log import LogError, LogRefused, LogUnreachable
from ordertrail.demo.world import WorldError
from ordertrail.evidence import UnknownEvidence
from ordertrail.obeying import ObeyingRefused
from ordertrail.order_at import NotTold
from ordertrail.orders import WrongEnvironment
from ordertrail.setting_sources import SettingsError
from ordertrail.stream import UnknownOrder
from ordertrail.supervise import PublishingRefused
from ordertrail.turns import PollingRefused


class Exit(IntEnum):
    DONE = 0
    NO = 1
    WRONG_USE = 2
    UNREACHABLE = 3


class No(Exception):
    """The answer is no; the message says why."""


class WrongUse(Exception):
    """What was asked can't be understood; the message says what would be right."""


class Unreachable(Exception):
    """Something needed does not answer; the message names it."""


STATUS: tuple[tuple[type[Exception], Exit], ...] = (
    (No, Exit.NO),
    (WrongUse, Exit.WRONG_USE),
    (Unreachable, Exit.UNREACHABLE),
    (UnknownOrder, Exit.NO),
    (UnknownEvidence, Exit.NO),
    (UnknownEvent, Exit.NO),
    (NotTold, Exit.NO),
    (WorldError, Exit.WRONG_USE),
    (SettingsError, Exit.WRONG_USE),
    (WrongEnvironment, Exit.WRONG_USE),
    (LogUnreachable, Exit.UNREACHABLE),
    (LogRefused, Exit.WRONG_USE),
    (LogError, Exit.NO),
    (VaultError, Exit.WRONG_USE),
    (ClientUnfit, Exit.WRONG_USE),
    (TopicMismatch, Exit.NO),
    (TopicRefused, Exit.NO),
    (PublishRefused, Exit.NO),
    (PublishingRefused, Exit.NO),
    (ObeyingRefused, Exit.NO),
    (PollingRefused, Exit.UNREACHABLE),
    (PublisherFailed, Exit.UNREACHABLE),
    (PublishError, Exit.NO),
    (FetchFailed, Exit.UNREACHABLE),
    (BrokerFailed, Exit.UNREACHABLE),
    (KafkaError, Exit.UNREACHABLE),
    (ConnectionError, Exit.UNREACHABLE),
    (TimeoutError, Exit.UNREACHABLE),
    (ssl.SSLError, Exit.UNREACHABLE),
)


def explained(error: Exception) -> tuple[str, int]:
    """One line for people and the exit status. An error nobody foresaw is named as such."""
    if isinstance(error, click.ClickException):
        return error.format_message(), Exit.WRONG_USE
    for kind, status in STATUS:
        if isinstance(error, kind):
            words = str(error) or type(error).__name__
            return (f"Kafka: {words}" if isinstance(error, KafkaError) else words), status
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'the system'}: {error.strerror}", Exit.NO
    return f"unexpected {type(error).__name__}: {error}; run again with -vv for where it arose", Exit.NO
