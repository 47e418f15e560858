"""Answers to commands from the topic, as they are published on `replies`."""

from enum import StrEnum

import msgspec

from domain.instants import Instant, text
from domain.rows import Reply

UNKEYED = "_commands"
"""The key of replies to records that name no order."""


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"


class ReplyRow(msgspec.Struct, frozen=True):
    """A published reply. `version` is the order's after the command, null where there is none to tell.

    A record that is no command has no id: `id` is then where it stands, TOPIC/PARTITION/OFFSET.
    """

    id: str
    command: str | None
    order: str | None
    outcome: Outcome
    reason: str | None
    version: int | None
    at: str


def done(id: str, command: str, order: str, version: int | None, at: Instant) -> Reply:
    return _reply(ReplyRow(id, command, order, Outcome.DONE, None, version, text(at)))


def refused(
    id: str, command: str | None, order: str | None, why: str, version: int | None, at: Instant
) -> Reply:
    return _reply(ReplyRow(id, command, order, Outcome.REFUSED, why, version, text(at)))


def _reply(row: ReplyRow) -> Reply:
    return Reply(row.id, row.order or UNKEYED, msgspec.json.encode(row))
