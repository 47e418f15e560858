"""Commands as they come on the topic `commands`, read strictly: what is not understood is refused.

A command is a JSON object: `id`, `command`, `order`, `args`, `by`, `sent_at`. Its sender chooses the id, and
sends it again with the same one if in doubt: it is done once.
"""

import hashlib
import re
from enum import StrEnum
from typing import ClassVar, NamedTuple

import msgspec

from domain.execution import funding_transaction
from domain.identity import OrderKey, parse_order
from domain.instants import instant, moment, text
from domain.providers import PROVIDERS
from domain.words import demand_actor, demand_reason, demand_words

ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
VERSION = 1
LARGEST = 64 * 1024
NORMALISE = {slug: entry.normalise for slug, entry in PROVIDERS.items()}


class Verb(StrEnum):
    TRACK = "track"
    STOP = "stop"
    REFRESH = "refresh"
    EXECUTE = "execute"
    ADOPT = "adopt"


class TrackArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays as it is; `deadline` RFC 3339."""

    ref: str | None = None
    priority: int | None = None
    deadline: str | None = None
    tenant: str | None = None


class StopArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


class NoArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class ExecuteArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    funding_transaction: str


class AdoptArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    state: str
    reason: str


class Command(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="command",
    omit_defaults=True,
):
    """What every command has. `by` is an opaque actor id, `sent_at` RFC 3339, `version` that of this form."""

    VERB: ClassVar[Verb]
    id: str
    order: str
    by: str | None = None
    sent_at: str | None = None
    version: int = VERSION


class Track(Command, frozen=True, kw_only=True, tag="track"):
    """Watch the order, or watch it on other terms."""

    VERB: ClassVar[Verb] = Verb.TRACK
    args: TrackArgs = TrackArgs()


class Stop(Command, frozen=True, kw_only=True, tag="stop"):
    """Watch the order no more."""

    VERB: ClassVar[Verb] = Verb.STOP
    args: StopArgs


class Refresh(Command, frozen=True, kw_only=True, tag="refresh"):
    """Have a worker look at the order now."""

    VERB: ClassVar[Verb] = Verb.REFRESH
    args: NoArgs = NoArgs()


class Execute(Command, frozen=True, kw_only=True, tag="execute"):
    """Have a worker tell the provider that the order is funded."""

    VERB: ClassVar[Verb] = Verb.EXECUTE
    args: ExecuteArgs


class Adopt(Command, frozen=True, kw_only=True, tag="adopt"):
    """Let the state count that the provider reported and the lifecycle forbids; it needs `by`."""

    VERB: ClassVar[Verb] = Verb.ADOPT
    args: AdoptArgs


AnyCommand = Track | Stop | Refresh | Execute | Adopt


class Read(NamedTuple):
    """A command that is understood, about an order that there can be. `digest` tells what it asks."""

    command: AnyCommand
    key: OrderKey
    digest: str


class Unreadable(NamedTuple):
    """Why it is refused, and as much as is known of what it was: an `id` can be answered."""

    why: str
    id: str | None = None
    verb: str | None = None
    order: str | None = None


class _Named(msgspec.Struct):
    """As much of a record as says whom to answer."""

    id: object = None
    command: object = None
    order: object = None
    version: object = VERSION


_named = msgspec.json.Decoder(_Named)
_decoder = msgspec.json.Decoder(AnyCommand)


def read(value: bytes | None) -> Read | Unreadable:
    """A record's value as a command; nothing that it holds is quoted but what names it."""
    if not value:
        return Unreadable("the record is empty")
    if len(value) > LARGEST:
        return Unreadable(f"the record has {len(value)} bytes, {LARGEST} is the limit")
    try:
        named = _named.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Unreadable(f"the record is no JSON object: {_shortened(error)}")
    known = _known(named)
    if known.id is None:
        return known
    if named.version != VERSION:
        return known._replace(why=f"version {_word(named.version)} is unknown here: {VERSION} is the newest")
    if known.verb is None:
        return known._replace(why=f"command is none of {', '.join(Verb)}")
    try:
        command = _decoder.decode(value)
        return _checked(command)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        return known._replace(why=_shortened(error))


def _known(named: _Named) -> Unreadable:
    if not isinstance(named.id, str) or not ID.fullmatch(named.id):
        return Unreadable("id is missing, or is not 1 to 128 of A-Z a-z 0-9 . _ : -")
    verb = named.command if isinstance(named.command, str) and named.command in set(Verb) else None
    return Unreadable("", named.id, verb, _order(named.order))


def _order(value: object) -> str | None:
    try:
        return str(parse_order(value, NORMALISE)) if isinstance(value, str) else None
    except ValueError:
        return None


def _checked(command: AnyCommand) -> Read:
    """What the types leave open. Raises ValueError."""
    key = parse_order(command.order, NORMALISE)
    if command.by is not None:
        demand_actor("by", command.by)
    if command.sent_at is not None:
        instant(command.sent_at)
    if isinstance(command, Track):
        command = msgspec.structs.replace(command, args=_terms(command.args))
    elif isinstance(command, Execute):
        funding = funding_transaction(command.args.funding_transaction)
        command = msgspec.structs.replace(command, args=ExecuteArgs(funding))
    elif isinstance(command, Stop | Adopt):
        demand_reason("reason", command.args.reason)
        if isinstance(command, Adopt) and command.by is None:
            raise ValueError("by is missing: who adopts a state is part of the record")
    return Read(command, key, _digest(command, key))


def _terms(args: TrackArgs) -> TrackArgs:
    for name, value in (("ref", args.ref), ("tenant", args.tenant)):
        if value is not None:
            demand_words(name, value)
    if args.priority is not None and not 0 <= args.priority <= 9:
        raise ValueError("priority must be a whole number from 0 to 9")
    if args.deadline is None:
        return args
    return msgspec.structs.replace(args, deadline=text(moment(args.deadline)))


def _digest(command: AnyCommand, key: OrderKey) -> str:
    """The same for the same wish, whenever it was sent."""
    wish = [command.VERB, str(key), command.args, command.by]
    return hashlib.sha256(msgspec.json.encode(wish, order="deterministic")).hexdigest()


def _word(value: object) -> str:
    return str(value)[:20] if isinstance(value, int | str) else "given"


def _shortened(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]
