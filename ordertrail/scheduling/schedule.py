"""All orders of one provider key in one worker, and which to look at next.

What is minimised is the mean lateness of changes: the end of the first look that shows a change, less its
true time, weighted by priority, a tenth after a final phase.

A request has a price μ. An order is looked at when the lateness that waiting longer would add is worth μ:
for an order that changes at the rate λ when λ·s²/2 = μ, s after its last look, which is the Whittle index
of the restless bandit (Whittle 1988; asymptotically optimal: Weber & Weiss 1990; for crawling:
Avrachenkov & Borkar 2018; for age: Kadota et al. 2018), and gives rates ∝ √λ (Coffman, Liu & Weber 1998;
Wolf et al. 2002; Cho & Garcia-Molina 2003; Azar et al. 2018), neither equal ones nor rates ∝ λ. For an
order in a class that it leaves by hazards that depend on its age, the gap comes from the optimum
inspection problem (`inspection`), with hazards learned from the intervals that looks leave (`dwell`,
`draws`), rates of single orders from changed and unchanged looks (`rates`). μ is such that the looks
wanted fill the budget (`steering`), and the bound on the time between two looks at an order (`bound`) is
part of the problem, not only of the queue.

Due times are stored, not indices, in a timing wheel (`wheel`): a pick is a look-up, whatever the fleet's
size.

Literature: Barlow, Hunter & Proschan, Optimum checking procedures, J. SIAM 11 (1963) · Keller, Optimum
checking schedules for systems subject to random failure, Management Science 21 (1974) · Whittle, Restless
bandits, J. Appl. Prob. 25A (1988) · Weber & Weiss, On an index policy for restless bandits, J. Appl.
Prob. 27 (1990) · Coffman, Liu & Weber, Optimal robot scheduling for web search engines, J. Scheduling 1
(1998) · Wolf et al., Optimal crawling strategies for web search engines, WWW 2002 · Cho & Garcia-Molina,
Effective page refresh policies, ACM TODS 28(4) (2003) · Azar, Horvitz, Lubetzky, Peres & Shahaf,
Tractable near-optimal policies for crawling, PNAS 115(32) (2018) · Avrachenkov & Borkar, Whittle index
policy for crawling ephemeral content, IEEE TCNS 5(1) (2018) · Kadota et al., Scheduling policies for
minimizing age of information in broadcast wireless networks, IEEE/ACM ToN (2018).
"""

import math
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from random import Random

from ordertrail.scheduling import memory, pausing
from ordertrail.scheduling.ages import Ages
from ordertrail.scheduling.bound import Bound, Bounds
from ordertrail.scheduling.facts import Facts, Priors
from ordertrail.scheduling.governing import Governor, Question
from ordertrail.scheduling.inspection import Solution
from ordertrail.scheduling.kinds import Kind, Kinds, Plans, due, weight_of
from ordertrail.scheduling.learning import Learner
from ordertrail.scheduling.lessons import Lessons, Life
from ordertrail.scheduling.outlook import Outlook, outlook
from ordertrail.scheduling.records import (
    NEVER,
    OUT,
    QUEUED,
    SIZE,
    STATUS,
    WAITING,
    Fields,
    Record,
    Records,
    pack_into,
    unpack_due,
    unpack_from,
)
from ordertrail.scheduling.standing import aimed, begun, estimate, or_never, seen
from ordertrail.scheduling.wheel import Wheel

_WIDE, _NARROWEST = 64.0, 0.01
_TRIES = 8


