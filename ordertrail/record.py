"""Writing down what looks tell: judged one after another, committed together.

The recorder owns the path from "this came back" to "this is in the log": read → judge → chain → seal →
commit, for many orders in one transaction. No look is dropped undecided.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

import msgspec

from adapters.vault import Vault
from domain.events import Data, Event
from domain.identity import OrderKey, contact_stream
from domain.instants import HOUR, Instant
from domain.judge import Case, Judgement, judge, judge_contact
from domain.log import Conflict, Entry, EvidenceRow, Log, LogError, LookRow
from domain.order import Order, Tracking
from domain.provider import Provider
from domain.readings import Answer, Failed, Look, NotFound, Read, Reading
from domain.watch import PATIENCE, Patience, Watch, unchanged
from ordertrail.orders import ATTEMPTS, Known, Orders, chained, watch_row


class Observation(msgspec.Struct, frozen=True):
    """One look and what came back. `watch` is the caller's own and newer than the stored one, or None.

    `began`: the moment tracking began, for an order that is not registered yet (an imported one).
    """

    key: OrderKey
    look: Look
    came_back: Answer | Failed
    stream: str | None = None
    watch: Watch | None = None
    api: str = ""
    began: Instant | None = None


class Seen(msgspec.Struct, frozen=True):
    """What became of an observation. `events` are what it added; `reading` is None for an unchanged body."""

    key: OrderKey
    stream: str
    order: Order
    watch: Watch
    events: Sequence[Event[Data]]
    reading: Reading | None
    skipped: bool = False


class _Came(NamedTuple):
    """An answer, the digest that tells equal bodies, and the hex SHA-256 that names its evidence."""

    answer: Answer
    digest: bytes
    sha256: str

    @property
    def whole(self) -> bool:
        """The same bytes under an error's code say something else."""
        return 200 <= self.answer.status < 300 and not self.answer.truncated


class _Kept(NamedTuple):
    look: LookRow | None
    evidence: EvidenceRow | None


_NOTHING_KEPT = _Kept(None, None)


class _Example(NamedTuple):
    """What one failed answer is kept of; `hour` counts from 1970."""

    provider: str
    kind: str
    hour: int


@dataclass(slots=True)
class _Batch:
    """Looks judged and not yet committed: where each order stands by now, and what each look adds."""

    streams: dict[OrderKey, str] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)
    drafts: list[tuple[int, Seen, Entry | None]] = field(default_factory=list)
    examples: dict[_Example, Entry] = field(default_factory=dict)


