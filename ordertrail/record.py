"""Writing down what looks tell: judged one after another, committed together.

The recorder owns the path from "this came back" to "this is in the log": read → judge → chain → seal →
commit, for many orders in one transaction. No look is dropped undecided.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from random import Random
from typing import NamedTuple

import msgspec

from adapters.vault import Vault
from domain.basis import Basis, encode
from domain.identity import OrderKey, contact_stream
from domain.instants import HOUR, Instant, instant
from domain.judge import Case, Judgement, judge, judge_contact
from domain.lasting import overdue
from domain.log import Log, LogError
from domain.order import Order, Tracking
from domain.phases import FINAL, Phase
from domain.provider import Provider
from domain.readings import Failed, Look, NotFound, Read, Reading
from domain.rows import Entry, EvidenceRow, KeyRow, LookRow
from domain.stretching import Gap, stretching
from domain.watch import PATIENCE, Patience, Watch, covered, current, settled, unchanged
from ordertrail.acts import Amendment, Stamp
from ordertrail.group import Draft, Example, Group
from ordertrail.lasting import Lasting
from ordertrail.learned import write_each
from ordertrail.observation import Arrival, Observation, Seen, arrival
from ordertrail.orders import ATTEMPTS, Known, Orders, chained
from ordertrail.radar import Radars


class _Kept(NamedTuple):
    look: LookRow | None
    evidence: EvidenceRow | None
    under: KeyRow | None


_NOTHING_KEPT = _Kept(None, None, None)
_NOTHING = Entry()


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
            patience=patience,
            worker=worker,
            cached=cached,
        )
        self._readers = readers
        self.radars = Radars(log, providers)
        self.lasting = Lasting(log)
        self._answered: dict[str, Instant] = {}
        self._examples: set[Example] = set()

    def observe(self, observations: Sequence[Observation]) -> list[Seen]:
        """Judge in the order given and commit together; returns what became of each.

        Raises LogError when the log can't be written; then the same call may be made again.
        """
        group = self._judged(observations)
        self._write(group)
        return self._settled(group)

    def observe_all(
        self, portions: Iterable[Sequence[Observation]], committing: Executor
    ) -> Iterator[list[Seen]]:
        """As `observe`, for one portion after another: each is judged while the one before is committed by
        `committing`, a single thread that must end before the log is closed.

        A LogError ends it; what has been given back is in the log.
        """
        ahead: Group | None = None
        written: Future[None] | None = None
        for observations in portions:
            group = self._judged(observations, ahead)
            if ahead is not None and written is not None:
                written.result()
                yield self._settled(ahead)
            ahead, written = group, committing.submit(self._write, group)
        if ahead is not None and written is not None:
            written.result()
            yield self._settled(ahead)

    def _judged(self, observations: Sequence[Observation], ahead: Group | None = None) -> Group:
        """A group to be written. Looks at orders of the group ahead wait for what becomes of that."""
        group = Group(observations)
        free = group.waiting
        if ahead is not None:
            group.others_examples = ahead.examples.keys()
            free = {index: one for index, one in group.waiting.items() if one.key not in ahead.keys}
        self._judge_all(group, free)
        return group

    def _judge_all(self, group: Group, observations: Mapping[int, Observation]) -> None:
        group.judge_anew()
        self._fetch([stream for one in observations.values() if (stream := self._stream(one)) is not None])
        for index, observation in observations.items():
            self._judge(index, observation, group)
        group.conclude()

    def _write(self, group: Group) -> None:
        group.outcomes = self.log.commit(group.entries)

    def _settled(self, group: Group) -> list[Seen]:
        """What became of each look of a group that was written: who lost a race is judged again."""
        self._settle(group)
        for _ in range(ATTEMPTS):
            if not group.waiting:
                seen = [group.done[index] for index in range(len(group.observations))]
                self._note_contacts(group.observations, seen)
                self._forget_oldest()
                return seen
            self._judge_all(group, group.waiting)
            self._write(group)
            self._settle(group)
        raise LogError(f"{len(group.waiting)} looks lost every one of {ATTEMPTS} races for their streams")

    def _settle(self, group: Group) -> None:
        stored, lost = group.settle()
        self._examples |= group.examples.keys()
        for draft in stored:
            self._remember(draft.seen.stream, draft.known)
        for draft in lost:
            self._known.pop(draft.seen.stream, None)
            self._vault.forget(draft.seen.stream)

    def write_learned(self) -> None:
        """What looks taught beside events; what the log does not take is logged."""
        write_each((self.radars, self.lasting))

    def tell_overdue(self, key: OrderKey) -> Known | None:
        """Say that an order is overdue if it is and nobody did; where it stands then. None: it is unknown."""

        def decide(known: Known, stamp: Stamp) -> Amendment:
            dwells = self.lasting.dwells(key.provider, stamp.at)
            return Amendment(overdue(known.order, dwells, stamp.at, stamp.rules, stamp.worker), known.watch)

        return self.amend(key, decide)

    def shortest_bounds(self, provider: str) -> dict[Phase, int]:
        """Seconds: the least that any state of a phase should not outlast; a phase without bounds is left
        out."""
        dwells, found = self.lasting.dwells(provider, self._now()), dict[Phase, int]()
        phases = self._providers[provider].phases
        for name in dwells.classes(state for state, phase in phases.items() if phase not in FINAL):
            bound, phase = dwells.bound(name), phases[name.rpartition("/")[2]]
            if bound is not None:
                found[phase] = min(bound.seconds, found.get(phase, bound.seconds))
        return found

    def tell_bound(self, provider: str, gap: Gap | None, running: Collection[str]) -> None:
        """Say that orders are looked at less often than promised, or as often again. None: there are no
        orders; `running`: the workers that have said something of late. Raises LogError."""
        stream = contact_stream(provider)
        for _ in range(ATTEMPTS):
            known = self._fetch([stream])[stream]
            if self._overtaken(stream, known):
                known = self._fetch([stream])[stream]
            rules, worker = self._rules(provider), self._worker
            events = stretching(known.order, gap, running, at=self._now(), rules=rules, worker=worker)
            rows, order = chained(stream, known.order, events)
            after = Known(order, known.watch, known.revision)
            if not rows or self._stored(Entry(events=rows), stream, after):
                return
        raise LogError(f"{stream} lost every one of {ATTEMPTS} races")

    def _stream(self, observation: Observation) -> str | None:
        return observation.stream or self.log.registered(*observation.key)

    def _judge(self, index: int, observation: Observation, group: Group) -> None:
        begun, stream, known = self._begin(observation, group)
        own = observation.watch
        watch = known.watch if own is None else current(own, known.watch)
        if _skipped(observation, watch):
            seen = Seen(observation.key, stream, known.order, watch, (), None, skipped=True)
            group.drafts.append(Draft(index, seen, None, known))
            return
        came = arrival(observation.came_back)
        judgement, reading = self._judgement(observation, known.order, watch, came)
        writes = judgement.keep or own is None
        if writes and not judgement.events and self._outdated(stream, known, group):
            known = self._fetch([stream])[stream]
            watch = known.watch if own is None else current(own, known.watch)
            judgement, reading = self._judgement(observation, known.order, watch, came)
        rows, order = chained(stream, known.order, judgement.events)
        if judgement.events:
            self.lasting.notice(observation.key.provider, known.order, judgement.events)
        kept = _NOTHING_KEPT
        if judgement.keep and came is not None:
            basis = _basis(known, watch, observation.look, self._patience, judgement)
            kept = self._sealed(stream, observation, came, basis)
            if reading is not None:
                look = observation.look
                self.radars.notice(observation.key.provider, reading, look.id, look.answered_at)
        self._note_answer(observation, reading, came, group)
        entry: Entry | None = None
        left, now = judgement.watch, Known(order, known.watch, known.revision)
        if begun is not None or rows or kept.look is not None or own is None:
            if own is not None:
                now.watch = covered(left, known.watch, self._patience.coverage_gap)
            else:
                now.watch, left = left, settled(left)
            row = self._watch_row(stream, now.watch, known.revision + 1)
            events = [*begun.events, *rows] if begun is not None else rows
            started = begun or _NOTHING
            entry = Entry(
                events, started.registration, kept.look, kept.evidence, started.key, row, kept.under
            )
            left = settled(left)
        group.known[stream] = now
        seen = Seen(observation.key, stream, order, left, judgement.events, reading)
        stored = now if entry is None else Known(order, now.watch, known.revision + 1)
        group.drafts.append(Draft(index, seen, entry, stored))

    def _outdated(self, stream: str, known: Known, group: Group) -> bool:
        """What adds no event can't lose a race: whether others have appended has to be asked."""
        return stream not in group.known and stream in self._known and self._overtaken(stream, known)

    def _overtaken(self, stream: str, known: Known) -> bool:
        """Whether others have appended since; what was known is forgotten then."""
        if not self.log.stream(stream, after_version=known.order.version):
            return False
        self._known.pop(stream, None)
        return True

    def _judgement(
        self, observation: Observation, order: Order, watch: Watch, came: Arrival | None
    ) -> tuple[Judgement, Reading | None]:
        """The reading is None for the same bytes as last time, which tell nothing."""
        provider, look = observation.key.provider, observation.look
        calm = watch.calm and order.contact_lost is None and order.forgotten is None
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

    def _begin(self, observation: Observation, group: Group) -> tuple[Entry | None, str, Known]:
        """The order as this batch has it so far; an unknown one is tracked by its first look."""
        key = observation.key
        stream = group.streams.get(key) or self._stream(observation)
        if stream is not None:
            return None, stream, group.known.get(stream) or self._fetch([stream])[stream]
        environment = self._environments[key.provider]
        self._check_environment(key.provider, environment)
        wanted = Tracking(environment=environment)
        began = observation.look.asked_at if observation.began is None else observation.began
        entry, order = self._registered(key, wanted, began, self._now())
        stream = entry.events[0].stream
        group.streams[key] = stream
        return entry, stream, Known(order)

    def _read(self, observation: Observation) -> Reading:
        if isinstance(observation.came_back, Failed):
            return observation.came_back
        return self._readers[observation.key.provider](observation.key.order_id, observation.came_back)

    def _others_answer(self, provider: str, watch: Watch, look: Look) -> bool:
        failing_since = watch.failing_since or look.answered_at
        return self._answered.get(provider, 0) > failing_since

    def _sealed(self, stream: str, observation: Observation, came: Arrival, basis: bytes) -> _Kept:
        look, answer = observation.look, came.answer
        evidence = self._vault.seal(stream, came.sha256, answer.body, look.answered_at)
        row = LookRow(
            look.id,
            stream,
            str(observation.key),
            look.asked_at,
            look.answered_at,
            answer.status,
            answer.content_type,
            look.age,
            observation.api,
            self._rules(observation.key.provider),
            evidence.sha256,
            answer.truncated,
            basis,
        )
        return _Kept(row, evidence, self._vault.sealed_under(stream))

    def _note_answer(
        self, observation: Observation, reading: Reading | None, came: Arrival | None, group: Group
    ) -> None:
        """When a provider answered last; one failed answer per provider, kind and hour is kept whole, for
        people to see."""
        provider, answered_at = observation.key.provider, observation.look.answered_at
        if not isinstance(reading, Failed):
            self._answered[provider] = max(answered_at, self._answered.get(provider, 0))
        elif came is not None:
            example = Example(provider, reading.kind, answered_at // HOUR)
            if not any(example in kept for kept in (self._examples, group.examples, group.others_examples)):
                kept = self._sealed(contact_stream(provider), observation, came, b"{}")
                group.examples[example] = Entry(look=kept.look, evidence=kept.evidence)

    # what the looks tell about the providers themselves

    def told_elsewhere(self, stream: str, version: int) -> None:
        """Others have appended to a provider's stream up to a version: it is read again if that is news."""
        known = self._known.get(stream)
        if known is not None and known.order.version < version:
            del self._known[stream]

    def _note_contacts(self, observations: Sequence[Observation], seen: Sequence[Seen]) -> None:
        for observation, one in zip(observations, seen, strict=True):
            if one.skipped or observation.began is not None:
                continue  # what is imported tells nothing of reaching the provider today
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
            lost = known.order.contact_lost
            if lost is not None and observation.look.answered_at <= instant(lost):
                return
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
            revision = known.revision + 1
            entry = Entry(events=rows, watch=self._watch_row(stream, judgement.watch, revision))
            if self._stored(entry, stream, Known(order, judgement.watch, revision)):
                return
        raise LogError(f"{stream} lost every one of {ATTEMPTS} races")


_ANSWERED = NotFound()


def _skipped(observation: Observation, watch: Watch) -> bool:
    """An imported look is told once: what was imported before is not later than the order's last look."""
    imported, last = observation.began is not None, watch.last
    return imported and last is not None and observation.look.answered_at <= last


def _basis(known: Known, watch: Watch, look: Look, patience: Patience, judgement: Judgement) -> bytes:
    recorded_at = instant(judgement.events[0].recorded_at) if judgement.events else None
    bare = msgspec.structs.replace(watch, counts={}, past=[])
    return encode(
        Basis(known.order.version, bare, look.clock, look.allowance, look.worker, patience, recorded_at)
    )
