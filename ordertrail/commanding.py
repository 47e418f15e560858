"""Doing what commands from the topic ask, each once, and answering each once.

A command's id, what it does and its reply are stored in one transaction. So a record that comes again after a
crash is known, and whatever happens between this transaction and Kafka's own book-keeping does no harm.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from adapters.adapter import Adapter
from domain import adoption, tracking
from domain.encoding import UnknownEvent
from domain.events import Data, Event
from domain.identity import OrderKey
from domain.instants import Instant
from domain.log import LogError
from domain.order import Order
from domain.provider import Provider
from domain.rows import CommandRow, Effect, Entry, Gone, NewRequest, Outcome, Repeated
from ordertrail import executions, replies
from ordertrail.acts import Act, Stamp
from ordertrail.commands import Adopt, Execute, Read, Refresh, Stop, Track, TrackArgs, Unreadable, read
from ordertrail.executions import Wish
from ordertrail.following import REFRESH
from ordertrail.order_list import Wish as ListWish
from ordertrail.order_list import terms
from ordertrail.orders import Orders, WrongEnvironment

UNKNOWN = "it is unknown to this log"
NOT_WATCHED = "it is not watched"
NOT_ENABLED = "executing by topic is not enabled: see the setting commands.execute"
TAKEN = "its id was used before, for another command"
UNFORESEEN = "it could not be done, for a reason that stands in the log of who should have done it"


Stored = Outcome | Repeated | Gone


class Received(NamedTuple):
    """A record of the topic; `place` is TOPIC/PARTITION/OFFSET."""

    place: str
    value: bytes | None


class _Refusal(Exception):
    """Why a command is not done."""


class Commander:
    """`execute`: whether orders may be executed by topic. Not thread-safe, as the recorder is not."""

    def __init__(
        self,
        recorder: Orders,
        *,
        providers: Mapping[str, Provider],
        adapters: Mapping[str, Adapter],
        environments: Mapping[str, str],
        now: Callable[[], Instant],
        execute: bool,
        logger: logging.Logger,
    ) -> None:
        self._recorder = recorder
        self._providers = providers
        self._adapters = adapters
        self._environments = environments
        self._now = now
        self._execute = execute
        self._logger = logger

    def close(self) -> None:
        self._recorder.log.close()

    def handle(self, received: Received) -> None:
        """Done or refused, and answered, unless it was before. Raises LogError; then call it again."""
        found = self._read(received)
        if isinstance(found, Unreadable):
            return self._dead(received, found)
        try:
            outcome = self._done(found)
        except _Refusal as refusal:
            outcome = self._refuse(found, str(refusal))
        except LogError:
            raise
        except UnknownEvent as error:
            outcome = self._refuse(found, f"its events can't be read by this version: {error}")
        except Exception as error:
            self._logger.error("a command about %s could not be done", found.key, exc_info=error)
            outcome = self._refuse(found, UNFORESEEN)
        if isinstance(outcome, Repeated) and outcome.command.digest != found.digest:
            self._dead(received, Unreadable(TAKEN, None, found.command.VERB, str(found.key)))
        return None

    def _read(self, received: Received) -> Read | Unreadable:
        try:
            return read(received.value)
        except Exception as error:
            self._logger.error("the record at %s could not be read", received.place, exc_info=error)
            return Unreadable(UNFORESEEN)

    def _done(self, found: Read) -> Stored:
        """What became of it in the log. Raises _Refusal."""
        command = found.command
        if isinstance(command, Track):
            return self._track(found, command.args)
        if isinstance(command, Execute) and not self._execute:
            raise _Refusal(NOT_ENABLED)
        acted = self._recorder.act(found.key, partial(self._decide, found))
        if acted is None:
            raise _Refusal(UNKNOWN)
        return acted.outcome

    def _decide(self, found: Read, order: Order, stamp: Stamp) -> Act:
        """Raises _Refusal."""
        command, key = found.command, found.key
        if isinstance(command, Stop):
            events = tracking.stop(
                order, command.args.reason, by=command.by, at=stamp.at, rules=stamp.rules, worker=stamp.worker
            )
            return Act(events, partial(self._answered, found))
        if isinstance(command, Adopt):
            return Act(self._adopted(command, key, order, stamp), partial(self._answered, found))
        if isinstance(command, Refresh):
            if not order.watched:
                raise _Refusal(NOT_WATCHED)
            asks = NewRequest(REFRESH, str(key), stamp.at)
            return Act([], lambda after: self._answered(found, after)._replace(asks=asks))
        assert isinstance(command, Execute)
        return Act([], partial(self._left_to_a_worker, found, self._wish(command, key, order)))

    def _track(self, found: Read, args: TrackArgs) -> Stored:
        wish = ListWish(found.key, args.ref, args.priority, args.deadline, args.tenant)
        host = self._environments[found.key.provider]
        try:
            acted = self._recorder.track_and(
                found.key, lambda before: terms(wish, before, host), partial(self._answered, found)
            )
        except WrongEnvironment as error:
            raise _Refusal(str(error)) from None
        return acted.outcome

    def _adopted(self, command: Adopt, key: OrderKey, order: Order, stamp: Stamp) -> Sequence[Event[Data]]:
        provider, args = self._providers[key.provider], command.args
        assert command.by is not None  # else it was not understood
        try:
            return adoption.adopt(
                provider, order, args.state, args.reason, by=command.by, at=stamp.at, worker=stamp.worker
            )
        except (adoption.UnknownState, adoption.NotReported) as error:
            raise _Refusal(str(error)) from None

    def _left_to_a_worker(self, found: Read, wish: Wish, _: Order) -> Effect:
        """It is answered by whoever begins it, or can't."""
        asks = executions.new_request(found.key, wish, self._now(), found.command.id)
        return Effect(takes=self._taken(found), asks=asks)

    def _wish(self, command: Execute, key: OrderKey, order: Order) -> Wish:
        why = executions.obstacle(order, self._providers[key.provider], self._adapters[key.provider])
        if why is None and executions.waiting(self._recorder.log, key):
            why = "it was asked for before, and waits for a worker"
        if why is not None:
            raise _Refusal(why)
        return Wish(command.args.funding_transaction, command.by)

    def _refuse(self, found: Read, why: str) -> Stored:
        reply = replies.refused(
            found.command.id, found.command.VERB, str(found.key), why, self._version(found.key), self._now()
        )
        return self._recorder.log.act(Entry(), Effect(takes=self._taken(found), reply=reply))

    def _version(self, key: OrderKey) -> int | None:
        """The order's; None: it is unknown, or this version can't read its events."""
        try:
            known = self._recorder.known(key)
        except UnknownEvent:
            return None
        return known.order.version if known else None

    def _answered(self, found: Read, order: Order) -> Effect:
        at = self._now()
        reply = replies.done(found.command.id, found.command.VERB, str(found.key), order.version, at)
        return Effect(takes=self._taken(found), reply=reply)

    def _taken(self, found: Read) -> CommandRow:
        return CommandRow(found.command.id, found.digest, found.command.VERB, str(found.key), self._now())

    def _dead(self, received: Received, found: Unreadable) -> None:
        """Answered under its own id if it has one, else under its place."""
        id, at = found.id or received.place, self._now()
        digest = hashlib.sha256(received.value or b"").hexdigest()
        reply = replies.refused(id, found.verb, found.order, found.why, None, at)
        row = CommandRow(id, digest, found.verb or "", found.order or "", at)
        outcome = self._recorder.log.act(Entry(), Effect(takes=row, reply=reply))
        if isinstance(outcome, Repeated) and outcome.command.digest != digest and found.id is not None:
            self._dead(received, Unreadable(TAKEN, None, found.verb, found.order))
        else:
            self._logger.warning("the record at %s is refused: %s", received.place, found.why)
