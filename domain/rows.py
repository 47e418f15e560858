"""The rows that pass between the application and a log (`domain.log`): what is stored and what is read.

All times are microseconds since 1970 UTC unless a name says otherwise.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class NewEvent(NamedTuple):
    """An event about to be stored: `state` is the compact JSON that is hashed and published unaltered."""

    stream: str
    version: int
    topic: str
    state: bytes


class Row(NamedTuple):
    """A stored event. `order` is `provider/order_id`, or the stream's own name for a reserved stream."""

    position: int
    stream: str
    order: str
    version: int
    topic: str
    state: bytes


class LookRow(NamedTuple):
    """A kept look. `basis` is JSON: what beside the body influenced the judgement."""

    look: str
    stream: str
    order: str
    asked_at: int
    answered_at: int
    http_status: int | None
    content_type: str | None
    age: int | None
    api: str
    rules: str
    evidence: str | None
    truncated: bool
    basis: bytes


class EvidenceRow(NamedTuple):
    """A raw body, compressed and sealed under its stream's key. Stored once per (sha256, stream)."""

    sha256: str
    stream: str
    size: int
    sealed: bytes
    kept_at: int


class KeyRow(NamedTuple):
    """A stream's evidence key, wrapped by the key in settings."""

    stream: str
    wrapped: bytes


class WatchRow(NamedTuple):
    """What the looks at an order add up to: `domain.watch.Watch` as JSON, one row a stream.

    `writer` is one process's own word. It writes over its own rows, and over another's only if that is still
    of the revision that it has read and added to: one less than its own.
    """

    stream: str
    last: int
    watch: bytes
    writer: str = ""
    revision: int = 0


class Registration(NamedTuple):
    """The unique register: one stream for one order."""

    provider: str
    order_id: str
    stream: str


class Erasure(NamedTuple):
    """Destroys the evidence of an order's stream and its key, and the examples of failures that were kept of
    this order alone in its provider's stream; a conflict unless there are as many `bodies`."""

    stream: str
    order: str
    examples: str
    bodies: int


class Entry(NamedTuple):
    """What one judged look or one command adds to the log: all of it or nothing.

    `watch` is overwritten by later ones; everything else is written once. Evidence and looks that are already
    stored are no conflict; registrations and keys are one unless they are stored identically: what is sealed
    under a second key could never be opened. A watch is one if others have written it since it was read.
    `under` is the key that the evidence was sealed under: a conflict if it is not the stream's any more.
    """

    events: Sequence[NewEvent] = ()
    registration: Registration | None = None
    look: LookRow | None = None
    evidence: EvidenceRow | None = None
    key: KeyRow | None = None
    watch: WatchRow | None = None
    under: KeyRow | None = None
    erase: Erasure | None = None


class Committed(NamedTuple):
    """Positions of the entry's events, in order; also given when a lost acknowledgement had stored them."""

    positions: Sequence[int]


class Conflict(NamedTuple):
    """Another writer was first: the (stream, version) or the registration is taken by something else."""

    stream: str


Outcome = Committed | Conflict


class Head(NamedTuple):
    """Where a stream stands: its last event, and its watch row if there is one."""

    stream: str
    provider: str
    order_id: str
    version: int
    topic: str
    state: bytes
    watch: bytes | None


class OutboxRow(NamedTuple):
    """A read model's change on its way to Kafka; `topic` is the read model's name, None is a tombstone."""

    id: int
    topic: str
    key: str
    value: bytes | None
    position: int


class Queued(NamedTuple):
    """Rows of a page of a read model that are on their way again; `last`: the key to go on beyond, None where
    there are no more."""

    rows: int
    last: str | None


class ModelRow(NamedTuple):
    """A row of a read model: what is published, and what its fold needs to go on."""

    key: str
    value: bytes
    fold: bytes


class Change(NamedTuple):
    """A read model's row after a batch; `value` None deletes it, an empty one is kept for its fold, and is a
    tombstone to readers. `columns` are what can be filtered by."""

    model: str
    key: str
    value: bytes | None
    fold: bytes
    columns: dict[str, str | None]
    position: int