class Schedule:
    """`rate`: requests a second of the budget (infinite: no limit). `bound`: seconds between two looks at any
    order; None: such that bounds claim a tenth of the budget. `least`: seconds, the shortest gap between two
    looks at an order, `least_watching` after a final phase. `learns` False: what is expected stays as told.
    """

    def __init__(
        self,
        *,
        rate: float,
        priors: Priors,
        bound: float | None = None,
        least: float = 1.0,
        least_watching: float | None = None,
        learns: bool = True,
        seed: int = 0,
    ) -> None:
        self._unit = priors.scale
        self._least = least = max(least, 1e-3 * priors.scale)
        self._ages = Ages(priors.scale)
        self._kinds = Kinds(self._ages, priors)
        self._plans = Plans(self._ages, least, max(least, least_watching or 0.0))
        self._learner = Learner(Random(seed), learns=learns)
        self._lessons = Lessons(self._kinds, self._learner)
        self._records = Records()
        shrunk = min(1.0, priors.scale)
        self._wheel = Wheel(shrunk * max(_NARROWEST, min(1.0, _WIDE / max(rate, 1e-9), least / shrunk)))
        self._governor = Governor(
            rate=rate,
            bound=Bound(bound, priors.scale),
            records=self._records,
            kinds=self._kinds,
            plans=self._plans,
            wheel=self._wheel,
            learner=self._learner,
        )
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []
        self._asked: OrderedDict[str, None] = OrderedDict()
        self._new: deque[str] = deque()
        self._out: dict[str, int] = {}
        self._again: set[str] = set()
        self._prompted_last = False

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, order: str) -> bool:
        return order in self._numbers

    def add(self, order: str, facts: Facts, now: float, *, last: float | None = None) -> None:
        """A further order, or a known one anew; `last`: end of its last look, None: first look at once."""
        if order in self._numbers:
            self.remove(order)
        kind = self._lessons.kind(facts)
        self._numbers[order] = number = self._records.new(begun(facts, kind, now, last))
        if number == len(self._names):
            self._names.append(order)
        else:
            self._names[number] = order
        kind.orders += 1
        if last is None:
            self._new.append(order)
        else:
            aimed(kind, facts, self._records.get(number).entered)
            self._queue(number, kind, self._records.get(number), last)

    def ask(self, order: str) -> bool:
        """Have it looked at next, once however often it is asked for; once more if it is out. False: it is
        unknown."""
        if order not in self._numbers:
            return False
        if order in self._out:
            self._again.add(order)
        else:
            self._asked[order] = None
        return True

    def remove(self, order: str) -> None:
        self._out.pop(order, None)
        self._again.discard(order)
        number = self._numbers.pop(order, None)
        if number is not None:
            record = self._records.get(number)
            self._governor.demand -= 1.0 / record.gap
            self._kinds.all[record.kind].orders -= 1
            self._records.free(number, record)

    def update(self, order: str, facts: Facts, now: float) -> None:
        """Other facts without a look of ours (others looked, a person changed terms); learns nothing."""
        number = self._numbers[order]
        record = self._records.get(number)
        kind = self._lessons.kind(facts)
        entered = record.entered
        if kind.number != record.kind:
            entered = estimate(facts, kind)
            aimed(kind, facts, entered)
        record = self._lessons.told(record, kind, facts, entered)
        self._records.put(number, record)
        if record.status == QUEUED:
            self._queue(number, kind, record, seen(record, now))

    def prefer(self, order: str, priority: int, wanted_by: float | None) -> None:
        """What a person wants of it. One that fails keeps its place, one never looked at is due as it is."""
        number = self._numbers[order]
        record = self._records.get(number)._replace(priority=priority, wanted_by=or_never(wanted_by))
        self._records.put(number, record)
        if record.status == QUEUED and record.last != NEVER and not (record.failures or record.unproven):
            self._queue(number, self._kinds.all[record.kind], record, record.last)

    def state(self, order: str) -> str:
        """The class it is in."""
        return self._kinds.all[self._records.get(self._numbers[order]).kind].state

    def take(self, now: float, *, early: bool = False) -> str | None:
        """The order to look at next; it is out until `looked` or `failed`. `early`: if none is due, the one
        that is due next, as long as its last look is `least` ago (for who would waste the request)."""
        if not (self._asked or self._new):
            order = self._due(now)
        elif self._prompted_last:
            order = self._due(now) or self._prompted()
        else:
            order = self._prompted() or self._due(now)
        if order is None and early:
            order = self._due_soon(now)
        return order

    def looked(self, order: str, facts: Facts | None, steps: Sequence[str], now: float) -> None:
        """A look that ended `now` showed `facts` (None: as they were). `steps`: the classes passed through
        since the look before, in order, the present one last; empty: unchanged. Learns and queues again."""
        number = self._returned(order)
        if number is None:
            return
        self._governor.answered(now)
        fields = unpack_from(self._records.block, number * SIZE)
        _, entered, last, deadline, _, _, _, _, _, kind_number, _, _, _, _ = fields
        kind = self._kinds.all[kind_number]
        if facts is None and not kind.recurring:
            self._learner.stayed(kind, entered, deadline, last, now)
            self._queue(number, kind, fields, now)
        else:
            kind, record = self._lessons.shown(kind, Record._make(fields), facts, steps, now)
            self._queue(number, kind, record, now)

    def failed(self, order: str, now: float, *, alone: bool = False) -> None:
        """A look that proved nothing, `alone`: for reasons of this order's own, if others are answered. It is
        tried again after a pause that doubles up to the planned gap, alone up to the bound."""
        number = self._returned(order)
        if number is None:
            return
        governor, record = self._governor, self._records.get(number)
        if governor.failed(now) and alone:
            old, bound = record.gap, governor.longest(self._kinds.all[record.kind])
            record = pausing.unproven(record, now, self._least, bound, self._unit)
            governor.demand += 1.0 / record.gap - 1.0 / old
        else:
            record = pausing.unanswered(record, now, self._least, self._unit)
        self._records.put(number, record)
        self._wheel.put(number, record.due)

    def kept(self, order: str, now: float) -> None:
        """It was taken and not looked at: it is due again at once."""
        number = self._returned(order)
        if number is not None:
            self._records.put(number, self._records.get(number)._replace(due=now, status=QUEUED))
            self._wheel.put(number, now)

    def next_due(self) -> float:
        """When `take` will find an order, at the earliest; infinite if there is none."""
        return -math.inf if self._asked or self._new else self._wheel.next_due()

    # steering: what is slow may be done in another thread

    def set_rate(self, rate: float) -> None:
        """Another budget (partitions owned, a window that shrank)."""
        self._governor.set_rate(rate)

    def regrouped(self) -> None:
        """Orders have come from others, or gone to them: those that are here now are as many as usual."""
        self._governor.regrouped()

    def tend(self, now: float) -> None:
        """To be called every few seconds: bound, gaps, price; cheap when there is nothing to do."""
        question = self.question(now)
        if question is not None:
            self.learn(question, question.answered())
        self.steer(now)

    def question(self, now: float) -> Question | None:
        """What to solve the gaps for anew, if that is worth while; answering it takes a while."""
        return self._governor.question(now)

    def learn(self, question: Question, solutions: Sequence[Solution]) -> None:
        """Plan by these gaps from now on."""
        self._governor.learn(question, solutions)

    def steer(self, now: float) -> None:
        """Bounds and price; after a jump every order's due time."""
        self._governor.steer(now, len(self._new))

    @property
    def price(self) -> float:
        """Of a request, in seconds of weighted lateness."""
        return self._governor.price

    @property
    def bounds(self) -> Bounds:
        return self._governor.bounds

    def outlook(self, now: float) -> Outlook:
        """What it expects of itself; takes milliseconds."""
        return outlook(self._records, self._kinds, now, new=len(self._new), asked=len(self._asked))

    # what was learned outlives a process

    def memory(self) -> str:
        """What was learned, for `recall`."""
        return memory.told(self._kinds, self._ages, self._learner.changes)

    def recall(self, words: str) -> None:
        """Begin with what another schedule has learned; before any order is added. Raises ValueError for what
        is no memory, or one of another time scale."""
        self._learner.changes = memory.recalled(words, self._kinds, self._ages)

    def study(self, lives: Iterable[Life]) -> None:
        """Begin with what these orders teach; before any order is added."""
        self._lessons.study(lives)

    # within

    def _prompted(self) -> str | None:
        """One somebody asked about, else one never looked at."""
        self._prompted_last = True
        while self._asked:
            order, _ = self._asked.popitem(last=False)
            number = self._numbers.get(order)
            if number is not None and order not in self._out:
                return self._sent(order, number)
        while self._new:
            order = self._new.popleft()
            number = self._numbers.get(order)
            if number is not None and self._records.block[number * SIZE + STATUS] == WAITING:
                return self._sent(order, number)
        self._prompted_last = False
        return None

    def _sent(self, order: str, number: int) -> str:
        self._governor.prompted += 1
        self._records.block[number * SIZE + STATUS] = OUT
        self._out[order] = number
        return order

    def _due(self, now: float, until: float | None = None) -> str | None:
        self._prompted_last = False
        wheel, block = self._wheel, self._records.block
        while (entry := wheel.pop(now if until is None else until)) is not None:
            number, slot = entry
            at = number * SIZE
            if block[at + STATUS] == QUEUED:
                due_at: float = unpack_due(block, at)[0]
                if math.ceil(due_at * wheel.per_second) == slot:
                    self._governor.late(now - due_at)
                    block[at + STATUS] = OUT
                    order = self._names[number]
                    self._out[order] = number
                    return order
        return None

    def _due_soon(self, now: float) -> str | None:
        """The order due next that was not just looked at; those passed over keep their due times."""
        passed_over: list[str] = []
        found = None
        while len(passed_over) < _TRIES and (order := self._due(now, math.inf)) is not None:
            if self._records.get(self._out[order]).last + self._least <= now:
                found = order
                break
            passed_over.append(order)
        for order in passed_over:
            number = self._out.pop(order)
            record = self._records.get(number)
            self._records.put(number, record._replace(status=QUEUED))
            self._wheel.put(number, record.due)
        return found

    def _returned(self, order: str) -> int | None:
        if order in self._again:
            self._again.discard(order)
            self._asked[order] = None
        number = self._out.pop(order, None)
        return self._numbers.get(order) if number is None else number

    def _queue(self, number: int, kind: Kind, fields: Fields, now: float) -> None:
        """Plan the next look after one that ended `now`."""
        governor = self._governor
        _, entered, _, deadline, wanted_by, old, rate, shape, ratio, _, priority, _, _, _ = fields
        if kind.recurring:
            price = governor.price / (weight_of(priority) * kind.weight)
            at = now + math.sqrt(2.0 * price / rate)
        else:
            at = due(self._plans.of(kind, priority), self._ages, entered, deadline, now)
        at = min(at, now + (governor.watching_bound if kind.watching else governor.open_bound))
        at = max(at, now + self._plans.least_of(kind))
        if now < wanted_by < at:
            at = wanted_by + self._plans.just
        gap = at - now
        governor.demand += 1.0 / gap - 1.0 / old
        pack_into(
            self._records.block,
            number * SIZE,
            *(at, entered, now, deadline, wanted_by, gap, rate, shape, ratio),
            *(kind.number, priority, QUEUED, 0, 0),
        )
        self._wheel.put(number, at)
