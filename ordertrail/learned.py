"""What looks teach beside events: no part of the record, so nothing of the record waits or ends for it."""

import logging
from collections.abc import Iterable
from typing import Protocol

from domain.log import LogError, LogRefused

_LOGGER = logging.getLogger(__name__)


class Learned(Protocol):
    """Something learned a little at a time, and what of it is not yet written."""

    def write(self) -> None:
        """Raises LogError; then the same call may be made again."""

    def drop(self) -> None:
        """Let go of what is not yet written."""


def write_each(parts: Iterable[Learned]) -> None:
    """What can't be written now waits for the next call; what the log refuses is dropped, and said."""
    for part in parts:
        try:
            part.write()
        except LogRefused as error:
            part.drop()
            _LOGGER.error("something learned of a provider is dropped, the log refuses it: %s", error)
        except LogError as error:
            _LOGGER.warning("what was learned of the providers is written later: %s", error)
