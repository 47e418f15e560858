"""Commands, and requests to running workers: what they do is stored with the events that tell of it."""

from collections.abc import Sequence
from functools import partial

from adapters.log.database import Taken, Transaction
from adapters.log.schema import COMMANDS, OUTBOX, REQUESTS
from adapters.log.writing import LogWriting, streams_of, write
from domain.rows import (
    Claim,
    CommandRow,
    Committed,
    Conflict,
    Effect,
    Entry,
    Gone,
    NewRequest,
    Outcome,
    Repeated,
    Reply,
    Request,
)

REPLIES = "replies"
COMMAND = "SELECT id, digest, verb, order_name, taken_at, reply FROM commands WHERE id = ?"
TAKEN = (
    "SELECT id, digest, verb, order_name, taken_at, reply FROM commands "
    "WHERE taken_at >= ? AND id > ? ORDER BY id LIMIT ?"
)
OPEN = (
    "SELECT id, verb, order_name, asked_at, args, command, claimed_by, claimed_at FROM requests "
    "WHERE verb {any} AND id > ? ORDER BY id LIMIT ?"
)
DROP = "DELETE FROM requests WHERE id = ? AND claimed_by IS NULL"
END = "DELETE FROM requests WHERE id = ? AND claimed_by IS NOT NULL"


class _Repeated(Exception):
    pass


class _Gone(Exception):
    pass


class LogActing(LogWriting):
    def ask(self, request: NewRequest) -> None:
        self._database.transact(partial(_ask, request=request), repeatable=False)

    def requests(self, verbs: Sequence[str], limit: int, *, after: int = 0) -> list[Request]:
        """Requests beyond an id, oldest first; also those that a worker is about."""
        return list(map(Request._make, self._database.ask(OPEN, list(verbs), after, limit)))

    def claim(self, requests: Sequence[Request]) -> list[Request]:
        """Those that nobody else has taken; from now on they are the caller's, and gone."""
        if not requests:
            return []
        return self._database.transact(partial(_claim, requests=requests), repeatable=False)

    def act(self, entry: Entry, effect: Effect) -> Outcome | Repeated | Gone:
        """An entry and what a command does beside it, in one transaction. LogUnreachable leaves open what is
        stored: a command's id, or its request, tells whoever tries again."""
        try:
            return self._database.transact(partial(_act, entry=entry, effect=effect), repeatable=False)
        except Taken:
            return Conflict(min(streams_of(entry)))
        except _Gone:
            return Gone(_request_of(effect))
        except _Repeated:
            return Repeated(self._demanded(effect))

    def command(self, id: str) -> CommandRow | None:
        found = self._database.ask(COMMAND, id)
        return CommandRow._make(found[0]) if found else None

    def commands(self, since: int, after: str, limit: int) -> list[CommandRow]:
        """Commands taken since a moment, by id, beyond one."""
        return list(map(CommandRow._make, self._database.ask(TAKEN, since, after, limit)))

    def _demanded(self, effect: Effect) -> CommandRow:
        found = effect.takes and self.command(effect.takes.id)
        assert found  # it was in the way a moment ago, and no command is ever deleted
        return found


def _act(transaction: Transaction, entry: Entry, effect: Effect) -> Outcome:
    """Rows that somebody else may hold come first, and what other writers wait for last."""
    if effect.takes and not transaction.put(COMMANDS, [effect.takes]):
        raise _Repeated
    if effect.claims and not _claimed(transaction, effect.claims):
        raise _Gone
    if effect.drops is not None and not transaction.run(DROP, effect.drops):
        raise _Gone
    if effect.ends is not None and not transaction.run(END, effect.ends):
        raise _Gone
    if effect.asks:
        _ask(transaction, effect.asks)
    [outcome] = write(transaction, [entry])
    if effect.reply:
        _reply(transaction, effect.reply, outcome)
    return outcome


def _claimed(transaction: Transaction, claim: Claim) -> bool:
    statement = "UPDATE requests SET claimed_by = ?, claimed_at = ? WHERE id = ? AND claimed_by IS NULL"
    return bool(transaction.run(statement, claim.worker, claim.at, claim.request))


def _reply(transaction: Transaction, reply: Reply, outcome: Outcome) -> None:
    """Through the outbox, after the events that it may speak of."""
    transaction.run("UPDATE commands SET reply = ? WHERE id = ?", reply.value, reply.command)
    positions = outcome.positions if isinstance(outcome, Committed) else ()
    if positions:
        position = positions[-1]
    else:
        [(tail,)] = transaction.ask("SELECT coalesce(max({position}), 0) FROM stored_events")
        position = int(tail or 0)
    transaction.put_in_order(OUTBOX, [(REPLIES, reply.key, reply.value, position)])


def _ask(transaction: Transaction, request: NewRequest) -> None:
    transaction.put(REQUESTS, [(*request, None, None)])


def _claim(transaction: Transaction, requests: Sequence[Request]) -> list[Request]:
    return [request for request in requests if transaction.run(DROP, request.id)]


def _request_of(effect: Effect) -> int:
    return effect.claims.request if effect.claims else effect.drops or effect.ends or 0
