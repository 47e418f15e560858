"""Whatever was seen by one set of rules: judged again by another, the order stands as if that had seen it."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.log import open_log
from domain.events import Corrected
from domain.order import Order
from domain.provider import Provider
from domain.retelling import oddities
from domain.xverse import XVERSE
from ordertrail.orders import fold
from ordertrail.rejudging import Rejudged, Verdict
from tests.fixtures.recording import ORDER, START, Recording, key
from tests.proof.judging import again as judged_again
from tests.proof.judging import verdicts
from tests.proof.newer import StricterXverse, Version, newer

DIFFERENT = {Verdict.DIFFERS, Verdict.LOST}
RULES = (XVERSE, newer(rules=2), newer(StricterXverse, rules=3))
WORDS = ["new", "pending", "queued", "executing", "complete", "failed", "refunded", "stale", "odd"]
LOOKS = st.lists(
    st.tuples(
        st.integers(min_value=1, max_value=9),
        st.sampled_from([*WORDS, *WORDS, "", "not found"]),
        st.sampled_from([None, "a", "b"]),
    ),
    min_size=1,
    max_size=10,
)


@contextmanager
def recorded(looks: list[tuple[int, str, str | None]], provider: Provider) -> Iterator[Recording]:
    log = open_log("sqlite:///:memory:", now=START, new_id="log-a")
    recording = Recording(log, rng=Random(5))
    recording.recorder = Version(recording, provider).recorder
    minutes = 0
    for pause, word, reason in looks:
        minutes += pause
        if word == "not found":
            recording.look(minutes, b"", status=404)
        else:
            said = {"reason": reason} if reason else {}
            recording.look(minutes, {"id": key(ORDER).order_id, "state": word, **said})
    try:
        yield recording
    finally:
        log.close()


def standing(recording: Recording) -> Order:
    return fold(recording.log.stream(recording.log.registered(*key(ORDER)) or ""))


def told(order: Order) -> tuple[object, ...]:
    unseen = (order.not_found is None, order.forgotten is None)
    return (order.state, order.phase, order.not_after, order.details, oddities(order).keys(), unseen)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(looks=LOOKS, before=st.sampled_from(RULES), after=st.sampled_from(RULES))
def test_the_order_stands_as_if_it_had_been_seen_by_todays_rules(
    looks: list[tuple[int, str, str | None]], before: Provider, after: Provider
) -> None:
    with recorded(looks, before) as recording, recorded(looks, after) as direct:
        Version(recording, after).apply()

        corrected, seen = standing(recording), standing(direct)
        assert told(corrected) == told(seen)
        assert (corrected.not_before or "") <= (seen.not_before or "")


@settings(max_examples=40, deadline=None, derandomize=True)
@given(looks=LOOKS, later=LOOKS, rules=st.permutations(RULES))
def test_whatever_is_corrected_is_corrected_once(
    looks: list[tuple[int, str, str | None]],
    later: list[tuple[int, str, str | None]],
    rules: list[Provider],
) -> None:
    with recorded(looks, rules[0]) as recording:
        for provider in (rules[1], rules[2], rules[1]):
            version = Version(recording, provider)
            first = version.apply()
            again = version.apply()

            assert not first.blocked
            assert again.events == []
            assert DIFFERENT.isdisjoint(verdicts(rejudged(version)).values())
            recording.recorder = version.recorder
            _look_on(recording, later)
            assert version.show().events == []
            assert DIFFERENT.isdisjoint(verdicts(rejudged(version)).values())


def rejudged(version: Version) -> list[Rejudged]:
    return judged_again(version.recording, provider=version.provider, read=version.read)


def _look_on(recording: Recording, looks: list[tuple[int, str, str | None]]) -> None:
    minutes = (recording.at - START) / 60_000_000
    for pause, word, reason in looks[:3]:
        minutes += pause
        recording.look(minutes, {"id": key(ORDER).order_id, "state": word, "reason": reason})


@settings(max_examples=60, deadline=None, derandomize=True)
@given(looks=LOOKS)
def test_steps_of_a_correction_are_in_order(looks: list[tuple[int, str, str | None]]) -> None:
    with recorded(looks, RULES[0]) as recording:
        finding = Version(recording, RULES[1]).apply()

        for event in finding.events[:1]:
            assert isinstance(event.data, Corrected)
            ends = [step.not_after for step in event.data.steps]
            assert ends == sorted(ends)
            assert event.data.replaces == sorted(set(event.data.replaces))
