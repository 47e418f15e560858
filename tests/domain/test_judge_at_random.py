"""Whatever is seen, in whatever order: what must always hold."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.encoding import decode, digest
from domain.events import Agreed, Contradicted, StateChanged
from domain.order import CONTRADICTIONS, Order, Tracking, evolve
from domain.ordinalsbot import ORDINALSBOT
from domain.provider import Provider
from domain.providers import PROVIDERS
from domain.readings import Clock, Failed, NotFound, Reading, Rejected, Shown, Unrecognised, Why, WrongOrder
from domain.tracking import stop, track
from tests.domain.judging import Trial, second, shown

OFFSETS = st.sampled_from([0, 0, 0, 2_000_000, -5_000_000])
CLOCKS = st.builds(Clock, st.sampled_from(["worker-a", "worker-a", "worker-b", ""]), OFFSETS)
DETAILS = st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from([None, 1, "1", "x"]), max_size=2)
WORDS = st.sampled_from(["odd", "odder"])
ODD = st.one_of(
    st.builds(Unrecognised, WORDS, WORDS.map(str.encode)),
    st.builds(Rejected, st.sampled_from(Why), WORDS, WORDS.map(str.encode)),
    st.builds(WrongOrder, st.none() | WORDS, WORDS.map(str.encode)),
)
UNSEEN = st.one_of(st.builds(NotFound, st.booleans()), st.builds(Failed, st.sampled_from(["timeout", "dns"])))


class LooksAtRandom(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 100_000.0
        self.trial = Trial()

    @initialize(provider=st.sampled_from(list(PROVIDERS.values())))
    def choose(self, provider: Provider) -> None:
        self.trial = Trial(provider)

    @rule(data=st.data(), details=DETAILS)
    def show(self, data: st.DataObject, details: dict[str, str | int | None]) -> None:
        provider = self.trial.provider
        state = data.draw(st.sampled_from(provider.graph.states))
        at_least = provider is ORDINALSBOT and data.draw(st.booleans())
        self._look(data, shown(state, details, at_least=at_least))

    @rule(data=st.data(), reading=ODD)
    def oddly(self, data: st.DataObject, reading: Reading) -> None:
        self._look(data, reading)

    @rule(data=st.data(), reading=UNSEEN)
    def unseen(self, data: st.DataObject, reading: Reading) -> None:
        self._look(data, reading)

    @rule(reason=WORDS)
    def stop(self, reason: str) -> None:
        at = second(self.now)
        self.trial.command(stop(self.trial.order, reason, by=None, at=at, rules="2.1", worker="main"))

    @rule(priority=st.sampled_from([5, 9]), ref=st.sampled_from([None, "ref"]))
    def track(self, priority: int, ref: str | None) -> None:
        at, wanted = second(self.now), Tracking("https://provider.example", ref, priority)
        given = track(self.trial.order, wanted, at=at, recorded_at=at, rules="2.1", worker="main")
        self.trial.command(given)
        assert self.trial.order.watched

    @rule(data=st.data())
    def decide(self, data: st.DataObject) -> None:
        order, known = self.trial.order, self.trial.provider.phases
        reported = [o.word for o in order.oddities.values() if o.kind in CONTRADICTIONS and o.word in known]
        if not reported:
            return
        self.now += 10
        target = str(data.draw(st.sampled_from(reported)))

        self.trial.adopt(target, self.now)

        assert self.trial.order.state == target
        assert {o.kind for o in self.trial.order.oddities.values()}.isdisjoint(CONTRADICTIONS)
        self.now += 10
        self.trial.see(shown(target), self.now)
        assert self.trial.watch.good

    def _look(self, data: st.DataObject, reading: Reading) -> None:
        self.now += data.draw(st.sampled_from([0.5, 10, 400, 4000]))
        at = self.now - data.draw(st.sampled_from([0, 0, 0, 3, 500]))
        took = data.draw(st.sampled_from([0.1, 1, 30]))
        clock, age = data.draw(CLOCKS), data.draw(st.sampled_from([None, None, 0, 60]))
        before = self.trial.order
        self.trial.see(reading, at, took=took, clock=clock, age=age, others_answer=True)
        self._check_once(before, reading)
        self._check_steps(before, reading)
        if not isinstance(reading, NotFound | Failed):
            told = self.trial.see(reading, at, took=took, clock=clock, age=age, others_answer=True)
            assert told == [], "the same look again tells something"

    def _check_once(self, before: Order, reading: Reading) -> None:
        assert self.trial.judgement is not None
        for event in self.trial.judgement.events:
            assert event.not_before is None or event.not_before <= event.not_after
            if isinstance(event.data, StateChanged):
                graph = self.trial.provider.graph
                assert event.data.source == before.state
                assert before.state is None or event.data.target in graph.reachable[before.state]
                assert event.phase == self.trial.provider.phases[event.data.target]
                before = evolve(before, event, 0, None)
            if isinstance(event.data, Agreed):
                assert set(event.data.resolves) <= {*before.oddities, before.forgotten}
                assert not isinstance(reading, NotFound | Failed)

    def _check_steps(self, before: Order, reading: Reading) -> None:
        """Only a state that was shown moves an order, by all the steps that are certain and no other."""
        assert self.trial.judgement is not None
        told = [event.data for event in self.trial.judgement.events]
        steps = [data for data in told if isinstance(data, StateChanged)]
        if any(isinstance(data, Contradicted) for data in told) or not steps:
            assert (steps, self.trial.order.state) == ([], before.state)
            return
        assert isinstance(reading, Shown)
        graph, source = self.trial.provider.graph, before.state
        certain = (reading.state,) if source is None else graph.certain(source, reading.state)
        assert tuple(step.target for step in steps) == certain
        assert [step.inferred for step in steps] == [True] * (len(steps) - 1) + [False]

    @invariant()
    def the_stored_log_folds_to_the_same_order(self) -> None:
        folded = Order()
        for row in self.trial.rows:
            event = decode(row.topic, row.state)
            assert event.previous == folded.digest
            folded = evolve(folded, event, row.version, digest(*row))
        assert folded == self.trial.order

    @invariant()
    def oddities_are_distinct(self) -> None:
        open_ones = list(self.trial.order.oddities.values())
        assert len(set(open_ones)) == len(open_ones)

    @invariant()
    def coverage_is_in_order(self) -> None:
        spans = self.trial.watch.spans
        assert len(spans) <= 64
        assert all(span.first <= span.last for span in spans)
        before_any = self.trial.watch.span_looks if self.trial.watch.first is None else 0
        assert sum(span.looks for span in spans) + before_any == self.trial.looks


LooksAtRandom.TestCase.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, derandomize=True
)
test_whatever_is_seen = LooksAtRandom.TestCase