class Parked(NamedTuple):
    """An order whose event could not be folded, and why; its later events wait for a person."""

    order: str
    position: int
    why: str


class Telling(NamedTuple):
    """The events after position `after` up to `position` became readable on a topic in
    (`not_before`, `not_after`]."""

    after: int
    position: int
    not_before: int
    not_after: int


class Rebuild(NamedTuple):
    """A fold made anew beside the live one. `projection` and `shadow` name their positions, where both must
    stand at `live_at` and `shadow_at`; `models` are the live read models' names and those of the new rows."""

    projection: str
    shadow: str
    models: tuple[tuple[str, str], ...]
    live_at: int
    shadow_at: int


class Difference(NamedTuple):
    """A row as it is served and as it was folded anew; None: there is none."""

    key: str
    live: bytes | None
    rebuilt: bytes | None


class Comparison(NamedTuple):
    """How many rows of a read model are alike, differ, are not served, or should not be; the first ones."""

    model: str
    same: int
    changed: int
    missing: int
    extra: int
    first: Sequence[Difference]


class Receipt(NamedTuple):
    """What one commit stored, packed as `domain.seal` says: its events, its register and look rows."""

    id: int
    events: bytes
    rows: bytes


Cells = tuple[str | int | bytes | bool | None, ...]
"""A row as it is in the database, whatever became of it; a text that is no UTF-8 any more comes as bytes."""


class Census(NamedTuple):
    """How many rows there were at one moment, with the ids of the last receipt and the last event."""

    receipt: int
    position: int
    looks: int
    orders: int


class Kept(StrEnum):
    """Tables whose rows can be asked for as they are, and by what."""

    EVENTS = "events of streams"
    REGISTER = "registrations of streams"
    LOOKS = "looks"
    LOOKS_OF = "looks of streams"
    EVIDENCE = "evidence by digest"
    KEYS = "keys of streams"


class Drift(NamedTuple):
    """What a provider had never said before: see `domain.drift`. `look` first showed it, at `first_at`."""

    provider: str
    what: str
    path: str
    seen: str
    news: bool
    look: str
    first_at: int
    last_at: int
    times: int


class Report(NamedTuple):
    """What one worker said last of one provider, as JSON: see `ordertrail.reports`."""

    provider: str
    worker: str
    at: int
    state: bytes


class Dwell(NamedTuple):
    """So many orders (`times`) left a state after a time in this bin: see `domain.lasting`."""

    provider: str
    state: str
    bin: int
    times: int


class Request(NamedTuple):
    """Something asked of a running worker: verb `refresh` or `execute`. `args` is JSON.

    `command`: the command from a topic that waits for its reply; `claimed_by`: a worker is about it.
    """

    id: int
    verb: str
    order: str
    asked_at: int
    args: str = "{}"
    command: str | None = None
    claimed_by: str | None = None
    claimed_at: int | None = None


class NewRequest(NamedTuple):
    verb: str
    order: str
    asked_at: int
    args: str = "{}"
    command: str | None = None


class CommandRow(NamedTuple):
    """A command from a topic: its id is never taken twice. `digest` tells what was asked; `reply` is what was
    answered, None: that is still to come."""

    id: str
    digest: str
    verb: str
    order: str
    taken_at: int
    reply: bytes | None = None


class Reply(NamedTuple):
    """What goes to the topic of replies. `command` is the id of the row that remembers it."""

    command: str
    key: str
    value: bytes


class Claim(NamedTuple):
    """A worker's hold on a request that is open."""

    request: int
    worker: str
    at: int


class Effect(NamedTuple):
    """What a command does beside adding events: all of it or nothing.

    `takes` is a command whose id must be new, `asks` a request for a worker. `claims` and `drops` need a
    request that nobody has claimed, `ends` one that somebody has. `reply` goes through the outbox.
    """

    takes: CommandRow | None = None
    asks: NewRequest | None = None
    claims: Claim | None = None
    drops: int | None = None
    ends: int | None = None
    reply: Reply | None = None


class Repeated(NamedTuple):
    """The command's id was taken before, by this one."""

    command: CommandRow


class Gone(NamedTuple):
    """The request is no longer what it has to be: somebody else was faster."""

    request: int