class Recorder(Orders):
    """Orders, and the looks at them."""

    def __init__(
        self,
        *,
        log: Log,
        vault: Vault,
        providers: Mapping[str, Provider],
        readers: Mapping[str, Read],
        environments: Mapping[str, str],
        now: Callable[[], Instant],
        rng: Random,
        patience: Patience = PATIENCE,
        worker: str = "main",
        cached: int = 20_000,
    ) -> None:
        super().__init__(
            log=log,
            vault=vault,
            providers=providers,
            environments=environments,
            now=now,
            rng=rng,
            worker=worker,
            cached=cached,
        )
        self._readers = readers
        self._patience = patience
        self._answered: dict[str, Instant] = {}
        self._examples: set[_Example] = set()

    def observe(self, observations: Sequence[Observation]) -> list[Seen]:
        """Judge in the order given and commit together; returns what became of each.

        Raises LogError when the log can't be written; then the same call may be made again.
        """
        done: dict[int, Seen] = {}
        waiting = dict(enumerate(observations))
        for _ in range(ATTEMPTS):
            self._fetch([stream for one in waiting.values() if (stream := self._stream(one)) is not None])
            batch = _Batch()
            for index, observation in waiting.items():
                self._judge(index, observation, batch)
            done |= self._commit(batch)
            waiting = {index: one for index, one in waiting.items() if index not in done}
            if not waiting:
                seen = [done[index] for index in range(len(observations))]
                self._note_contacts(observations, seen)
                self._forget_oldest()
                return seen
        raise LogError(f"{len(waiting)} looks lost every one of {ATTEMPTS} races for their streams")

    def _stream(self, observation: Observation) -> str | None:
        return observation.stream or self.log.registered(*observation.key)

    def _judge(self, index: int, observation: Observation, batch: _Batch) -> None:
        begun, stream, known = self._begin(observation, batch)
        watch = _current(observation.watch, known.watch)
        last, answered_at = watch.last, observation.look.answered_at
        if observation.began is not None and last is not None and answered_at <= last:
            seen = Seen(observation.key, stream, known.order, watch, (), None, skipped=True)
            batch.drafts.append((index, seen, None))
            return
        came = _came(observation.came_back)
        judgement, reading = self._judgement(observation, known.order, watch, came)
        writes = judgement.keep or observation.watch is None
        if writes and not judgement.events and self._outdated(stream, known, batch):
            known = self._fetch([stream])[stream]
            watch = _current(observation.watch, known.watch)
            judgement, reading = self._judgement(observation, known.order, watch, came)
        rows, order = chained(stream, known.order, judgement.events)
        kept = _NOTHING_KEPT
        if judgement.keep and came is not None:
            basis = _basis(known.order, watch, observation, self._patience)
            kept = self._sealed(stream, observation, came, basis)
        entry: Entry | None = None
        if rows or kept.look is not None or begun is not None or observation.watch is None:
            row = watch_row(stream, judgement.watch)
            entry = Entry(events=rows, look=kept.look, evidence=kept.evidence, watch=row)
            if begun is not None:
                entry = entry._replace(
                    events=[*begun.events, *rows], registration=begun.registration, key=begun.key
                )
        if not isinstance(reading, Failed):
            provider = observation.key.provider
            self._answered[provider] = max(answered_at, self._answered.get(provider, 0))
        elif came is not None:
            self._keep_example(observation, reading, came, batch)
        batch.known[stream] = Known(order, judgement.watch)
        seen = Seen(observation.key, stream, order, judgement.watch, judgement.events, reading)
        batch.drafts.append((index, seen, entry))

    def _outdated(self, stream: str, known: Known, batch: _Batch) -> bool:
        """What adds no event can't lose a race: whether others have appended has to be asked."""
        if stream in batch.known or stream not in self._known:
            return False
        if not self.log.stream(stream, after_version=known.order.version):
            return False
        del self._known[stream]
        return True

    def _judgement(
        self, observation: Observation, order: Order, watch: Watch, came: _Came | None
    ) -> tuple[Judgement, Reading | None]:
        """The reading is None for the same bytes as last time, which tell nothing."""
        provider, look = observation.key.provider, observation.look
        calm = watch.calm and order.contact_lost is None
        if calm and came is not None and came.whole and came.digest == watch.digest:
            return Judgement([], unchanged(watch, look, self._patience.coverage_gap), keep=False), None
        reading = self._read(observation)
        case = Case(
            provider=self._providers[provider],
            order=order,
            watch=watch,
            look=look,
            reading=reading,
            recorded_at=self._now(),
            evidence=None if came is None else came.sha256,
            body_digest=None if came is None else came.digest,
            others_answer=self._others_answer(provider, watch, look),
            patience=self._patience,
        )
        return judge(case), reading

    def _begin(self, observation: Observation, batch: _Batch) -> tuple[Entry | None, str, Known]:
        """The order as this batch has it so far; an unknown one is tracked by its first look."""
        key = observation.key
        stream = batch.streams.get(key) or self._stream(observation)
        if stream is not None:
            return None, stream, batch.known.get(stream) or self._fetch([stream])[stream]
        environment = self._environments[key.provider]
        self._check_environment(key.provider, environment)
        wanted = Tracking(environment=environment)
        began = observation.look.asked_at if observation.began is None else observation.began
        entry, order = self._registered(key, wanted, began, self._now())
        stream = entry.events[0].stream
        batch.streams[key] = stream
        return entry, stream, Known(order)

    def _read(self, observation: Observation) -> Reading:
        if isinstance(observation.came_back, Failed):
            return observation.came_back
        return self._readers[observation.key.provider](observation.key.order_id, observation.came_back)

    def _others_answer(self, provider: str, watch: Watch, look: Look) -> bool:
        failing_since = watch.failing_since or look.answered_at
        return self._answered.get(provider, 0) > failing_since

    def _sealed(self, stream: str, observation: Observation, came: _Came, basis: bytes) -> _Kept:
        look, answer = observation.look, came.answer
        evidence = self._vault.seal(stream, came.sha256, answer.body, look.answered_at)
        row = LookRow(
            look=look.id,
            stream=stream,
            order=str(observation.key),
            asked_at=look.asked_at,
            answered_at=look.answered_at,
            http_status=answer.status,
            content_type=answer.content_type,
            age=look.age,
            api=observation.api,
            rules=self._rules(observation.key.provider),
            evidence=evidence.sha256,
            truncated=answer.truncated,
            basis=basis,
        )
        return _Kept(row, evidence)

    def _keep_example(self, observation: Observation, reading: Failed, came: _Came, batch: _Batch) -> None:
        """One failed answer per provider, kind and hour is kept whole, for people to see."""
        provider = observation.key.provider
        example = _Example(provider, reading.kind, observation.look.answered_at // HOUR)
        if example not in self._examples and example not in batch.examples:
            kept = self._sealed(contact_stream(provider), observation, came, b"{}")
            batch.examples[example] = Entry(look=kept.look, evidence=kept.evidence)

    def _commit(self, batch: _Batch) -> dict[int, Seen]:
        """What is in the log now, by index; the rest lost a race and has to be judged again."""
        drafts = _without_superseded(batch.drafts)
        entries = [entry for _, _, entry in drafts if entry is not None]
        outcomes = iter(self.log.commit([*entries, *batch.examples.values()]))
        self._examples |= batch.examples.keys()
        done: dict[int, Seen] = {}
        lost: set[OrderKey] = set()
        for index, seen, entry in drafts:
            if entry is not None and isinstance(next(outcomes), Conflict):
                lost.add(seen.key)
                self._known.pop(seen.stream, None)
            elif seen.key not in lost:
                done[index] = seen
                self._remember(seen.stream, Known(seen.order, seen.watch))
        return done

    # what the looks tell about the providers themselves

    def _note_contacts(self, observations: Sequence[Observation], seen: Sequence[Seen]) -> None:
        for observation, one in zip(observations, seen, strict=True):
            if one.skipped:
                continue
            provider = observation.key.provider
            failed = isinstance(one.reading, Failed)
            if failed and observation.look.answered_at < self._answered.get(provider, 0):
                continue  # the provider has answered for another order since
            stream = contact_stream(provider)
            known = self._known.get(stream) or self._fetch([stream])[stream]
            if failed or not known.watch.calm or known.order.contact_lost is not None:
                self._note_contact(observation, one.reading or _ANSWERED)

    def _note_contact(self, observation: Observation, reading: Reading) -> None:
        provider = observation.key.provider
        stream = contact_stream(provider)
        for _ in range(ATTEMPTS):
            known = self._fetch([stream])[stream]
            judgement = judge_contact(
                Case(
                    provider=self._providers[provider],
                    order=known.order,
                    watch=known.watch,
                    look=observation.look,
                    reading=reading,
                    recorded_at=self._now(),
                    patience=self._patience,
                )
            )
            rows, order = chained(stream, known.order, judgement.events)
            if not rows:
                self._known[stream].watch = judgement.watch
                return
            entry = Entry(events=rows, watch=watch_row(stream, judgement.watch))
            if self._stored(entry, stream, Known(order, judgement.watch)):
                return
        raise LogError(f"{stream} lost every one of {ATTEMPTS} races")


_ANSWERED = NotFound()


def body_digest(body: bytes) -> bytes:
    """What tells equal bodies apart cheaply; evidence is named by SHA-256 instead."""
    return hashlib.blake2b(body, digest_size=16).digest()


def _came(came_back: Answer | Failed) -> _Came | None:
    if isinstance(came_back, Failed):
        return None
    body = came_back.body
    return _Came(came_back, body_digest(body), hashlib.sha256(body).hexdigest())


def _without_superseded(
    drafts: Sequence[tuple[int, Seen, Entry | None]],
) -> list[tuple[int, Seen, Entry | None]]:
    """Watch rows alone are written only if no later entry of the batch writes that stream's."""
    written: set[str] = set()
    kept: list[tuple[int, Seen, Entry | None]] = []
    for index, seen, entry in reversed(drafts):
        alone = entry is not None and not entry.events and entry.look is None
        kept.append((index, seen, None if alone and seen.stream in written else entry))
        if entry is not None and entry.watch is not None:
            written.add(seen.stream)
    return kept[::-1]


def _current(own: Watch | None, stored: Watch) -> Watch:
    """The caller's watch, unless another writer has given the order its state since."""
    if own is None or (own.given, own.given_clock) == (stored.given, stored.given_clock):
        return stored if own is None else own
    return msgspec.structs.replace(
        own,
        digest=stored.digest,
        meaning=stored.meaning,
        good=stored.good,
        shown_from=stored.shown_from,
        clock=stored.clock,
        offset=stored.offset,
        given=stored.given,
        given_clock=stored.given_clock,
    )


def _basis(order: Order, watch: Watch, observation: Observation, patience: Patience) -> bytes:
    """What beside the body and the order's earlier events bore on the judgement."""
    look = observation.look
    return msgspec.json.encode(
        {
            "version": order.version,
            "watch": msgspec.structs.replace(watch, counts={}, past=[]),
            "clock": look.clock,
            "allowance": look.allowance,
            "worker": look.worker,
            "patience": patience,
        }
    )
